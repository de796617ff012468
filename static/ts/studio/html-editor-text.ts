// Between an author's HTML and the document of the rich text editor. What is read can be written again without loss, or it is refused:
// every element keeps its attributes, every block the blanks around it, and what the editor has no word for is an island, kept verbatim.
// Blocks nobody touched are written as their author wrote them, byte for byte.

import { blockTags, escapeText, escapeValue, parseSource, Refusal, shapeOf, type Decode, type ElementPart, type Part } from "./html-editor-source";

/** A node of the document, as the editor takes and gives it. */
export interface Piece {
  type: string;
  attrs?: Record<string, unknown>;
  content?: Piece[];
  marks?: Mark[];
  text?: string;
  /** The text it was read from, without the blanks before it; unset once it was changed. */
  source?: string;
}

/** A mark: an element within a line. */
export interface Mark {
  type: string;
  attrs: Record<string, unknown>;
}

/** Attributes of an element, in the author's order. */
export type Attributes = Record<string, string>;

/** How mathematics is written, by what stands before and behind it. */
export const mathForms: Record<string, [before: string, after: string]> = {
  "\\(": ["\\(", "\\)"],
  "\\[": ["\\[", "\\]"],
  mathjaxinline: ["[mathjaxinline]", "[/mathjaxinline]"],
  mathjax: ["[mathjax]", "[/mathjax]"],
  $$: ["$$", "$$"],
};

/** Elements that only hold others. */
export const boxTags = new Set([
  "address", "article", "aside", "center", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer", "header", "hgroup", "main", "nav",
  "section", "summary",
]);

/** Elements within a line that hold text. Those with a mark of their own have another name there; see markName. */
const spanTags = new Set([
  "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark", "q", "s", "samp",
  "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var",
]);

const markNames: Record<string, string> = {
  b: "bold", strong: "bold", i: "italic", em: "italic", u: "underline", code: "code", s: "strike", strike: "strike", del: "strike", sub: "sub", sup: "sup",
};

/** The mark of an element. */
export function markName(tag: string, html: Attributes): string {
  if (tag === "a") {
    return "href" in html ? "link" : "span";
  }
  return markNames[tag] ?? "span";
}

/** Texts longer than this are not shown as rich text: each key would take too long. */
export const richMost = 400_000;

/** Reads a text into a document; throws a Refusal when the document could not be written again without loss. */
export function readText(text: string, decode: Decode): Piece {
  if (text.length > richMost) {
    throw new Refusal("large", "");
  }
  const parts = parseSource(text, decode);
  const doc = new Reading(text).document(parts);
  const again = writeText(withoutSource(doc));
  if (shapeOf(parseSource(again, decode)) !== shapeOf(parts)) {
    throw new Refusal("other", "");
  }
  return doc;
}

/** The document as if every part of it had been changed. */
function withoutSource(piece: Piece): Piece {
  const { source: _, ...rest } = piece;
  return piece.content ? { ...rest, content: piece.content.map(withoutSource) } : rest;
}

const blanks = /^[ \t\r\n\f]*/;
const blanksBehind = /[ \t\r\n\f]*$/;

function isBlank(part: Part): boolean {
  return part.kind === "text" && /^[ \t\r\n\f]*$/.test(part.text);
}

function isBlock(part: Part): part is ElementPart {
  return part.kind === "element" && blockTags.has(part.tag);
}

/** A leaf of a line before blanks are folded. */
interface Leaf {
  piece: Piece;
  text?: string;
}

class Reading {
  constructor(private readonly text: string) {}

  document(parts: Part[]): Piece {
    const { content, tail } = this.blocks(parts);
    return { type: "doc", attrs: { tail }, content };
  }

  /** Blocks of a container, and the blanks behind the last. There is always one. */
  private blocks(parts: Part[]): { content: Piece[]; tail: string } {
    const content: Piece[] = [];
    let lead = "";
    let run: Part[] = [];
    const flush = (): void => {
      if (run.length > 0) {
        const bare = this.bare(run, lead);
        content.push(bare.piece);
        lead = bare.behind;
        run = [];
      }
    };
    for (const part of parts) {
      if (isBlock(part)) {
        flush();
        content.push({ ...this.block(part, lead), source: this.text.slice(part.from, part.to) });
        lead = "";
      } else if (run.length === 0 && isBlank(part)) {
        lead += this.text.slice(part.from, part.to);
      } else if (run.length === 0 && part.kind === "comment") {
        content.push({ type: "island", attrs: { lead, source: this.text.slice(part.from, part.to), tag: "!" } });
        lead = "";
      } else {
        run.push(part);
      }
    }
    flush();
    if (content.length === 0) {
      content.push({ type: "paragraph", attrs: { tag: "bare", html: {}, lead: "" } });
    }
    return { content, tail: lead };
  }

