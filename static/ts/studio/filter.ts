// Finding rows by their names. While one looks, everything that holds a match lies open; afterwards all is as it was.

import { announce } from "../live";

/** Shows the rows whose name has every word of a field. */
export function filterRows(root: HTMLElement, field: HTMLInputElement, found: string): void {
  let was: Map<HTMLDetailsElement, boolean> | undefined;
  let timer: number | undefined;
  const apply = (): void => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...root.querySelectorAll<HTMLElement>("[data-row]")];
    const nothing = root.querySelector<HTMLElement>("[data-nothing]");
    if (words.length === 0) {
      rows.forEach((row) => (row.hidden = false));
      was?.forEach((open, details) => (details.open = open));
      was = undefined;
      window.setTimeout(() => delete root.dataset["filtering"], 50); // the last of these openings are told of later
      if (nothing) {
        nothing.hidden = true;
      }
      return;
    }
    root.dataset["filtering"] = "";
    was ??= new Map([...root.querySelectorAll<HTMLDetailsElement>("[data-row] > details")].map((d) => [d, d.open]));
    let count = 0;
    const shown = new Set<Element>();
    for (const row of rows) {
      const name = (row.querySelector(".row__name")?.textContent ?? "").toLowerCase();
      if (words.every((word) => name.includes(word))) {
        count++;
        for (let at: Element | null | undefined = row; at; at = at.parentElement?.closest("[data-row]")) {
          shown.add(at);
        }
      }
    }
    for (const row of rows) {
      row.hidden = !shown.has(row);
      const details = row.querySelector<HTMLDetailsElement>(":scope > details");
      if (details && shown.has(row)) {
        details.open = true;
      }
    }
    if (nothing) {
      nothing.hidden = count > 0;
    }
    announce(found.replace("%s", String(count)));
  };
  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(apply, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field.value !== "") {
      field.value = "";
      apply();
    }
  });
}
