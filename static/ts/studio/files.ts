// Files & uploads: many files at once, each with its progress; acts on selected files in place; addresses to copy.

import { announce, toast } from "../live";
import { RefusedError, send } from "../request";
import { localizeTimes } from "../time";
import { cancel, TakenError, upload } from "./upload";

const largest = 100 * 2 ** 20;
const atOnce = 3;

/** Makes the page of a course's files, or of one of them, work in place. */
export function enhance(root: HTMLElement): void {
  const words = root.querySelector<HTMLElement>("[data-words]")?.dataset ?? {};
  enhanceCopying(root, words);
  const form = root.querySelector<HTMLFormElement>("form[data-drop]");
  const list = root.querySelector<HTMLElement>("[data-list]");
  if (!form || !list) {
    return;
  }
  const files = new List(root, words);
  new Queue(root, form, words, () => void files.refresh());
}

/** Buttons that copy an address appear where the browser lets a page write to the clipboard. */
function enhanceCopying(root: HTMLElement, words: DOMStringMap): void {
  showCopying(root);
  root.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (button) {
      void copy(button.dataset["copy"] ?? "").then((done) => done && toast(words["copied"] ?? ""));
    }
  });
}

function showCopying(root: HTMLElement): void {
  for (const button of root.querySelectorAll<HTMLElement>("[data-copy]")) {
    button.hidden = false;
  }
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea"); // pages without TLS have no clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy"); // eslint-disable-line @typescript-eslint/no-deprecated
    area.remove();
    return done;
  }
}

interface Acted {
  words: string;
  undo?: string;
}

/** The list of files: selection, acts, and being drawn anew. */
class List {
  constructor(
    private readonly root: HTMLElement,
    private readonly words: DOMStringMap,
  ) {
    root.addEventListener("change", (event) => this.selected(event.target as Element));
    root.addEventListener("submit", (event) => {
      const form = event.target as HTMLFormElement;
      const button = (event as SubmitEvent).submitter as HTMLButtonElement | null;
      if (form.matches("[data-acts]") && button && button.value !== "zip") {
        event.preventDefault();
        event.stopPropagation();
        void this.act(form.action, button.value, this.names());
      }
    }, true);
    this.ready();
  }

  private get area(): HTMLElement | null {
    return this.root.querySelector<HTMLElement>("[data-list]");
  }

  private boxes(): HTMLInputElement[] {
    return [...this.root.querySelectorAll<HTMLInputElement>("input[name=name]")];
  }

  private names(): string[] {
    return this.boxes().filter((box) => box.checked).map((box) => box.value);
  }

  private ready(): void {
    const all = this.root.querySelector<HTMLElement>("[data-all]");
    if (all) {
      all.hidden = false;
    }
    this.count();
  }

  private selected(at: Element): void {
    if (at.closest("[data-all]")) {
      this.boxes().forEach((box) => (box.checked = (at as HTMLInputElement).checked));
    }
    this.count();
  }

  private count(): void {
    const n = this.names().length;
    const label = this.root.querySelector<HTMLElement>("[data-count]");
    const all = this.root.querySelector<HTMLInputElement>("[data-all] input");
    if (label && all) {
      label.dataset["empty"] ??= label.textContent;
      label.textContent = n === 0 ? label.dataset["empty"] : (this.words["selected"] ?? "").replace("{0}", String(n));
      all.checked = n > 0 && n === this.boxes().length;
      all.indeterminate = n > 0 && !all.checked;
    }
    for (const button of this.root.querySelectorAll<HTMLButtonElement>(".files-bulk button")) {
      button.disabled = n === 0;
    }
  }

  private async act(url: string, act: string, names: string[], was = ""): Promise<void> {
    const body = new URLSearchParams({ act, was });
    names.forEach((name) => body.append("name", name));
    try {
      const done = await send<Acted>(url, { body });
      await this.refresh();
      const undo = done.undo;
      toast(done.words, undo ? { action: { label: this.words["undo"] ?? "", run: () => void this.act(url, "undo", [], undo) } } : {});
    } catch (error) {
      toast(error instanceof RefusedError ? error.message : (this.words["failed"] ?? ""), { kind: "error" });
    }
  }

  /** Draws the list anew, as it is now; what is selected stays so. */
  async refresh(): Promise<void> {
    const selected = new Set(this.names());
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).catch(() => undefined);
    if (!answer?.ok) {
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-list]");
    const focus = document.activeElement?.getAttribute("href");
    if (!fresh || !this.area) {
      return;
    }
    this.area.replaceWith(fresh);
    this.boxes().forEach((box) => (box.checked = selected.has(box.value)));
    localizeTimes(fresh as HTMLElement);
    showCopying(this.root);
    this.ready();
    if (focus) {
      [...this.root.querySelectorAll<HTMLAnchorElement>("a.files-list__name")].find((a) => a.getAttribute("href") === focus)?.focus();
    }
  }
}

/** The files on their way, a few at a time. */
class Queue {
  private readonly waiting: Line[] = [];
  private running = 0;
  private readonly sent: HTMLElement;

