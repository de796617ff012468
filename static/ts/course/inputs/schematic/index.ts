// The editor of circuits. Its field holds the circuit as text, which is what is kept, sent and graded; the editor shows what the text says
// and writes what is drawn back into it.

import { type, wordsOf, type Widget } from "../index";
import { Bench, allowedAnalyses } from "./bench";
import { Desk, allowed } from "./desk";
import { Diagram } from "./diagram";
import { make, rove } from "./dom";
import { drawList } from "./list";
import { drawPanel } from "./panel";
import { parts, type Kind } from "./parts";
import { Sheet, picture, set, shape, symbol, type Tool } from "./sheet";

/** Makes a circuit drawable. */
export function enhanceSchematic(box: HTMLElement): Widget {
  const editor = new Editor(box);
  return { sync: () => editor.sync(), flush: () => Promise.resolve(editor.write(true)) };
}

class Editor {
  private readonly words: Record<string, string>;
  private readonly field: HTMLTextAreaElement;
  private readonly place: HTMLElement;
  private readonly editable: boolean;
  private readonly closed: boolean;
  private readonly desk: Desk;
  private readonly sheet: Sheet;
  private readonly bench: Bench;
  private shown: string | undefined; // the text that is drawn
  private unreadable = false;
  private changed = false;
  private waiting: number | undefined;

  constructor(private readonly box: HTMLElement) {
    this.words = wordsOf(box);
    this.field = box.querySelector("textarea") as HTMLTextAreaElement;
    this.place = box.querySelector("[data-desk]") as HTMLElement;
    this.closed = box.hasAttribute("data-closed");
    const kinds = allowed(box.dataset["parts"]);
    this.editable = !this.closed && (box.dataset["parts"] ?? "None").trim() !== "";
    this.desk = new Desk(this.words, kinds, {
      locked: () => this.field.disabled || this.closed || !this.editable || this.unreadable,
      changed: () => this.edited(),
      show: () => this.show(),
      say: (text) => this.say(text),
    });
    this.bench = new Bench(this.desk, allowedAnalyses(box.dataset["analyses"]), box.dataset["submit"] ?? "");
    this.sheet = new Sheet(this.desk, this.editable, { tool: () => this.showTools(), edit: () => this.editPiece() });
    this.lay();
    this.read();
    this.shrinkText();
  }

  private part(name: string): HTMLElement {
    return this.place.querySelector(`[data-part="${name}"]`) as HTMLElement;
  }

  // laying out

