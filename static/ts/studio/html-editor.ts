// Editors for HTML: a textarea with data-richtext becomes one, with the text shown as learners see it where that can be done without loss, and
// with the source where not. The textarea keeps the text and sends it: what is written here stands there at once, and a text nobody changed is
// never touched. data-course names the course whose files and parts can be chosen; data-richtext="raw" begins with the source.

import { announce } from "../live";
import type { Widget } from "../course/inputs/index";
import type { Body } from "./edit";
import { convert } from "./html-editor-convert";
import { ask, Words } from "./html-editor-dialogs";
import { CourseFiles } from "./html-editor-files";
import { decode, Refusal } from "./html-editor-source";
import { richMost } from "./html-editor-text";
import type { RichText } from "./html-editor-rich";

/** Texts longer than this are a plain field: an editor for code would make each key wait. */
const codeMost = 3 << 20;

/** Makes editors of the textareas below root that want one, those of forms of blocks apart: they come once what was typed is back. */
export function enhance(root: ParentNode): void {
  for (const area of root.querySelectorAll<HTMLTextAreaElement>("textarea[data-richtext]")) {
    if (!area.closest("[data-body]")) {
      void mountRichText(area);
    }
  }
}

/** The editor of a block's text, in the form of the block; see edit.ts. */
export function enhanceBody(box: HTMLElement): Body | undefined {
  const area = box.querySelector<HTMLTextAreaElement>("textarea[data-richtext]");
  const apart = box.querySelector<HTMLElement>("[data-apart]");
  if (apart) {
    replaceByFile(apart);
  }
  if (!area) {
    return undefined;
  }
  let editor: HTMLEditor | undefined;
  void mountRichText(area).then((made) => {
    editor = made;
  });
  return { flush: () => editor?.write(), sync: () => editor?.read() };
}

/** A text too long for the page is replaced by a file. */
function replaceByFile(apart: HTMLElement): void {
  const input = apart.querySelector<HTMLInputElement>("[data-replace]");
  let text: string | undefined;
  input?.addEventListener("change", () => {
    text = undefined;
    void input.files?.[0]?.text().then((read) => {
      text = read;
    });
  });
  input?.form?.addEventListener("formdata", (event) => {
    if (text !== undefined) {
      event.formData.set(apart.dataset["apart"] ?? "", text);
    }
  });
}

/** Makes an editor of one textarea; a second call is nothing. Where it cannot be had the plain field stays, and is the source. */
export async function mountRichText(area: HTMLTextAreaElement): Promise<HTMLEditor | undefined> {
  if (area.dataset["rich"] !== undefined || area.value.length > codeMost) {
    return undefined;
  }
  area.dataset["rich"] = "";
  try {
    const kit = await fetchTools();
    if (!area.isConnected) {
      return undefined;
    }
    const editor = new HTMLEditor(area, kit);
    await editor.begin();
    return editor;
  } catch (error) {
    delete area.dataset["rich"];
    console.warn("editor of rich text", error);
    return undefined;
  }
}

interface Kit {
  bars: HTMLElement[];
  modes: HTMLElement;
  note: HTMLElement;
  words: Words;
}

let tools: Promise<Kit> | undefined;

