// A gene is edited, base by base, and one sees what the cell makes of it. The answer is {"genex_dna_sequence": "...", "genex_answer": "CORRECT"}
// or INCORRECT, by what the problem with its number asks for.

import { announce } from "../../../live";
import type { Widget } from "../index";
import { express, promoter, solves, terminator, type Expressed } from "./express";
import { Stage, button, element, freshId, parsed, start } from "./stage";

const most = 3_000;
const inLine = 10; // bases a group

/** Lets a gene be edited. */
export function startGene(box: HTMLElement): Widget {
  const stage = new Stage(box);
  const first = only(box.dataset["sequence"] ?? "");
  const number = Number(box.dataset["number"]);
  let before = ""; // the protein of the gene as it was

  const id = freshId();
  const field = element("textarea", {
    class: "input gene__dna",
    id,
    rows: 4,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    dir: "ltr",
    "aria-describedby": `${id}-at`,
  });
  const at = element("p", { class: "tool__say", id: `${id}-at` });
  const way = freshId();
  const mode = (value: string, text: string, on: boolean): HTMLElement => {
    const radio = element("input", { type: "radio", name: way, value });
    radio.checked = on;
    return element("label", {}, radio, element("span", {}, text));
  };
  const modes = element("fieldset", { class: "gene__modes" }, element("legend", { class: "visually-hidden" }, stage.say("typing")), mode("replace", stage.say("replace"), true), mode("insert", stage.say("insert"), false));
  const out = element("div", { class: "gene__out" });
  stage.place.append(
    element("div", { class: "tool__panel" }, element("label", { for: id }, stage.say("dna")), field, at, modes),
    element(
      "div",
      { class: "tool__palette", role: "group", "aria-label": stage.say("bases") },
      ...[..."ACGT"].map((base) => button(base, () => write(base), "button button--small gene__base")),
      button(stage.say("delete"), () => remove(0)),
      button(stage.say("reset"), () => set(first, 0)),
    ),
    out,
  );

  const replacing = (): boolean => modes.querySelector("input:checked")?.getAttribute("value") === "replace";

  /** Writes a base where the cursor is. */
  function write(base: string): void {
    const from = field.selectionStart;
    const to = field.selectionEnd;
    const end = from === to && replacing() ? Math.min(from + 1, field.value.length) : to;
    set(field.value.slice(0, from) + base + field.value.slice(end), from + (replacing() ? 0 : 1));
  }

  /** Takes away what is chosen, or the base before or behind the cursor. */
  function remove(before: 0 | 1): void {
    const from = field.selectionStart;
    const to = field.selectionEnd;
    const one = Math.min(from - before, field.value.length - 1);
    const [start, end] = from !== to ? [from, to] : [one, one + 1];
    if (start >= 0) {
      set(field.value.slice(0, start) + field.value.slice(end), start);
    }
  }

  function set(dna: string, cursor: number): void {
    if (stage.locked) {
      return;
    }
    before = express(only(field.value)).protein.join("-");
    field.value = only(dna).slice(0, most);
    if (document.activeElement === field || document.activeElement?.closest("[data-tool]") === box) {
      field.focus({ preventScroll: true });
    }
    field.setSelectionRange(cursor, Math.min(cursor + (replacing() ? 1 : 0), field.value.length));
    change();
  }

  function change(): void {
    stage.write(JSON.stringify({ genex_dna_sequence: field.value, genex_answer: solves(number, first, field.value) ? "CORRECT" : "INCORRECT" }));
    draw();
    tellPlace();
    announce(`${stage.say("protein")}: ${express(field.value).protein.join(" ") || stage.say("none")}`);
  }

  field.addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertText" && event.data?.length === 1) {
      event.preventDefault();
      const base = event.data.toUpperCase();
      if ("ACGT".includes(base)) {
        write(base);
      }
    } else if (event.inputType === "insertLineBreak" || event.inputType === "insertParagraph") {
      event.preventDefault();
    } else if (event.inputType === "deleteContentBackward" && field.selectionStart === field.selectionEnd) {
      event.preventDefault();
      remove(1);
    }
  });
  field.addEventListener("input", () => set(field.value, field.selectionStart));
  const tellPlace = (): void => {
    const k = field.selectionStart;
    at.textContent = k < field.value.length ? stage.say("at", k + 1, `${field.value[k] ?? ""} / ${field.value.length}`) : stage.say("at_end", field.value.length);
  };
  for (const name of ["keyup", "click", "select", "focus"]) {
    field.addEventListener(name, tellPlace);
  }

  function draw(): void {
    const made = express(field.value);
    const protein = made.protein.join("-");
    const was = before !== protein && before !== "" ? [element("p", { class: "gene__was" }, stage.say("was", before))] : [];
    out.replaceChildren(
      heading("strand", count(field.value.length)),
      strand(dnaPieces(field.value, made)),
      heading("pre", made.mRNA === "" ? stage.say("none") : count(made.parts.reduce((n, p) => n + p.text.length, 0))),
      strand(made.parts.map((p, k) => ({ text: p.text, look: p.kind === "intron" ? "intron" : `exon${Math.floor(k / 2) % 2 ? " is-next" : ""}` }))),
      heading("mature", made.mRNA === "" ? stage.say("none") : count(made.mRNA.length)),
      strand(mRNAPieces(made)),
      heading("protein", made.protein.length === 0 ? stage.say("none") : stage.say("acids", made.protein.length)),
      element("p", { class: "gene__protein" }, protein === "" ? "" : `N-${protein}-C`),
      ...was,
    );
  }

  const count = (n: number): string => stage.say("count", n);
  const heading = (name: string, text: string): HTMLElement => element("p", { class: "gene__head" }, element("strong", {}, stage.say(name)), ` ${text}`);

  function read(value: string): boolean {
    const got = value.trim() === "" ? { genex_dna_sequence: first } : parsed(value);
    const dna = got?.["genex_dna_sequence"];
    const readable = typeof dna === "string" && only(dna) === dna;
    field.value = readable ? dna : first;
    field.setSelectionRange(0, 0);
    before = "";
    draw();
    tellPlace();
    return readable;
  }

  modes.addEventListener("change", () => announce(stage.say(replacing() ? "replace" : "insert")));
  return start(stage, read);
}

