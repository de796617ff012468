// Choosing several rows of an outline: by boxes, by Shift and a click for all between, by X and Shift with an arrow key. What is chosen
// is done at once by the bar at the foot of the page, whose form the boxes belong to.

import { announce } from "../live";

/** What choosing needs of the outline. */
export interface Rows {
  root: HTMLElement;
  words: DOMStringMap;
  partOf: (row: Element) => string;
  mainOf: (row: Element) => HTMLElement | null;
  /** Does an act on what is chosen; false when it was not done. */
  send: (form: HTMLFormElement, fields: URLSearchParams) => Promise<boolean>;
}

export class Choosing {
  private readonly bar: HTMLFormElement | null;
  private readonly toggle: HTMLElement | null;
  private last: HTMLInputElement | undefined;
  private kept = new Set<string>(); // keys, while rows are drawn anew

  constructor(private readonly rows: Rows) {
    const { root } = rows;
    this.bar = root.querySelector<HTMLFormElement>("form[data-bulk]");
    this.toggle = root.querySelector<HTMLElement>("[data-choose]");
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("change", (event) => {
      if ((event.target as Element).matches(".row__pick")) {
        this.tell();
      }
    });
    this.bar?.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void this.submit(event.submitter as HTMLButtonElement | null);
    });
    if (this.on) {
      this.tell(false);
    }
  }

  get on(): boolean {
    return this.bar !== null && !this.bar.hidden;
  }

  /** A key pressed on a row; true when it was one of choosing. */
  key(event: KeyboardEvent, row: HTMLElement): boolean {
    if (!this.bar || event.ctrlKey || event.metaKey || event.altKey) {
      return false;
    }
    const way = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key.toLowerCase() === "x" && !event.shiftKey) {
      this.start();
      const box = this.boxOf(row);
      if (box) {
        box.checked = !box.checked;
        this.last = box;
        this.tell();
      }
      return true;
    }
    if (event.shiftKey && way !== 0) {
      this.start();
      const all = this.visible();
      const next = all[all.indexOf(row) + way];
      for (const at of [row, next]) {
        const box = at && this.boxOf(at);
        if (box) {
          box.checked = true;
          this.last = box;
        }
      }
      if (next) {
        const onBox = (event.target as Element).matches(".row__pick");
        (onBox ? this.boxOf(next) : this.rows.mainOf(next))?.focus();
      }
      this.tell();
      return true;
    }
    if (event.key === "Escape" && this.on) {
      this.end();
      return true;
    }
    return false;
  }

  /** Rows are about to be drawn anew. */
  keep(): void {
    this.kept = new Set(this.boxes().filter((box) => box.checked).map((box) => box.value));
  }

  /** Rows were drawn anew. */
  update(): void {
    if (!this.on) {
      return;
    }
    this.addBoxes();
    for (const box of this.boxes()) {
      box.checked = this.kept.has(box.value);
    }
    this.tell(false);
  }

  /** The act that was done left nothing to be chosen still. */
  clear(): void {
    this.kept.clear();
    for (const box of this.boxes()) {
      box.checked = false;
    }
    this.tell(false);
  }

  private click(event: MouseEvent): void {
    const at = event.target as Element;
    if (at.closest("[data-choose], [data-choose-end]")) {
      if (event.ctrlKey || event.metaKey) {
        return;
      }
      event.preventDefault();
      if (this.on) {
        this.end();
        this.toggle?.focus();
      } else {
        this.start();
      }
      return;
    }
    if (at instanceof HTMLInputElement && at.matches(".row__pick")) {
      if (event.shiftKey && this.last?.isConnected) {
        const boxes = this.visible().map((row) => this.boxOf(row)).filter((box): box is HTMLInputElement => box !== null);
        const [from, to] = [boxes.indexOf(this.last), boxes.indexOf(at)].sort((a, b) => a - b);
        for (const box of boxes.slice(from, (to ?? 0) + 1)) {
          box.checked = at.checked;
        }
        this.tell();
      }
      this.last = at;
    }
  }

  private start(): void {
    if (this.on || !this.bar) {
      return;
    }
    this.bar.hidden = false;
    this.addBoxes();
    this.tell(false);
  }

  private end(): void {
    this.clear();
    for (const box of this.boxes()) {
      box.remove();
    }
    if (this.bar) {
      this.bar.hidden = true;
    }
    this.toggle?.setAttribute("aria-current", "false");
    this.rows.root.classList.remove("is-choosing");
  }

  private addBoxes(): void {
    const words = this.rows.words["pick"] ?? "";
    for (const row of this.rows.root.querySelectorAll<HTMLElement>("[data-row]")) {
      if (this.boxOf(row)) {
        continue;
      }
      const box = document.createElement("input");
      box.type = "checkbox";
      box.className = "row__pick";
      box.name = "block";
      box.setAttribute("form", "bulk");
      box.value = decodeURIComponent(this.rows.partOf(row).slice("/part/".length));
      box.setAttribute("aria-label", words.replace("%s", row.querySelector(".row__name")?.textContent?.trim() ?? ""));
      row.prepend(box);
    }
  }

  private boxOf(row: HTMLElement): HTMLInputElement | null {
    return row.querySelector<HTMLInputElement>(":scope > .row__pick");
  }

  private boxes(): HTMLInputElement[] {
    return [...this.rows.root.querySelectorAll<HTMLInputElement>(".row__pick")];
  }

  /** The rows one sees, from top to bottom. */
  private visible(): HTMLElement[] {
    return [...this.rows.root.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.checkVisibility());
  }

  private tell(aloud = true): void {
    const picked = this.boxes().filter((box) => box.checked);
    this.rows.root.classList.add("is-choosing");
    this.toggle?.setAttribute("aria-current", "true");
    const count = this.bar?.querySelector<HTMLElement>("[data-count]");
    const words = ((picked.length === 1 ? count?.dataset["one"] : count?.dataset["many"]) ?? "").replace(/\d+/, String(picked.length));
    if (count) {
      count.textContent = words;
    }
    for (const button of this.bar?.querySelectorAll<HTMLButtonElement>("button[name=act]") ?? []) {
      button.disabled = picked.length === 0;
    }
    this.fitPlaces(picked);
    if (aloud) {
      announce(words);
    }
  }

  /** Offers the places where what is chosen may go. */
  private fitPlaces(picked: HTMLInputElement[]): void {
    const select = this.bar?.querySelector<HTMLSelectElement>("[data-to]");
    const outer = picked.filter((box) => !box.closest("[data-row]")?.parentElement?.closest("[data-row]:has(> .row__pick:checked)"));
    const kinds = new Set(outer.map((box) => box.closest<HTMLElement>("[data-row]")?.dataset["row"]));
    const kind = kinds.size === 1 ? [...kinds][0] : undefined;
    if (!select) {
      return;
    }
    for (const group of select.querySelectorAll<HTMLOptGroupElement>("optgroup")) {
      group.hidden = group.disabled = kind !== undefined && group.dataset["for"] !== kind;
    }
    const now = select.selectedOptions[0]?.parentElement as HTMLOptGroupElement | undefined;
    if (now?.disabled) {
      const first = select.querySelector<HTMLOptionElement>("optgroup:not([hidden]) > option");
      if (first) {
        first.selected = true;
      }
    }
  }

  private async submit(button: HTMLButtonElement | null): Promise<void> {
    if (!this.bar || !button) {
      return;
    }
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.bar, button)) {
      if (typeof value === "string" && name !== "seen") {
        fields.append(name, value);
      }
    }
    this.bar.setAttribute("aria-busy", "true");
    const done = await this.rows.send(this.bar, fields);
    this.bar.removeAttribute("aria-busy");
    if (done) {
      this.bar.querySelector(".bulk__error")?.remove();
      for (const menu of this.bar.querySelectorAll<HTMLDetailsElement>("details[open]")) {
        menu.open = false;
      }
      const first = this.boxes().find((box) => box.checked && box.checkVisibility());
      (first ?? this.bar.querySelector<HTMLElement>("[data-choose-end]"))?.focus();
    }
  }
}
