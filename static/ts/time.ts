// Times in the reader's own zone. The server draws them in the zone it knows (account or cookie); here they are corrected when the
// browser's zone differs, and the cookie lets the next page come right at once.

import { readCookie, setWish } from "./cookie";

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** Tells the server the browser's zone. */
export function rememberZone(): void {
  if (readCookie("zone") !== browserZone) {
    setWish("zone", browserZone);
  }
}

/** Redraws time[data-time] below root when the page was drawn for another zone and the account chose none. */
export function localizeTimes(root: ParentNode): void {
  const page = document.documentElement;
  // A zone the server did not fall back to was chosen by the reader.
  if (page.dataset["zone"] !== "UTC" || browserZone === "UTC" || page.dataset["zoneChosen"] !== undefined) {
    return;
  }
  const lang = page.lang || "en";
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-time]")) {
    const at = new Date(element.dateTime);
    const words = element.firstChild;
    if (Number.isNaN(at.getTime()) || !words) {
      continue;
    }
    words.textContent = element.dataset["time"] === "day" ? formatDay(at, lang) : formatMoment(at, lang);
  }
}

/** "Mar 2, 2026" in the reader's language. */
export function formatDay(at: Date, lang: string): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(at);
}

/** "Mar 2, 2026, 14:02 CET": a moment always names its zone. */
export function formatMoment(at: Date, lang: string): string {
  return new Intl.DateTimeFormat(lang, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(at);
}

/** "14:02". */
export function formatClock(at: Date): string {
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}
