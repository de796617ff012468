// What is wider than the column scrolls in itself, by keyboard too: tables get a box around them, and every box that has something to
// scroll becomes a stop of the tab key.

const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = target as HTMLElement;
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }
});

/** Makes wide things below root reachable. */
export function reachWide(root: ParentNode): void {
  for (const table of root.querySelectorAll<HTMLTableElement>(".authored table")) {
    if (table.parentElement?.closest("table, .wide")) {
      continue; // the outer one scrolls
    }
    const box = document.createElement("div");
    box.className = "wide";
    table.replaceWith(box);
    box.append(table);
  }
  for (const box of root.querySelectorAll(".authored .wide, .authored pre")) {
    watcher.observe(box);
  }
}
