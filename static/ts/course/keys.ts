// Keys of the unit page: n and p turn, b bookmarks, o shows the outline, ? lists them all.

import { openDialog } from "../dialog";
import { addShortcuts, enableShortcuts, shortcutsEnabled } from "../keys";

/** Adds the keys of a unit page. */
export function enhanceKeys(layout: HTMLElement, pressBookmark: (() => void) | undefined): void {
  const turn = (way: string) => (): void => {
    const links = layout.querySelectorAll<HTMLAnchorElement>(`a[data-turn="${way}"]`);
    links[links.length - 1]?.click();
  };
  const labels = new Map<string, string>();
  for (const line of document.querySelectorAll("#unit-keys dl > div")) {
    labels.set(line.querySelector("kbd")?.textContent ?? "", line.querySelector("dd")?.textContent ?? "");
  }
  const on = (key: string, run: () => void): void => void addShortcuts({ key, label: labels.get(key) ?? "", run });
  on("n", turn("next"));
  on("p", turn("previous"));
  on("o", showOutline);
  on("?", () => openDialog("unit-keys"));
  if (pressBookmark) {
    on("b", pressBookmark);
  }
  const wish = document.querySelector<HTMLInputElement>("[data-keys-on]");
  if (wish) {
    wish.checked = shortcutsEnabled();
    wish.addEventListener("change", () => enableShortcuts(wish.checked));
  }
}

/** Opens the drawer, or goes to the outline where it stands beside the page. */
function showOutline(): void {
  const box = document.getElementById("unit-outline");
  if (box && box.offsetParent !== null) {
    box.querySelector<HTMLElement>('a[aria-current="true"], a, summary')?.focus();
  } else {
    openDialog("unit-outline");
  }
}