  private lay(): void {
    const sheet = this.part("sheet");
    const height = Math.min(700, Math.max(240, Number.parseInt(this.box.dataset["height"] ?? "", 10) || 400));
    sheet.style.setProperty("--height", `${height}px`);
    this.sheet.svg.setAttribute("aria-label", this.words[this.editable ? "sheet" : "sheet_shown"] ?? "");
    sheet.append(this.sheet.svg);
    if (this.editable) {
      this.layTools();
      this.layBox();
    } else {
      for (const name of ["tools", "box", "keys", "panel"]) {
        this.part(name).remove();
      }
    }
    this.bench.place(this.part("bench"));
    this.bench.onRun = () => this.keep();
    // Only the text is the answer: what is typed into the editor's own fields is not.
    this.place.addEventListener("input", (event) => event.stopPropagation());
    this.place.addEventListener("change", (event) => event.stopPropagation());
    this.place.addEventListener("keypress", (event) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
        event.preventDefault(); // a field takes it; it submits nothing
      }
    });
    this.field.addEventListener("change", () => this.sync());
    this.box.closest("[data-input]")?.addEventListener("revealed", () => this.reveal());
    this.place.hidden = false;
  }

  /** The text stands below what is drawn, folded. */
  private shrinkText(): void {
    const details = this.box.querySelector<HTMLDetailsElement>("[data-circuit-text]");
    if (details) {
      details.open = this.unreadable;
    }
    this.box.classList.add("is-live");
    this.sheet.fit();
  }

  private layTools(): void {
    const bar = this.part("tools");
    const { desk, sheet } = this;
    const acts: Record<string, () => void> = {
      undo: () => desk.undo(),
      redo: () => desk.redo(),
      rotate: () => desk.rotate(),
      mirror: () => desk.mirror(),
      delete: () => desk.remove(),
      cut: () => desk.cut(),
      copy: () => desk.copy(),
      paste: () => desk.paste(),
      in: () => sheet.zoom(1.25),
      out: () => sheet.zoom(0.8),
      fit: () => sheet.fit(),
    };
    bar.addEventListener("click", (event) => {
      const press = (event.target as Element).closest<HTMLElement>("[data-do]");
      const name = press?.dataset["do"] ?? "";
      if (press?.getAttribute("aria-disabled") === "true") {
        return;
      }
      if (name === "select" || name === "wire" || name === "pan") {
        sheet.pick(name as Tool);
      } else {
        acts[name]?.();
      }
      this.showTools();
    });
    rove(bar);
  }

  private layBox(): void {
    const bar = this.part("box");
    for (const kind of this.desk.box) {
      const press = make("button", "circuit__kind");
      press.type = "button";
      press.dataset["kind"] = kind;
      press.title = this.desk.word(`kind_${kind}`);
      press.setAttribute("aria-label", press.title);
      press.append(icon(kind));
      press.addEventListener("click", (event) => this.take(kind, event));
      press.addEventListener("pointerdown", (event) => event.button === 0 && this.sheet.dragged(kind, event));
      bar.append(press);
    }
    rove(bar);
    bar.hidden = this.desk.box.length === 0;
  }

  /** A press on a part of the box: the keyboard puts it down at once, a pointer picks it up. */
  private take(kind: Kind, event: MouseEvent): void {
    if (event.detail !== 0) {
      this.sheet.hold(kind);
    } else if (this.desk.add(kind) !== undefined) {
      this.sheet.svg.focus();
    }
  }

  // text and circuit

  /** Draws what the field says. */
  private read(): void {
    this.shown = this.field.value;
    try {
      this.desk.begin(Diagram.read(this.shown));
      this.unreadable = false;
    } catch {
      this.desk.begin(new Diagram());
      this.unreadable = true;
    }
    this.changed = false;
    this.bench.begin();
    this.part("trouble").hidden = true;
    if (this.unreadable) {
      this.trouble(this.words["unreadable"] ?? "", this.closed ? undefined : () => this.startAnew());
    } else if (this.desk.diagram.strange.length > 0) {
      this.trouble(this.desk.word("strange", this.desk.diagram.strange.length));
    }
    this.place.classList.toggle("is-unreadable", this.unreadable);
    this.sheet.fit();
    this.show();
  }

  private trouble(text: string, anew?: () => void): void {
    const place = this.part("trouble");
    place.replaceChildren(make("span", "", text));
    if (anew) {
      const press = make("button", "button button--small", this.words["anew"]);
      press.type = "button";
      press.addEventListener("click", anew);
      place.append(press);
    }
    place.hidden = false;
  }

  /** Gives up a text that is no circuit, for what the author begins with. */
  private startAnew(): void {
    if (!this.field.disabled) {
      const initial = this.box.dataset["initial"] ?? "";
      type(this.field, initial.includes("[") ? initial : "[]");
      this.sync();
      this.sheet.svg.focus();
    }
  }

  /** The field was filled from outside, or its text was edited. */
  sync(): void {
    if (this.field.value !== this.shown) {
      this.read();
    }
  }

  private edited(): void {
    this.changed = true;
    this.keep();
  }

  private keep(): void {
    if (this.changed) {
      this.write(false);
    }
  }

  /** Writes the circuit into the field; with all, with the results its author asks for. A text that is no circuit stays. */
  write(all: boolean): void {
    if (this.unreadable || this.closed || this.field.disabled) {
      return;
    }
    this.shown = this.desk.diagram.write(this.bench.stored(all));
    type(this.field, this.shown);
  }

  // showing

  private show(): void {
    this.sheet.notes = this.bench.notes();
    this.sheet.draw();
    window.clearTimeout(this.waiting);
    // Fields are drawn anew once the focus has gone where it goes.
    this.waiting = window.setTimeout(() => this.showFields(), 0);
  }

  private showFields(): void {
    this.bench.draw();
    this.sheet.notes = this.bench.notes();
    this.sheet.draw();
    this.showTools();
    if (this.editable) {
      drawPanel(this.part("panel"), this.desk);
    }
    drawList(this.part("list"), this.desk, this.editable, () => this.editPiece());
    const conflict = this.desk.diagram.nodes().conflicts[0];
    const place = this.part("conflict");
    place.hidden = conflict === undefined;
    place.textContent = conflict ? this.desk.word("conflict", conflict[0], conflict[1]) : "";
  }

  private showTools(): void {
    if (!this.editable) {
      return;
    }
    const chosen = this.desk.chosen.size > 0;
    const able: Record<string, boolean> = {
      undo: this.desk.canUndo,
      redo: this.desk.canRedo,
      rotate: chosen,
      mirror: chosen,
      delete: chosen,
      cut: chosen,
      copy: chosen,
      paste: this.desk.canPaste,
    };
    for (const press of this.part("tools").querySelectorAll<HTMLElement>("[data-do]")) {
      const name = press.dataset["do"] ?? "";
      if (name === "select" || name === "wire" || name === "pan") {
        press.setAttribute("aria-pressed", String(this.sheet.tool === name && this.sheet.holding === undefined));
      } else {
        press.setAttribute("aria-disabled", String(able[name] === false));
      }
    }
    for (const press of this.part("box").querySelectorAll<HTMLElement>("[data-kind]")) {
      press.setAttribute("aria-pressed", String(this.sheet.holding === press.dataset["kind"]));
    }
  }

  /** Goes to the fields of the chosen part. */
  private editPiece(): void {
    window.setTimeout(() => {
      const field = this.part("panel").querySelector<HTMLElement>("input, select");
      field?.focus();
      if (field instanceof HTMLInputElement) {
        field.select();
      }
    }, 0);
  }

  private say(text: string): void {
    this.part("said").textContent = text;
  }

  /** An answer that is a circuit is drawn instead of written. */
  private reveal(): void {
    const place = this.box.closest("[data-input]")?.querySelector<HTMLElement>("[data-answer]");
    const text = /\[.*\]/s.exec(place?.textContent ?? "")?.[0];
    if (!place || text === undefined) {
      return;
    }
    try {
      const diagram = Diagram.read(text);
      const desk = new Desk(this.words, [], { locked: () => true, changed: () => undefined, show: () => undefined, say: () => undefined });
      const svg = picture(desk, diagram);
      svg.setAttribute("aria-label", [this.words["answer"], ...diagram.pieces.map((p) => desk.describe(p))].join(", "));
      place.replaceChildren(make("span", "", this.words["answer"]), svg);
    } catch {
      // it stays as it was written
    }
  }
}

/** The symbol of a part for the box of parts. */
function icon(kind: Kind): SVGElement {
  const svg = shape("svg", "circuit__symbol");
  const [l, t, r, b] = parts[kind].box;
  const size = Math.max(r - l, b - t) + 6;
  set(svg, { viewBox: `${(l + r - size) / 2} ${(t + b - size) / 2} ${size} ${size}`, "aria-hidden": "true" });
  svg.append(symbol({ id: 0, kind, x: 0, y: 0, rotation: 0, settings: new Map() }));
  return svg;
}