  /** Text that stands in a container without an element of its own. */
  private bare(run: Part[], lead: string): { piece: Piece; behind: string } {
    const from = run[0]?.from ?? 0;
    const to = run.at(-1)?.to ?? from;
    const raw = this.text.slice(from, to);
    const before = run[0]?.kind === "text" ? (blanks.exec(raw)?.[0] ?? "") : "";
    const behind = run.at(-1)?.kind === "text" ? (blanksBehind.exec(raw)?.[0] ?? "") : "";
    const source = raw.slice(before.length, raw.length - behind.length);
    return { piece: { type: "paragraph", attrs: { tag: "bare", html: {}, lead: lead + before }, content: this.line(run), source }, behind };
  }

  private block(part: ElementPart, lead: string): Piece {
    const { tag, attrs: html, parts } = part;
    if (tag === "p") {
      return { type: "paragraph", attrs: { tag, html, lead }, content: this.line(parts) };
    }
    if (/^h[1-6]$/.test(tag)) {
      return { type: "heading", attrs: { level: Number(tag[1]), html, lead }, content: this.line(parts) };
    }
    if (tag === "hr") {
      return { type: "horizontalRule", attrs: { html, lead } };
    }
    if (tag === "pre") {
      return this.pre(part, lead);
    }
    if (tag === "ul" || tag === "ol") {
      return this.list(part, lead);
    }
    if (tag === "table") {
      return this.table(part, lead);
    }
    if (tag === "blockquote") {
      const { content, tail } = this.blocks(parts);
      return { type: "blockquote", attrs: { html, lead, tail }, content };
    }
    if (boxTags.has(tag)) {
      const { content, tail } = this.blocks(parts);
      return { type: "box", attrs: { tag, html, lead, tail }, content };
    }
    return { type: "island", attrs: { lead, source: this.text.slice(part.from, part.to), tag } };
  }

  /** Preformatted text; where it holds a single code element, that goes with it. */
  private pre(part: ElementPart, lead: string): Piece {
    const [only] = part.parts;
    const code = part.parts.length === 1 && only?.kind === "element" && only.tag === "code" ? only : undefined;
    const content = this.line(code ? code.parts : part.parts, true);
    return { type: "codeBlock", attrs: { html: part.attrs, code: code ? code.attrs : null, lead }, content };
  }

  private list(part: ElementPart, lead: string): Piece {
    const content: Piece[] = [];
    let before = "";
    for (const item of part.parts) {
      if (isBlank(item)) {
        before += this.text.slice(item.from, item.to);
      } else if (item.kind === "element" && item.tag === "li") {
        const { content: inside, tail } = this.blocks(item.parts);
        content.push({ type: "listItem", attrs: { html: item.attrs, lead: before, tail }, content: inside, source: this.text.slice(item.from, item.to) });
        before = "";
      } else if (item.kind === "element" && (item.tag === "ul" || item.tag === "ol")) {
        content.push({ ...this.list(item, before), source: this.text.slice(item.from, item.to) }); // a list right within a list, as old editors wrote them
        before = "";
      } else {
        throw new Refusal("list", this.text.slice(item.from, item.from + 20));
      }
    }
    if (content.length === 0) {
      throw new Refusal("list", `<${part.tag}></${part.tag}>`);
    }
    return { type: part.tag === "ul" ? "bulletList" : "orderedList", attrs: { html: part.attrs, lead, tail: before }, content };
  }