  constructor(
    private readonly root: HTMLElement,
    form: HTMLFormElement,
    readonly words: DOMStringMap,
    private readonly refresh: () => void,
  ) {
    this.sent = root.querySelector<HTMLElement>("[data-sent]") ?? form;
    const input = form.querySelector<HTMLInputElement>("input[type=file]");
    const button = form.querySelector<HTMLElement>("[data-send]");
    if (button) {
      button.hidden = true; // choosing is enough
    }
    input?.addEventListener("change", () => {
      this.add([...(input.files ?? [])]);
      input.value = "";
    });
    this.drops();
    window.addEventListener("beforeunload", (event) => {
      if (this.running > 0) {
        event.preventDefault();
      }
    });
  }

  get url(): string {
    return this.root.dataset["url"] ?? "";
  }

  private drops(): void {
    let depth = 0;
    const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (by: number): void => {
      depth = Math.max(0, depth + by);
      this.root.classList.toggle("is-dragged-over", depth > 0);
    };
    document.addEventListener("dragenter", (event) => carries(event) && over(1));
    document.addEventListener("dragleave", (event) => carries(event) && over(-1));
    document.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (carries(event)) {
        event.preventDefault();
        over(-depth);
        this.add([...(event.dataTransfer?.files ?? [])]);
      }
    });
  }

  private add(files: File[]): void {
    for (const file of files) {
      const line = new Line(this, file);
      this.sent.append(line.item);
      this.sent.hidden = false;
      if (file.size > largest) {
        line.say(this.words["tooLarge"] ?? "", "is-bad");
      } else {
        this.wait(line);
      }
    }
  }

  /** Puts a line at the end of those that wait. */
  wait(line: Line): void {
    line.say(this.words["waiting"] ?? "");
    this.waiting.push(line);
    this.next();
  }

  /** Takes a line back that has not begun. */
  forget(line: Line): void {
    const at = this.waiting.indexOf(line);
    if (at >= 0) {
      this.waiting.splice(at, 1);
    }
  }

  private next(): void {
    while (this.running < atOnce) {
      const line = this.waiting.shift();
      if (!line) {
        return;
      }
      this.running++;
      void line.run().finally(() => {
        this.running--;
        this.refresh();
        this.next();
      });
    }
  }
}

/** One file: its name, how far it is, and what can be done. */
class Line {
  readonly item = document.createElement("li");
  private readonly state = document.createElement("span");
  private readonly bar = document.createElement("progress");
  private readonly acts = document.createElement("span");
  private stop = new AbortController();
  private replaces = "";

  constructor(
    private readonly queue: Queue,
    private readonly file: File,
  ) {
    const name = document.createElement("span");
    name.className = "files-sent__name";
    name.textContent = file.name;
    this.item.className = "files-sent__item";
    this.state.className = "files-sent__state";
    this.acts.className = "files-sent__acts";
    this.bar.max = Math.max(file.size, 1);
    this.bar.value = 0;
    this.bar.hidden = true;
    this.bar.setAttribute("aria-label", file.name);
    this.item.append(name, this.state, this.acts, this.bar);
  }

  /** Says how it is; how is "", "is-done" or "is-bad". */
  say(text: string, how = "", ...acts: [label: string, run: () => void][]): void {
    this.state.textContent = text;
    this.item.classList.remove("is-done", "is-bad");
    if (how) {
      this.item.classList.add(how);
      announce(`${this.file.name}: ${text}`, how === "is-bad");
    }
    this.acts.replaceChildren(
      ...acts.map(([label, run]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button button--small";
        button.textContent = label;
        button.setAttribute("aria-label", `${label}: ${this.file.name}`);
        button.addEventListener("click", run);
        return button;
      }),
    );
  }

  private word(name: string): string {
    return this.queue.words[name] ?? "";
  }

  async run(): Promise<void> {
    this.stop = new AbortController();
    const cancelling: [string, () => void] = [this.word("cancel"), () => this.cancel()];
    this.bar.hidden = false;
    this.say(this.word("sending"), "", cancelling);
    let first = true;
    try {
      const got = await upload(this.queue.url, this.file, {
        replaces: this.replaces,
        signal: this.stop.signal,
        onProgress: (sent) => {
          if (first && sent > 0 && sent < this.file.size) {
            this.say(this.word("goesOn"), "", cancelling);
          }
          first = false;
          this.bar.value = sent;
        },
        onLine: (up) => this.say(this.word(up ? "sending" : "lost"), "", cancelling),
      });
      const more = [...got.notes];
      const twin = got.same[0];
      if (twin) {
        more.push(this.word("same").replace("{0}", twin));
      }
      this.say([this.word(got.replaced ? "replaced" : "done"), ...more].join(" · "), "is-done");
    } catch (error) {
      this.failed(error);
    } finally {
      this.bar.hidden = true;
    }
  }

  private failed(error: unknown): void {
    if (this.stop.signal.aborted) {
      return;
    }
    const again: [string, () => void] = [this.word("again"), () => this.queue.wait(this)];
    if (error instanceof TakenError) {
      const digest = error.asset?.digest ?? "";
      this.say(error.message || this.word("taken"), "is-bad", [
        error.asset ? this.word("replace") : this.word("again"),
        () => {
          this.replaces = digest;
          this.queue.wait(this);
        },
      ], [this.word("skip"), () => this.say(this.word("skipped"))]);
      return;
    }
    this.say(error instanceof RefusedError && error.problem ? error.message : this.word("failed"), "is-bad", again);
  }

  private cancel(): void {
    this.stop.abort();
    this.queue.forget(this);
    void cancel(this.queue.url, this.file);
    this.item.remove();
  }
}
