// The editor of problems: Markdown or XML, with what there is to say about it by line, and the problem beside it as learners meet it. The server
// converts, checks and draws; it is asked when typing pauses, and typing never waits for it.

import { indentService, StreamLanguage, type StringStream } from "@codemirror/language";
import { EditorSelection, StateEffect } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

import { announce } from "../live";
import { RefusedError, send } from "../request";
import type { Body, Editing } from "./edit";
import { sourceEditor, type Source } from "./source";

/** What the server makes of the form, see POST /preview/problem/KEY. */
interface Look {
  seed: number;
  state: string;
  xml: string;
  findings: Finding[];
  html: string;
  framed: boolean;
  broken: boolean;
  notes?: string[];
}

interface Finding {
  line: number;
  xml_line?: number;
  severity: string;
  text: string;
}

/** What the frame is told to show. */
export interface Drawn {
  lyceum: "trial";
  /** Counts the variants that were chosen. */
  turn: number;
  html: string;
  state: string;
  seed: number;
  /** The form the drawing was made of, for acts. */
  fields: [name: string, value: string][];
  /** What was typed into the problem goes, too. */
  afresh: boolean;
}

/** What the frame tells. */
export interface Sizes {
  lyceum: "trial";
  say: "ready" | "size" | "acted";
  /** Of what is drawn. */
  turn: number;
  height: number;
  seed: number;
}

/** Milliseconds after the last key before the problem is drawn anew. */
const pause = 600;

export function enhance(box: HTMLElement, editing: Editing): Body | undefined {
  return new ProblemEditor(box, editing).start();
}

class ProblemEditor {
  private source: Source | undefined;
  private timer = 0;
  private asked: AbortController | undefined;
  private shown: Drawn | undefined;
  private seed = 1;
  private turn = 0;
  private readonly frame: HTMLIFrameElement | null;
  private readonly seedField: HTMLInputElement | null;

  constructor(
    private readonly box: HTMLElement,
    private readonly editing: Editing,
  ) {
    this.frame = box.querySelector<HTMLIFrameElement>("[data-trial-frame]");
    this.seedField = box.querySelector<HTMLInputElement>("[data-seed]");
  }

  start(): Body {
    for (const plain of this.box.querySelectorAll<HTMLElement>("[data-plain-preview], [data-switch-plain]")) {
      plain.remove();
    }
    this.open();
    this.switching();
    this.seeds();
    editingChanges(this.editing.form, () => this.later());
    window.addEventListener("message", (event: MessageEvent<Partial<Sizes> | null>) => this.hear(event));
    void this.look(true);
    return {
      sync: () => this.source?.sync(),
      show: () => void this.look(false),
    };
  }

  /** Makes the editor of the text that is written now. */
  private open(): void {
    const at = [...this.box.querySelectorAll<HTMLElement>("[data-problem-source]")].find((e) => !e.closest("[hidden]"));
    this.source = at ? sourceEditor(at) : undefined;
    const view = this.source?.view;
    // Lines begin as the one above does: blanks an editor adds would be an error in Python.
    view?.dispatch({ effects: StateEffect.appendConfig.of(indentService.of(() => null)) });
    if (view && at?.dataset["problemSource"] === "markdown") {
      view.dispatch({ effects: StateEffect.appendConfig.of(StreamLanguage.define(problemMarkdown)) });
      this.tools(view);
    }
  }