  private table(part: ElementPart, lead: string): Piece {
    const rows: Piece[] = [];
    const head: string[] = []; // caption and columns, verbatim
    let group = 0;
    let before = "";
    const take = (parts: Part[], section: Record<string, unknown> | null): void => {
      for (const item of parts) {
        if (isBlank(item)) {
          before += this.text.slice(item.from, item.to);
        } else if (item.kind === "element" && item.tag === "tr") {
          rows.push(this.row(item, before, section));
          before = "";
        } else if (item.kind === "element" && section === null && /^(thead|tbody|tfoot)$/.test(item.tag)) {
          const start = before;
          before = "";
          const first = rows.length;
          const own = { tag: item.tag, html: item.attrs, group: ++group, lead: start, tail: "" };
          take(item.parts, own);
          if (rows.length === first) {
            throw new Refusal("table", `<${item.tag}>`);
          }
          own.tail = before;
          before = "";
        } else if (item.kind === "element" && section === null && rows.length === 0 && /^(caption|colgroup|col)$/.test(item.tag)) {
          head.push(before + this.text.slice(item.from, item.to));
          before = "";
        } else {
          throw new Refusal("table", this.text.slice(item.from, item.from + 20));
        }
      }
    };
    take(part.parts, null);
    if (!isGrid(rows)) {
      throw new Refusal("table", "<tr>");
    }
    return { type: "table", attrs: { html: part.attrs, head: head.join(""), lead, tail: before }, content: rows };
  }

  private row(part: ElementPart, lead: string, section: Record<string, unknown> | null): Piece {
    const content: Piece[] = [];
    let before = "";
    for (const cell of part.parts) {
      if (isBlank(cell)) {
        before += this.text.slice(cell.from, cell.to);
      } else if (cell.kind === "element" && (cell.tag === "td" || cell.tag === "th")) {
        const { colspan, rowspan, ...html } = cell.attrs;
        const { content: inside, tail } = this.blocks(cell.parts);
        content.push({
          type: cell.tag === "td" ? "tableCell" : "tableHeader",
          attrs: { html, colspan: span(colspan), rowspan: span(rowspan), spans: Object.keys(cell.attrs).filter((n) => n.endsWith("span")), lead: before, tail },
          content: inside,
          source: this.text.slice(cell.from, cell.to),
        });
        before = "";
      } else {
        throw new Refusal("table", this.text.slice(cell.from, cell.from + 20));
      }
    }
    return { type: "tableRow", attrs: { html: part.attrs, section, lead, tail: before }, content, source: this.text.slice(part.from, part.to) };
  }

  /** One line: text, marks and what stands among them. */
  private line(parts: Part[], pre = false): Piece[] {
    const leaves: Leaf[] = [];
    this.leaves(parts, [], leaves, pre, false);
    return pre ? leaves.map((l) => (l.text === undefined ? l.piece : { ...l.piece, text: l.text })) : fold(leaves);
  }

  private leaves(parts: Part[], marks: Mark[], into: Leaf[], pre: boolean, verbatim: boolean): void {
    let twin = "";
    for (const part of parts) {
      const source = this.text.slice(part.from, part.to);
      if (part.kind === "text") {
        this.words(part.text, marks, into, pre || verbatim);
        twin = "";
        continue;
      }
      if (part.kind === "comment") {
        into.push({ piece: { type: "islet", attrs: { source, tag: "!" }, marks } });
        twin = "";
        continue;
      }
      const { tag, attrs: html } = part;
      if (tag === "br") {
        into.push({ piece: { type: "hardBreak", attrs: { html }, marks } });
      } else if (tag === "img") {
        into.push({ piece: { type: "image", attrs: { html }, marks } });
      } else if (!spanTags.has(tag) || hollow(part)) {
        if (blockTags.has(tag)) {
          throw new Refusal("mixed", `<${tag}>`);
        }
        into.push({ piece: { type: "islet", attrs: { source, tag }, marks } });
      } else {
        const like = `${tag} ${JSON.stringify(html)}`;
        const n = twin.startsWith(like) ? 1 - Number(twin.at(-1)) : 0; // two alike beside each other stay two
        const name = markName(tag, html);
        const type = marks.some((m) => m.type === name) ? "span" : name; // a mark stands once, other elements as often as they like
        this.leaves(part.parts, [...marks, { type, attrs: { tag, html, depth: marks.length, n } }], into, pre, verbatim || tag === "code");
        twin = like + String(n);
        continue;
      }
      twin = "";
    }
  }

