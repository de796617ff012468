// Dragging rows by their edge, with mouse, pen or finger. A line shows where the row would land; Escape lets go of it.

/** Where a row would land. */
interface Target {
  list: HTMLElement;
  at: number; // counted from 0, once the row has left its place
  mark: HTMLElement;
  side: "before" | "after" | "into";
}

/** Lets rows be dragged; drop is told the list and the place, counted from 0, once the row has left where it was. */
export function enhanceDrag(root: HTMLElement, drop: (row: HTMLElement, list: HTMLElement, at: number) => void): void {
  root.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-grip]")) {
      event.preventDefault(); // the line behind it shall not open or close
    }
  });
  root.addEventListener("pointerdown", (event) => {
    const grip = (event.target as Element).closest<HTMLElement>("[data-grip]");
    const row = grip?.closest<HTMLElement>("[data-row]");
    if (grip && row && event.button === 0) {
      event.preventDefault();
      new Drag(root, row, grip, event, drop);
    }
  });
}

class Drag {
  private target: Target | undefined;
  private started = false;
  private hover: { details: HTMLDetailsElement; timer: number } | undefined;
  private scrolling: number | undefined;
  private last: PointerEvent;
  private readonly stop = new AbortController();

  constructor(
    private readonly root: HTMLElement,
    private readonly row: HTMLElement,
    grip: HTMLElement,
    private readonly first: PointerEvent,
    private readonly drop: (row: HTMLElement, list: HTMLElement, at: number) => void,
  ) {
    this.last = first;
    const { signal } = this.stop;
    grip.setPointerCapture(first.pointerId);
    grip.addEventListener("pointermove", (event) => this.move(event), { signal });
    grip.addEventListener("pointerup", () => this.end(true), { signal });
    grip.addEventListener("pointercancel", () => this.end(false), { signal });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.end(false), { signal });
  }

  private move(event: PointerEvent): void {
    this.last = event;
    if (!this.started && Math.hypot(event.clientX - this.first.clientX, event.clientY - this.first.clientY) < 5) {
      return;
    }
    this.started = true;
    this.row.classList.add("is-dragged");
    this.aim();
    this.scroll();
  }

  /** Finds the place under the pointer. */
  private aim(): void {
    const { clientX: x, clientY: y } = this.last;
    const under = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-row]");
    this.show(under && this.root.contains(under) ? this.targetAt(under, y) : undefined);
  }

  private targetAt(under: HTMLElement, y: number): Target | undefined {
    const kind = this.row.dataset["row"];
    const holders: Record<string, string> = { unit: "subsection", subsection: "section" };
    if (this.row.contains(under)) {
      return undefined;
    }
    const peer = under.closest<HTMLElement>(`[data-row="${kind ?? ""}"]`);
    if (peer) {
      const line = peer.getBoundingClientRect();
      const side = y < line.top + line.height / 2 ? "before" : "after";
      const list = peer.parentElement as HTMLElement;
      const others = [...list.children].filter((r) => r !== this.row);
      return { list, at: others.indexOf(peer) + (side === "after" ? 1 : 0), mark: peer, side };
    }
    this.openSoon(under);
    if (under.dataset["row"] === holders[kind ?? ""]) {
      const list = under.querySelector<HTMLElement>(":scope > details > ol");
      return list ? { list, at: [...list.children].filter((r) => r !== this.row).length, mark: under, side: "into" } : undefined;
    }
    return undefined;
  }

  /** What is closed opens when the pointer rests on it. */
  private openSoon(row: HTMLElement): void {
    const details = row.querySelector<HTMLDetailsElement>(":scope > details:not([open])");
    if (this.hover && this.hover.details !== details) {
      window.clearTimeout(this.hover.timer);
      this.hover = undefined;
    }
    if (details && !this.hover) {
      this.hover = { details, timer: window.setTimeout(() => (details.open = true), 600) };
    }
  }

  private show(target: Target | undefined): void {
    this.target?.mark.removeAttribute("data-drop");
    this.target = target;
    target?.mark.setAttribute("data-drop", target.side);
  }

  /** Near the edge of the window the page goes on. */
  private scroll(): void {
    window.clearTimeout(this.scrolling);
    const y = this.last.clientY;
    const by = y < 70 ? y - 70 : y > innerHeight - 70 ? y - innerHeight + 70 : 0;
    if (by !== 0) {
      scrollBy(0, by / 3);
      this.aim();
      this.scrolling = window.setTimeout(() => this.scroll(), 16);
    }
  }

  private end(done: boolean): void {
    const target = this.target;
    this.stop.abort();
    window.clearTimeout(this.hover?.timer);
    window.clearTimeout(this.scrolling);
    this.show(undefined);
    this.row.classList.remove("is-dragged");
    if (done && this.started && target) {
      const here = [...(this.row.parentElement?.children ?? [])].indexOf(this.row);
      if (target.list !== this.row.parentElement || target.at !== here) {
        this.drop(this.row, target.list, target.at);
      }
    }
  }
}