  /** The buttons that put examples in. One Tab reaches them all; arrows go from one to the next. */
  private tools(view: EditorView): void {
    const bar = this.box.querySelector<HTMLElement>("[data-markdown-tools]");
    if (!bar) {
      return;
    }
    bar.hidden = false;
    const buttons = [...bar.querySelectorAll<HTMLButtonElement>("[data-put]")];
    buttons.forEach((button, i) => {
      button.tabIndex = i === 0 ? 0 : -1;
      button.addEventListener("click", () => put(view, button.dataset["put"] ?? ""));
      button.addEventListener("focus", () => buttons.forEach((b) => (b.tabIndex = b === button ? 0 : -1)));
    });
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
      if (step !== undefined && at >= 0) {
        event.preventDefault();
        const forward = getComputedStyle(bar).direction === "rtl" && event.key.startsWith("ArrowL") ? 1 : getComputedStyle(bar).direction === "rtl" && event.key === "ArrowRight" ? -1 : step;
        buttons[(at + forward + buttons.length) % buttons.length]?.focus();
      }
    });
  }

  /** The way to XML: the text that was made of the Markdown is written from now on. */
  private switching(): void {
    const button = this.box.querySelector<HTMLButtonElement>("[data-switch-now]");
    const markdown = this.box.querySelector<HTMLElement>("[data-markdown]");
    const xml = this.box.querySelector<HTMLFieldSetElement>("[data-xml]");
    const field = xml?.querySelector("textarea");
    if (!button || !markdown || !xml || !field) {
      return;
    }
    button.hidden = false;
    button.addEventListener("click", () => {
      void (async () => {
        button.disabled = true;
        const look = await this.look(false);
        button.disabled = false;
        if (!look) {
          return;
        }
        field.value = look.xml;
        for (const old of markdown.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("[name]")) {
          old.disabled = true;
        }
        markdown.hidden = true;
        xml.disabled = false;
        xml.hidden = false;
        this.open();
        this.source?.view.focus();
        this.editing.changed();
        void this.look(false);
      })();
    });
  }

  private seeds(): void {
    const bar = this.box.querySelector<HTMLElement>("[data-seeds]");
    const most = Number(this.box.dataset["maxSeed"]) || 999;
    if (!bar || !this.seedField) {
      return;
    }
    bar.hidden = false;
    const choose = (seed: number): void => {
      this.seed = Math.min(most, Math.max(0, Math.round(seed) || 0));
      this.turn++;
      if (this.seedField) {
        this.seedField.value = String(this.seed);
      }
      void this.look(true);
    };
    this.seedField.addEventListener("change", () => choose(Number(this.seedField?.value)));
    this.seedField.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault(); // it would save the form
        choose(Number(this.seedField?.value));
      }
    });
    bar.querySelector("[data-another]")?.addEventListener("click", () => {
      const other = Math.floor(Math.random() * most); // of all but the one that is there
      choose(other < this.seed ? other : other + 1);
    });
    bar.querySelector("[data-again]")?.addEventListener("click", () => choose(this.seed));
  }

  private later(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(false), pause);
  }

  /** Has the form converted, checked and drawn. Only the last answer counts. */
  private async look(afresh: boolean): Promise<Look | undefined> {
    window.clearTimeout(this.timer);
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    const fields = [...new FormData(this.editing.form)].filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[0] !== "act");
    const body = new URLSearchParams(fields);
    body.set("trial.seed", String(this.seed));
    this.box.dataset["trial"] = "asking";
    try {
      const look = await send<Look>(this.box.dataset["preview"] ?? "", { body, signal: asked.signal, timeout: 60_000 });
      this.box.dataset["trial"] = look.broken ? "broken" : "drawn";
      this.say(look.broken ? "" : (this.box.dataset["wordDrawn"] ?? ""));
      this.show(look, fields, afresh);
      return look;
    } catch (error) {
      if (!asked.signal.aborted) {
        this.box.dataset["trial"] = "failed";
        this.say(error instanceof RefusedError && error.problem ? error.message : (this.box.dataset["wordFailed"] ?? ""));
      }
      return undefined;
    }
  }

  private show(look: Look, fields: Drawn["fields"], afresh: boolean): void {
    this.source?.show(look.findings.map((f) => ({ line: f.line, detail: this.worded(f) })));
    const made = this.box.querySelector<HTMLElement>("[data-made-xml]");
    if (made) {
      made.textContent = look.xml;
    }
    this.shown = { lyceum: "trial", turn: this.turn, html: look.html, state: look.state, seed: look.seed, fields, afresh };
    this.tell();
  }

  private worded(f: Finding): string {
    const text = (this.box.dataset[{ error: "wordError", warning: "wordWarning" }[f.severity] ?? "wordNote"] ?? "%s").replace("%s", () => f.text);
    if (f.line > 0 || !f.xml_line) {
      return text;
    }
    return (this.box.dataset["wordXmlLine"] ?? "%s: %s").replace("%s", String(f.xml_line)).replace("%s", () => text);
  }

  private tell(): void {
    if (this.shown) {
      this.frame?.contentWindow?.postMessage(this.shown, location.origin);
    }
  }

  private hear(event: MessageEvent<Partial<Sizes> | null>): void {
    const said = event.data;
    if (event.origin !== location.origin || event.source !== this.frame?.contentWindow || said?.lyceum !== "trial") {
      return;
    }
    if (said.say === "ready") {
      this.tell();
    }
    // What was done to a variant that is chosen no more says nothing of the one that is.
    if (said.say === "acted" && said.turn === this.turn && typeof said.seed === "number" && this.seedField && said.seed !== this.seed) {
      this.seed = said.seed;
      this.seedField.value = String(said.seed); // a reset drew another variant
    }
    if (typeof said.height === "number" && this.frame) {
      this.frame.style.blockSize = `${Math.min(4000, Math.max(160, said.height + 24))}px`;
    }
  }

  private say(text: string): void {
    const place = this.box.querySelector<HTMLElement>("[data-trial-state]");
    if (place && place.textContent !== text) {
      place.textContent = text;
      if (text && this.box.dataset["trial"] === "failed") {
        announce(text);
      }
    }
  }
}

