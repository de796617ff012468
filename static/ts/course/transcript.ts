// The text of a video: it follows what is said, a line pressed is heard, and it can be searched.

/** Lines as the server tells them; times in milliseconds. */
interface Lines {
  start: number[];
  end: number[];
  text: string[];
}

/** The transcript below a player. */
export class Transcript {
  private lines: Lines | undefined;
  private buttons: HTMLButtonElement[] = [];
  private language = "";
  private current = -1;
  private found: number[] = [];
  private foundAt = 0;
  private lastMoved = 0; // by hand
  private readonly list: HTMLElement;
  private readonly search: HTMLInputElement;
  private readonly next: HTMLButtonElement;

  constructor(
    readonly root: HTMLElement,
    private readonly address: string,
    private readonly onChosen: (seconds: number) => void,
  ) {
    this.list = root.querySelector("[data-lines]") as HTMLElement;
    this.search = root.querySelector("[data-search]") as HTMLInputElement;
    this.next = root.querySelector("[data-find-next]") as HTMLButtonElement;
    this.list.addEventListener("click", (event) => this.choose(event.target as Element));
    this.list.addEventListener("keydown", (event) => this.move(event));
    for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      this.list.addEventListener(name, () => (this.lastMoved = Date.now()), { passive: true });
    }
    this.search.addEventListener("input", () => this.find());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.showFound(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape" && this.search.value !== "") {
        event.preventDefault();
        this.search.value = "";
        this.find();
      }
    });
    this.next.addEventListener("click", () => this.showFound(1));
  }

  /** Shows the text in a language, fetching it the first time. */
  async show(language: string): Promise<void> {
    this.root.hidden = false;
    if (language === this.language) {
      return;
    }
    this.language = language;
    this.list.lang = language;
    try {
      const answer = await fetch(`${this.address}/${encodeURIComponent(language)}`, { credentials: "same-origin" });
      if (!answer.ok) {
        throw new Error(`status ${answer.status}`);
      }
      const lines = (await answer.json()) as Lines;
      if (language === this.language) {
        this.draw(lines);
      }
    } catch {
      this.language = "";
      this.list.replaceChildren(Object.assign(document.createElement("li"), { className: "video__missing", textContent: this.list.dataset["missing"] ?? "" }));
    }
  }

  hide(): void {
    this.root.hidden = true;
  }

  /** Marks the line of a moment. */
  follow(seconds: number): void {
    if (!this.lines || this.root.hidden) {
      return;
    }
    const at = lineAt(this.lines.start, seconds * 1000);
    if (at === this.current) {
      return;
    }
    this.buttons[this.current]?.removeAttribute("aria-current");
    this.current = at;
    const line = this.buttons[at];
    if (!line) {
      return;
    }
    line.setAttribute("aria-current", "true");
    if (!this.list.contains(document.activeElement)) {
      this.stop(at);
      if (Date.now() - this.lastMoved > 4_000) {
        this.scrollTo(line); // one who reads elsewhere is left alone
      }
    }
  }

  private draw(lines: Lines): void {
    this.lines = lines;
    this.current = -1;
    this.buttons = lines.text.map((text, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "video__line";
      button.tabIndex = i === 0 ? 0 : -1;
      button.dataset["line"] = String(i);
      button.textContent = plain(text);
      return button;
    });
    this.list.replaceChildren(
      ...this.buttons.map((button) => {
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
    this.find();
  }

  private choose(at: Element): void {
    const line = Number(at.closest<HTMLElement>("[data-line]")?.dataset["line"] ?? -1);
    const start = this.lines?.start[line];
    if (start !== undefined) {
      this.lastMoved = 0;
      this.stop(line);
      this.onChosen(start / 1000);
    }
  }

  /** Thousands of lines are one stop of the tab key; arrows move in them. */
  private move(event: KeyboardEvent): void {
    const from = this.buttons.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Record<string, number> = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: this.buttons.length - 1, PageDown: from + 8, PageUp: from - 8 };
    const to = steps[event.key];
    if (from < 0 || to === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const line = this.buttons[Math.max(0, Math.min(this.buttons.length - 1, to))];
    if (line) {
      this.stop(this.buttons.indexOf(line));
      line.focus();
    }
  }

  private stop(at: number): void {
    for (const button of this.list.querySelectorAll<HTMLElement>('[tabindex="0"]')) {
      button.tabIndex = -1;
    }
    const line = this.buttons[at];
    if (line) {
      line.tabIndex = 0;
    }
  }

  private scrollTo(line: HTMLElement): void {
    const gap = line.getBoundingClientRect().top - this.list.getBoundingClientRect().top;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.list.scrollTo({ top: this.list.scrollTop + gap - this.list.clientHeight / 3, behavior: calm ? "auto" : "smooth" });
  }

  private find(): void {
    const wanted = fold(this.search.value.trim());
    this.found = [];
    for (const [i, button] of this.buttons.entries()) {
      const text = plain(this.lines?.text[i] ?? "");
      const at = wanted === "" ? -1 : fold(text).indexOf(wanted);
      if (at < 0) {
        if (button.firstElementChild) {
          button.textContent = text;
        }
        continue;
      }
      this.found.push(i);
      const mark = document.createElement("mark");
      mark.textContent = text.slice(at, at + wanted.length);
      button.replaceChildren(text.slice(0, at), mark, text.slice(at + wanted.length));
    }
    this.foundAt = -1;
    this.next.hidden = this.found.length === 0;
    if (wanted !== "" && this.found.length > 0) {
      this.showFound(1);
    } else {
      this.say(wanted === "" ? "" : (this.note().dataset["none"] ?? ""));
    }
  }

  private showFound(step: number): void {
    if (this.found.length === 0) {
      return;
    }
    this.buttons[this.found[this.foundAt] ?? -1]?.classList.remove("is-found");
    this.foundAt = (Math.max(this.foundAt, step > 0 ? -1 : 0) + step + this.found.length) % this.found.length;
    const at = this.found[this.foundAt] ?? 0;
    const line = this.buttons[at];
    if (line) {
      this.lastMoved = Date.now();
      line.classList.add("is-found");
      this.stop(at);
      this.scrollTo(line);
    }
    this.say((this.note().dataset["foundText"] ?? "").replace("%s", String(this.foundAt + 1)).replace("%s", String(this.found.length)));
  }

  private note(): HTMLElement {
    return this.root.querySelector("[data-found]") as HTMLElement;
  }

  private say(text: string): void {
    this.note().textContent = text;
  }
}

/** The last line that has begun, -1 before the first. */
function lineAt(starts: number[], milliseconds: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= milliseconds + 50) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

/** Case does not count. Folding keeps the length, or the mark would be beside the word. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

/** Text of a line: tags of subtitle files are not shown. */
function plain(text: string): string {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  return (parsed.body.textContent ?? "").replace(/\s+/g, " ").trim();
}
