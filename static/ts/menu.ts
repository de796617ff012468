// Menus are details elements and open without us. We close them by Escape, by a click elsewhere and when focus leaves.

/** Makes every [data-menu] close as people expect. */
export function enhanceMenus(): void {
  const menus = document.querySelectorAll<HTMLDetailsElement>("details[data-menu]");
  for (const menu of menus) {
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary")?.focus();
      }
    });
    menu.addEventListener("focusout", (event) => {
      const next = event.relatedTarget as Node | null;
      if (next && !menu.contains(next)) {
        menu.open = false;
      }
    });
  }
  document.addEventListener("pointerdown", (event) => {
    for (const menu of menus) {
      if (menu.open && !menu.contains(event.target as Node)) {
        menu.open = false;
      }
    }
  });
}