/** Changes of the form, its settings included: they change how the problem looks. */
function editingChanges(form: HTMLFormElement, run: () => void): void {
  for (const name of ["input", "change"]) {
    form.addEventListener(name, (event) => {
      if (!(event.target as Element).hasAttribute("data-seed")) {
        run();
      }
    });
  }
}

/** Puts an example in at the cursor: on lines of its own, or where it says otherwise behind the text of the line. What an author will write
 * over first is selected. */
function put(view: EditorView, text: string): void {
  const { state } = view;
  const { from, to } = state.selection.main;
  const line = state.doc.lineAt(from);
  const inLine = text.startsWith(" ");
  const at = inLine ? state.doc.lineAt(to).to : from;
  const until = inLine ? at : to;
  const chosen = state.sliceDoc(from, to);
  let insert = text;
  if (!inLine && line.text.trim() !== "" && from > line.from) {
    insert = `\n${insert}`;
  }
  const word = /[\p{L}][\p{L} ?,.’']*/u.exec(insert.replace(/^\n?(\[explanation\]\n|\(x\) |\[x\] |= )/u, (m) => m.replace(/[\p{L}]/gu, "#")));
  let begin = at + (word?.index ?? insert.length);
  let end = begin + (word?.[0].trimEnd().length ?? 0);
  if (chosen !== "" && !inLine && word) {
    insert = insert.slice(0, word.index) + chosen + insert.slice(word.index + word[0].trimEnd().length);
    end = begin + chosen.length;
  }
  if (begin > at + insert.length) {
    begin = end = at + insert.length;
  }
  view.dispatch({ changes: { from: at, to: until, insert }, selection: EditorSelection.single(begin, end), scrollIntoView: true, userEvent: "input" });
  view.focus();
}

/** How the simple editor's Markdown is colored: what means something, apart from prose. */
const problemMarkdown = {
  name: "problem-markdown",
  token(stream: StringStream): string | null {
    if (stream.sol()) {
      if (stream.match(/^\s*(==+|---)\s*$/)) {
        return "meta";
      }
      if (stream.match(/^\s*(\(.{0,3}\)|\[[ xX]?\])/) || stream.match(/^\s*(s?=\|?|or=|not=)/)) {
        return "keyword";
      }
      if (stream.match(/^\s*\|\|.*\|\|\s*$/)) {
        return "comment";
      }
    }
    if (stream.match(/^\[\/?(explanation|code)\]/i) || stream.match(/^<\/?[a-zA-Z][^>]*>/)) {
      return "tagName";
    }
    if (stream.match(">>") || stream.match("<<") || stream.match("[[") || stream.match("]]") || stream.match("||")) {
      return "keyword";
    }
    if (stream.match(/^\{\{.*?\}\}/) || stream.match("{{") || stream.match("}}")) {
      return "string";
    }
    stream.next();
    stream.eatWhile(/[^<>[\]|{}]/);
    return null;
  },
};