/** The bases in a text. */
function only(text: string): string {
  return text.toUpperCase().replace(/[^ACGT]/g, "");
}

interface Piece {
  text: string;
  look: string;
}

function dnaPieces(dna: string, made: Expressed): Piece[] {
  const marks: [number, number, string][] = [];
  if (made.promoter >= 0) {
    marks.push([made.promoter, made.promoter + promoter.length, "promoter"]);
  }
  if (made.terminator >= 0) {
    marks.push([made.terminator, made.terminator + terminator.length, "terminator"]);
  }
  return cut(dna, marks);
}

function mRNAPieces(made: Expressed): Piece[] {
  if (made.mRNA === "" || made.start < 0) {
    return cut(made.mRNA, []);
  }
  const marks: [number, number, string][] = [[made.start, made.start + 3, "start"]];
  const stop = made.end - 3;
  if (stop > made.start && made.end - made.start === 3 * made.protein.length + 3) {
    marks.push([made.start + 3, stop, "coding"], [stop, made.end, "stop"]);
  } else if (made.end > made.start + 3) {
    marks.push([made.start + 3, made.end, "coding"]);
  }
  return cut(made.mRNA, marks);
}

/** A text in pieces, those with a look apart. */
function cut(text: string, marks: [from: number, to: number, look: string][]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [from, to, look] of [...marks].sort((a, b) => a[0] - b[0])) {
    pieces.push({ text: text.slice(at, from), look: "" }, { text: text.slice(Math.max(at, from), to), look });
    at = to;
  }
  pieces.push({ text: text.slice(at), look: "" });
  return pieces.filter((p) => p.text !== "");
}

/** A strand, read from its 5' end, in groups of ten so that one can count. */
function strand(pieces: Piece[]): HTMLElement {
  const row = element("p", { class: "gene__strand", dir: "ltr" });
  if (pieces.length === 0) {
    return row;
  }
  row.append("5′-");
  let n = 0;
  for (const { text, look } of pieces) {
    const mark = look === "" ? element("span") : element("mark", { class: `gene__mark is-${look}` });
    for (let at = 0; at < text.length; ) {
      const take = Math.min(inLine - (n % inLine), text.length - at);
      mark.append(text.slice(at, at + take));
      at += take;
      n += take;
      if (n % inLine === 0) {
        mark.append(element("wbr"), element("span", { class: "gene__gap" }));
      }
    }
    row.append(mark);
  }
  row.append("-3′");
  return row;
}