  /** Text, and the mathematics in it. */
  private words(text: string, marks: Mark[], into: Leaf[], verbatim: boolean): void {
    let at = 0;
    const push = (to: number): void => {
      if (to > at) {
        into.push({ piece: { type: "text", marks }, text: text.slice(at, to) });
      }
    };
    if (!verbatim) {
      for (const m of text.matchAll(mathematics)) {
        const found = mathOf(m[0]);
        if (found) {
          push(m.index);
          into.push({ piece: { type: "math", attrs: found, marks } });
          at = m.index + m[0].length;
        }
      }
    }
    push(text.length);
  }
}

const mathematics = /\\\([\s\S]+?\\\)|\\\[[\s\S]+?\\\]|\[mathjaxinline\][\s\S]+?\[\/mathjaxinline\]|\[mathjax\][\s\S]+?\[\/mathjax\]|\$\$[\s\S]+?\$\$/g;

/** Mathematics as it is written, without what stands around it. */
export function mathOf(text: string): { tex: string; form: string } | undefined {
  for (const [form, [before, after]] of Object.entries(mathForms)) {
    if (text.startsWith(before) && text.endsWith(after) && text.length > before.length + after.length) {
      return { tex: text.slice(before.length, -after.length), form };
    }
  }
  return undefined;
}

/** Whether an element shows nothing: the place of an anchor, an icon made by a class. */
function hollow(part: ElementPart): boolean {
  return part.parts.every((p) => (p.kind === "text" ? p.text === "" : p.kind === "element" && spanTags.has(p.tag) && hollow(p)));
}

function span(text: string | undefined): number {
  const n = Number(text ?? 1);
  return Number.isInteger(n) && n > 0 && n <= 1000 ? n : 0;
}

/** Whether the cells of a table fill a rectangle, each place once. */
function isGrid(rows: Piece[]): boolean {
  const taken: boolean[][] = rows.map(() => []);
  for (const [y, row] of rows.entries()) {
    let x = 0;
    for (const cell of row.content ?? []) {
      const wide = Number(cell.attrs?.["colspan"]);
      const tall = Number(cell.attrs?.["rowspan"]);
      while (taken[y]?.[x]) {
        x++;
      }
      if (wide < 1 || tall < 1 || y + tall > rows.length) {
        return false;
      }
      for (let dy = 0; dy < tall; dy++) {
        for (let dx = 0; dx < wide; dx++) {
          const line = taken[y + dy];
          if (!line || line[x + dx]) {
            return false;
          }
          line[x + dx] = true;
        }
      }
      x += wide;
    }
  }
  const width = taken[0]?.length ?? 0;
  return width > 0 && taken.every((line) => line.length === width && !line.includes(undefined as unknown as boolean)) && rows.every((r) => (r.content?.length ?? 0) > 0);
}

/** Folds blanks as browsers do. */
function fold(leaves: Leaf[]): Piece[] {
  let blank = true;
  let last: Leaf | undefined;
  const edge = (): void => {
    if (last?.text !== undefined) {
      last.text = last.text.replace(/ $/, "");
    }
    last = undefined;
  };
  for (const leaf of leaves) {
    if (leaf.text === undefined) {
      if (leaf.piece.type === "hardBreak") {
        edge();
        blank = true;
      } else if (leaf.piece.attrs?.["tag"] !== "!") {
        blank = false;
        last = undefined;
      }
      continue;
    }
    let text = leaf.text.replace(/[ \t\r\n\f]+/g, " ");
    if (blank) {
      text = text.replace(/^ /, "");
    }
    leaf.text = text;
    if (text !== "") {
      blank = text.endsWith(" ");
      last = leaf;
    }
  }
  edge();
  const out: Piece[] = [];
  for (const leaf of leaves) {
    if (leaf.text === undefined) {
      out.push(leaf.piece);
    } else if (leaf.text !== "") {
      out.push({ ...leaf.piece, text: leaf.text });
    }
  }
  return out;
}

/** Writes a document; parts that know their source are written as that. */
export function writeText(doc: Piece): string {
  return new Writing().document(doc);
}

/** Elements whose text needs no paragraph. */
const terse = new Set(["li", "td", "dt", "dd", "summary", "figcaption"]);

function isLoose(piece: Piece | undefined): boolean {
  return piece?.type === "paragraph" && piece.attrs?.["tag"] !== "p";
}

class Writing {
  private readonly ids = new Set<string>();