/** The bars and dialogs, in the reader's language; the dialogs are put into the page. */
function fetchTools(): Promise<Kit> {
  tools ??= (async () => {
    const answer = await fetch("/richtext", { headers: { Accept: "text/html" } });
    if (!answer.ok) {
      throw new Error(`tools: ${answer.status}`);
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const root = page.querySelector<HTMLElement>("[data-words]");
    const [modes, note] = [root?.querySelector<HTMLElement>("[data-modes]"), root?.querySelector<HTMLElement>("[data-note]")];
    if (!root || !modes || !note) {
      throw new Error("tools: not what was asked for");
    }
    document.body.append(...root.querySelectorAll("dialog"));
    return {
      bars: [...root.querySelectorAll<HTMLElement>("[data-bar]")],
      modes,
      note,
      words: new Words(JSON.parse(root.dataset["words"] ?? "{}") as Record<string, string>),
    };
  })();
  tools.catch(() => {
    tools = undefined;
  });
  return tools;
}

let made = 0;

/** An editor around a textarea. */
export class HTMLEditor {
  private readonly root = document.createElement("div");
  private readonly place = document.createElement("div");
  private readonly source = document.createElement("div");
  private readonly foot = document.createElement("p");
  private readonly bars: HTMLElement[];
  private readonly modes: HTMLElement;
  private readonly note: HTMLElement;
  private readonly words: Words;
  private readonly files: CourseFiles | undefined;
  private rich: RichText | undefined;
  private code: Widget | undefined;
  private written: string; // what the field held when we last looked
  private before: string | undefined; // the text a conversion began with
  private timer: number | undefined;
  private dirty = false; // something was typed that the field does not hold yet
  private slow = false;
  private inert: HTMLElement[] = [];

  constructor(
    private readonly area: HTMLTextAreaElement,
    kit: Kit,
  ) {
    this.words = kit.words;
    this.bars = kit.bars.map((b) => document.importNode(b, true));
    this.modes = document.importNode(kit.modes, true);
    this.note = document.importNode(kit.note, true);
    const course = area.dataset["course"] ?? area.closest<HTMLElement>("[data-course]")?.dataset["course"] ?? "";
    this.files = course === "" ? undefined : new CourseFiles(course);
    this.written = area.value;
    this.label();
  }

  /** Puts the editor into the page. */
  async begin(): Promise<void> {
    const { root, area } = this;
    root.className = "rich";
    this.place.className = "rich__place";
    this.place.hidden = true;
    this.source.className = "rich__source";
    this.source.dataset["mode"] = "html";
    this.source.dataset["lines"] = "";
    this.foot.className = "rich__foot muted small";
    const head = document.createElement("div");
    head.className = "rich__head";
    head.append(...this.bars, this.modes);
    const had = document.activeElement === area;
    area.before(root);
    root.append(head, this.note, this.place, this.source, this.foot);
    this.source.append(area);
    for (const bar of this.bars) {
      bar.hidden = true;
      roving(bar);
    }
    this.listen();
    await this.show(area.dataset["richtext"] === "raw" || area.dataset["richtext"] === "markdown" ? "source" : "rich", true);
    // Whoever has begun to write elsewhere meanwhile is not called away.
    if (had && (document.activeElement === area || (document.activeElement?.matches("body, dialog") ?? true))) {
      this.focus();
    }
  }

  /** Puts the focus where one writes. */
  focus(): void {
    if (this.rich) {
      this.rich.focus();
    } else {
      this.area.focus();
    }
  }

  private label(): void {
    const [label] = this.area.labels;
    if (label) {
      label.id ||= `rich-label-${++made}`;
      label.addEventListener("click", () => this.rich?.focus());
    }
  }

  private names(): Record<string, string> {
    const [label] = this.area.labels;
    return label ? { "aria-labelledby": label.id } : { "aria-label": this.area.getAttribute("aria-label") ?? this.words.say("label") };
  }

  private listen(): void {
    const { area, modes } = this;
    modes.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button");
      if (!button) {
        return;
      }
      const mode = button.dataset["modeOf"];
      if (mode === "rich" || mode === "source") {
        void this.show(mode, false);
      } else if ("preview" in button.dataset) {
        this.preview();
      } else if ("full" in button.dataset) {
        this.full(!this.root.classList.contains("is-full"));
      }
    });
    this.note.querySelector("[data-convert]")?.addEventListener("click", () => void this.convert());
    this.note.querySelector("[data-unconvert]")?.addEventListener("click", () => this.unconvert());
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.root.classList.contains("is-full")) {
        event.preventDefault(); // the dialog it may stand in stays
        event.stopPropagation();
        this.full(false);
      }
    });
    // Somebody else wrote into the field: a draft that was kept, a version that was chosen.
    area.addEventListener("input", () => this.read());
    area.addEventListener("change", () => this.read());
    area.addEventListener("focus", () => this.rich?.focus());
    this.root.addEventListener("focusout", () => this.write());
    const { form } = area;
    form?.addEventListener("submit", () => this.write(), { capture: true });
    form?.addEventListener("reset", () => window.setTimeout(() => this.read()));
    form?.addEventListener("formdata", (event) => {
      this.write();
      if (area.name !== "" && !area.disabled) {
        event.formData.set(area.name, area.value);
      }
    });
    window.addEventListener("pagehide", () => this.write());
  }

  /** Shows what somebody else wrote into the field. */
  read(): void {
    if (this.area.value === this.written) {
      return;
    }
    this.written = this.area.value;
    if (this.rich) {
      this.dirty = false;
      void this.show("rich", true);
    } else {
      this.code?.sync?.();
    }
  }

  /** Writes what was typed into the field, as if it had been typed there. */
  write(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.rich || !this.dirty) {
      return;
    }
    this.dirty = false;
    const started = performance.now();
    const text = this.rich.text();
    this.slow = performance.now() - started > 12;
    if (text !== this.written) {
      this.written = text;
      this.area.value = text;
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  private changed(): void {
    this.dirty = true;
    if (!this.slow) {
      this.write();
    } else {
      this.timer ??= window.setTimeout(() => this.write(), 300);
    }
  }

  /** Shows the text one way or the other; what cannot be shown as rich text is shown as source, with a word why. */
  private async show(mode: "rich" | "source", quiet: boolean): Promise<void> {
    this.write();
    this.rich?.destroy();
    this.rich = undefined;
    this.place.replaceChildren();
    if (mode === "rich") {
      try {
        await this.showRich();
        if (!quiet) {
          this.focus();
        }
      } catch (error) {
        if (!(error instanceof Refusal)) {
          throw error;
        }
        await this.showSource(error);
      }
    } else {
      await this.showSource();
      if (!quiet) {
        this.area.focus();
      }
    }
    for (const button of this.modes.querySelectorAll<HTMLElement>("[data-mode-of]")) {
      button.setAttribute("aria-pressed", String((button.dataset["modeOf"] === "rich") === (this.rich !== undefined)));
    }
  }

  private async showRich(): Promise<void> {
    if (this.area.value.length > richMost) {
      throw new Refusal("large", "");
    }
    const { RichText } = await import("./html-editor-rich");
    this.written = this.area.value;
    this.place.hidden = false;
    try {
      this.rich = new RichText(this.area.value, {
        place: this.place,
        bars: this.bars,
        words: this.words,
        files: this.files,
        everywhere: this.area.dataset["everywhere"] !== undefined,
        label: this.names(),
        decode,
        changed: () => this.rich && this.changed(),
        counted: (n) => {
          this.foot.textContent = this.words.say("words", String(n));
        },
      });
    } catch (error) {
      this.place.hidden = true;
      this.place.replaceChildren();
      throw error instanceof Refusal ? error : new Refusal("other", "");
    }
    this.source.hidden = true;
    for (const bar of this.bars) {
      bar.hidden = bar.dataset["bar"] === "table" && bar.hidden;
    }
    this.say("", this.before !== undefined ? "back" : "");
  }

  private async showSource(why?: Refusal): Promise<void> {
    this.place.hidden = true;
    this.source.hidden = false;
    this.foot.textContent = "";
    for (const bar of this.bars) {
      bar.hidden = true;
    }
    const asked = this.area.dataset["richtext"] === "raw";
    this.say(why ? this.words.say(why.reason, why.what) : asked ? this.words.say("raw") : "", why && why.reason !== "large" ? "convert" : "");
    if (this.code) {
      this.code.sync?.();
    } else {
      const { enhanceEditor } = await import("../course/inputs/editor");
      this.code = enhanceEditor(this.source);
    }
  }

  /** A word above the text, and what can be done about it. */
  private say(text: string, act: "" | "convert" | "back"): void {
    const words = this.note.querySelector<HTMLElement>("[data-note-text]");
    if (words) {
      words.textContent = act === "back" ? this.words.say("converted") : text;
    }
    for (const [name, shown] of [["convert", act === "convert"], ["unconvert", act === "back"]] as const) {
      const button = this.note.querySelector<HTMLElement>(`[data-${name}]`);
      if (button) {
        button.hidden = !shown;
      }
    }
    this.note.hidden = text === "" && act === "";
  }

  /** Makes the text fit for the rich editor, after a question. */
  private async convert(): Promise<void> {
    const answer = await ask("convert", { fill: () => undefined });
    if (answer?.kind !== "set") {
      return;
    }
    const text = this.area.value;
    this.before = text;
    this.put(convert(text));
    await this.show("rich", false);
    if (!this.rich) {
      this.before = undefined;
      this.put(text);
      this.code?.sync?.();
      announce(this.note.textContent ?? "", true);
    }
  }

  private unconvert(): void {
    if (this.before !== undefined) {
      const text = this.before;
      this.before = undefined;
      this.rich?.destroy();
      this.rich = undefined;
      this.put(text);
      void this.show("rich", false);
    }
  }

  private put(text: string): void {
    this.written = text;
    this.area.value = text;
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Shows the text as learners see it, in a frame without an origin of ours. */
  private preview(): void {
    this.write();
    const dialog = document.getElementById("rich-preview") as HTMLDialogElement | null;
    const course = this.files?.course ?? "";
    if (!dialog || course === "") {
      return;
    }
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/richtext/preview";
    form.target = "rich-preview-frame";
    form.enctype = "multipart/form-data";
    form.hidden = true;
    for (const [name, value] of [["course", course], ["text", this.area.value]]) {
      const field = document.createElement("textarea");
      field.name = name ?? "";
      field.value = value ?? "";
      form.append(field);
    }
    document.body.append(form);
    dialog.showModal();
    HTMLFormElement.prototype.submit.call(form);
    form.remove();
  }

  /** Fills the window with the editor, and keeps the keyboard in it. */
  private full(on: boolean): void {
    this.root.classList.toggle("is-full", on);
    document.documentElement.classList.toggle("has-full-editor", on);
    const button = this.modes.querySelector<HTMLElement>("[data-full]");
    button?.setAttribute("aria-pressed", String(on));
    if (on) {
      for (let e: HTMLElement | null = this.root; e?.parentElement && e !== document.body; e = e.parentElement) {
        for (const other of e.parentElement.children) {
          if (other !== e && other instanceof HTMLElement && !other.inert && !other.matches("dialog, script, [aria-live], [role=log], [role=alert]")) {
            other.inert = true;
            this.inert.push(other);
          }
        }
      }
    } else {
      for (const e of this.inert.splice(0)) {
        e.inert = false;
      }
    }
    (this.rich ?? button)?.focus();
  }
}

/** One stop for the Tab key a bar; arrows, Home and End go on within. */
function roving(bar: HTMLElement): void {
  const all = (): HTMLElement[] => [...bar.querySelectorAll<HTMLElement>("[data-tool]")];
  const to = (tool: HTMLElement | undefined): void => {
    if (tool) {
      for (const t of all()) {
        t.tabIndex = t === tool ? 0 : -1;
      }
    }
  };
  to(all()[0]);
  bar.addEventListener("focusin", (event) => to((event.target as Element).closest<HTMLElement>("[data-tool]") ?? undefined));
  bar.addEventListener("keydown", (event) => {
    const list = all();
    const at = list.indexOf((event.target as Element).closest<HTMLElement>("[data-tool]") ?? bar);
    const step = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
    const next = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: list.length - 1 }[event.key];
    if (next !== undefined && at >= 0) {
      event.preventDefault();
      const tool = list[(next + list.length) % list.length];
      to(tool);
      tool?.focus();
    }
  });
}
