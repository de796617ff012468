// Light, dark or as the system wishes. The server draws the choice into the next page, so nothing flashes.

import { setWish } from "./cookie";

/** Makes every [data-theme-switch] work. */
export function enhanceTheme(): void {
  for (const group of document.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
    group.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("button[value], button");
      if (button && group.contains(button)) {
        choose(button.value);
      }
    });
  }
}

function choose(theme: string): void {
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") {
    root.dataset["theme"] = theme;
  } else {
    delete root.dataset["theme"];
    theme = "";
  }
  setWish("theme", theme);
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}