  document(doc: Piece): string {
    const content = doc.content ?? [];
    const [only] = content;
    if (content.length === 1 && isLoose(only) && !only?.content?.length && Object.keys(htmlOf(only ?? { type: "" })).length === 0) {
      return blank(doc.attrs?.["tail"]); // nothing
    }
    return this.blocks(content) + blank(doc.attrs?.["tail"]);
  }

  private blocks(list: Piece[], within = ""): string {
    let out = "";
    for (const [i, piece] of list.entries()) {
      out += leadOf(piece, i > 0 || !(within === "" || terse.has(within))) + (isLoose(piece) ? this.loose(piece, isLoose(list[i - 1]) || isLoose(list[i + 1]), within) : this.block(piece));
    }
    return out;
  }

  /** Text that came without an element of its own, or is new. Two such beside each other would become one, so they get theirs. */
  private loose(piece: Piece, beside: boolean, within: string): string {
    const kept = piece.attrs?.["tag"] === "bare" || terse.has(within);
    if (beside || !kept || Object.keys(htmlOf(piece)).length > 0) {
      return this.element("p", piece, this.line(piece));
    }
    return piece.source ?? this.line(piece);
  }

  private block(piece: Piece): string {
    if (piece.source !== undefined) {
      return piece.source;
    }
    const attrs = piece.attrs ?? {};
    switch (piece.type) {
      case "paragraph":
        return this.element("p", piece, this.line(piece));
      case "heading":
        return this.element(`h${attrs["level"]}`, piece, this.line(piece));
      case "horizontalRule":
        return `<hr${this.attributes(htmlOf(piece))} />`;
      case "codeBlock":
        return this.pre(piece);
      case "island":
        return String(attrs["source"]);
      case "bulletList":
      case "orderedList":
        return this.element(piece.type === "bulletList" ? "ul" : "ol", piece, (piece.content ?? []).map((item) => leadOf(item, true) + this.block(item)).join("") + blank(attrs["tail"]));
      case "listItem":
        return this.element("li", piece, this.blocks(piece.content ?? [], "li") + blank(attrs["tail"]));
      case "table":
        return this.table(piece);
      case "tableRow":
        return this.element("tr", piece, (piece.content ?? []).map((cell) => leadOf(cell, true) + this.block(cell)).join("") + blank(attrs["tail"]));
      case "tableCell":
      case "tableHeader":
        return this.cell(piece);
      default: {
        const tag = piece.type === "blockquote" ? "blockquote" : String(attrs["tag"] ?? "div");
        return this.element(tag, piece, this.blocks(piece.content ?? [], tag) + blank(attrs["tail"]));
      }
    }
  }

  private element(tag: string, piece: Piece, inside: string): string {
    return `<${tag}${this.attributes(htmlOf(piece))}>${inside}</${tag}>`;
  }

  private attributes(html: Attributes): string {
    let out = "";
    for (const [name, value] of Object.entries(html)) {
      if (name === "id") {
        if (this.ids.has(value)) {
          continue; // of a part that was split or copied
        }
        this.ids.add(value);
      }
      out += ` ${name}="${escapeValue(value)}"`;
    }
    return out;
  }

  private pre(piece: Piece): string {
    const code = piece.attrs?.["code"] as Attributes | null;
    const line = this.line(piece, true);
    const inside = code ? `<code${this.attributes(code)}>${line}</code>` : line.startsWith("\n") ? `\n${line}` : line;
    return this.element("pre", piece, inside);
  }

  private table(piece: Piece): string {
    let out = String(piece.attrs?.["head"] ?? "");
    let last: Record<string, unknown> | null = null;
    const close = (): void => {
      if (last) {
        out += `${blank(last["tail"])}</${String(last["tag"])}>`;
      }
    };
    const rows = piece.content ?? [];
    for (const row of rows) {
      const section = sectionOf(row, last, rows);
      if (section?.["group"] !== last?.["group"]) {
        close();
        if (section) {
          out += `${blank(section["lead"])}<${String(section["tag"])}${this.attributes((section["html"] ?? {}) as Attributes)}>`;
        }
        last = section;
      }
      out += leadOf(row, true) + this.block(row);
    }
    close();
    return this.element("table", piece, out + blank(piece.attrs?.["tail"]));
  }

