// The one menu of all rows. It opens beside the row that asks, shows what fits that row, and gives focus back.

export class RowMenu {
  private readonly menu: HTMLElement | null;
  private row: HTMLElement | undefined;
  private opener: HTMLElement | undefined;

  constructor(root: HTMLElement, choose: (act: string, row: HTMLElement) => void) {
    this.menu = root.querySelector<HTMLElement>("[data-row-menu]");
    this.menu?.addEventListener("click", (event) => {
      const act = (event.target as Element).closest<HTMLElement>("[data-act]")?.dataset["act"];
      const row = this.row;
      if (act && row) {
        this.menu?.hidePopover();
        choose(act, row);
      }
    });
    this.menu?.addEventListener("keydown", (event) => this.key(event));
    this.menu?.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState === "closed") {
        this.opener?.removeAttribute("data-open");
      }
    });
    // A page may still be moving to the row that the tab key came to: the menu goes along as long as the row can be seen.
    window.addEventListener("scroll", () => this.menu?.matches(":popover-open") && this.place(), { passive: true });
  }

  open(opener: HTMLElement): void {
    const row = opener.closest<HTMLElement>("[data-row]");
    if (!this.menu || !row) {
      return;
    }
    this.row = row;
    this.opener = opener;
    this.fit(row);
    opener.setAttribute("data-open", "");
    opener.focus();
    this.menu.showPopover();
    this.place();
    this.items()[0]?.focus({ preventScroll: true });
  }

  /** Puts the menu beside its row, or away where that is out of sight. */
  private place(): void {
    const { menu, opener } = this;
    if (!menu || !opener) {
      return;
    }
    const at = opener.getBoundingClientRect();
    if (at.bottom < 0 || at.top > innerHeight) {
      menu.hidePopover();
      return;
    }
    const size = menu.getBoundingClientRect();
    const top = at.bottom + 4 + size.height > innerHeight ? Math.max(8, Math.min(at.top - size.height - 4, innerHeight - size.height - 8)) : at.bottom + 4;
    const left = getComputedStyle(opener).direction === "rtl" ? at.left : at.right - size.width;
    menu.style.top = `${top}px`;
    menu.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`;
  }

  /** Hides what cannot be done with a row. */
  private fit(row: HTMLElement): void {
    const locked = row.dataset["locked"] !== undefined;
    const hidden: Record<string, boolean> = {
      publish: row.dataset["changed"] === undefined,
      hide: locked,
      show: !locked,
      elsewhere: row.dataset["row"] === "section",
    };
    for (const item of this.menu?.querySelectorAll<HTMLElement>("[data-act]") ?? []) {
      (item.parentElement as HTMLElement).hidden = hidden[item.dataset["act"] ?? ""] ?? false;
    }
    const name = this.menu?.querySelector("[data-menu-name]");
    if (name) {
      name.textContent = row.querySelector(".row__name")?.textContent ?? "";
    }
  }

  private items(): HTMLElement[] {
    return [...(this.menu?.querySelectorAll<HTMLElement>("li:not([hidden]) > [data-act]") ?? [])];
  }

  private key(event: KeyboardEvent): void {
    const items = this.items();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    } else if (event.key === "Tab") {
      this.menu?.hidePopover();
    }
    event.stopPropagation(); // the rows' keys are not the menu's
  }
}