  private cell(piece: Piece): string {
    const { colspan, rowspan, spans, tail } = piece.attrs ?? {};
    const html = { ...htmlOf(piece) };
    const written = (spans ?? []) as string[];
    for (const [name, n] of [["colspan", colspan], ["rowspan", rowspan]] as [string, number][]) {
      if (n > 1 || written.includes(name)) {
        html[name] = String(n);
      }
    }
    return this.element(piece.type === "tableCell" ? "td" : "th", { ...piece, attrs: { html } }, this.blocks(piece.content ?? [], "td") + blank(tail));
  }

  /** The text of a line: marks open and close as they nested. */
  private line(piece: Piece, pre = false): string {
    let out = "";
    let open: Mark[] = [];
    const close = (to: number): void => {
      for (const mark of open.slice(to).reverse()) {
        out += `</${String(mark.attrs["tag"])}>`;
      }
      open = open.slice(0, to);
    };
    const content = piece.content ?? [];
    for (const [i, leaf] of content.entries()) {
      const marks = ordered(leaf.marks ?? []);
      let same = 0;
      while (same < open.length && same < marks.length && equal(open[same], marks[same])) {
        same++;
      }
      close(same);
      for (const mark of marks.slice(same)) {
        out += `<${String(mark.attrs["tag"])}${this.attributes((mark.attrs["html"] ?? {}) as Attributes)}>`;
        open.push(mark);
      }
      out += leaf.type === "text" ? this.words(leaf.text ?? "", pre, i === 0 || content[i - 1]?.type === "hardBreak", i === content.length - 1) : this.leaf(leaf);
    }
    close(0);
    return out;
  }

  private leaf(leaf: Piece): string {
    const attrs = leaf.attrs ?? {};
    switch (leaf.type) {
      case "hardBreak":
        return `<br${this.attributes(htmlOf(leaf))} />`;
      case "image":
        return `<img${this.attributes(htmlOf(leaf))} />`;
      case "math": {
        const [before, after] = mathForms[String(attrs["form"])] ?? ["\\(", "\\)"];
        return escapeText(before + String(attrs["tex"]) + after);
      }
      default:
        return String(attrs["source"] ?? "");
    }
  }

  /** Text; blanks that browsers would fold are such that they do not. */
  private words(text: string, pre: boolean, first: boolean, last: boolean): string {
    if (pre) {
      return escapeText(text);
    }
    let shown = text.replace(/\n/g, " ").replace(/ {2,}/g, (run) => " " + "\u00a0".repeat(run.length - 1));
    if (first) {
      shown = shown.replace(/^ /, "\u00a0");
    }
    if (last) {
      shown = shown.replace(/ $/, "\u00a0");
    }
    return escapeText(shown);
  }
}

/** The part of a table a row stands in. A new row joins the one before it. */
function sectionOf(row: Piece, last: Record<string, unknown> | null, all: Piece[]): Record<string, unknown> | null {
  const own = row.attrs?.["section"];
  if (own !== "" && own !== undefined) {
    return own as Record<string, unknown> | null;
  }
  return last ?? ((all.find((r) => typeof r.attrs?.["section"] === "object")?.attrs?.["section"] ?? null) as Record<string, unknown> | null);
}

function htmlOf(piece: Piece): Attributes {
  return (piece.attrs?.["html"] ?? {}) as Attributes;
}

/** The blanks before a block; a new one begins a line, where one may stand. */
function leadOf(piece: Piece, line: boolean): string {
  const lead = piece.attrs?.["lead"];
  return typeof lead === "string" ? lead : line ? "\n" : "";
}

function blank(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Marks from the outermost in. New ones, which know no depth, go inside links and around the rest. */
function ordered(marks: Mark[]): Mark[] {
  const depth = (m: Mark): number => (typeof m.attrs["depth"] === "number" ? m.attrs["depth"] : m.type === "link" ? -1 : 50);
  return marks.map((m, i) => ({ m, i })).sort((a, b) => depth(a.m) - depth(b.m) || a.i - b.i).map(({ m }) => m);
}

function equal(a: Mark | undefined, b: Mark | undefined): boolean {
  return a !== undefined && b !== undefined && a.type === b.type && JSON.stringify(a.attrs) === JSON.stringify(b.attrs);
}

/** The document of a text that was never written: one empty paragraph. */
export function emptyDocument(): Piece {
  return { type: "doc", attrs: { tail: "" }, content: [{ type: "paragraph", attrs: { tag: "", html: {}, lead: "" } }] };
}
