// HTML as an author wrote it, read into a tree that knows where each part stands. Only what every browser reads the same way is accepted:
// elements closed where they were opened, nothing active. Everything else is refused with a reason, and stays with the source editor.

/** Why a text cannot be shown as rich text; the words for each come with the tools. */
export type Reason = "active" | "frame" | "broken" | "document" | "mixed" | "list" | "table" | "deep" | "large" | "other";

/** A refusal: why, and what stands there. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(
    readonly reason: Reason,
    readonly what: string,
  ) {
    super(`${reason}: ${what}`);
  }
}

export interface Span {
  from: number; // in the text, counted in its characters
  to: number;
}
export interface TextPart extends Span {
  kind: "text";
  text: string; // with entities read
}
export interface CommentPart extends Span {
  kind: "comment";
}
export interface ElementPart extends Span {
  kind: "element";
  tag: string; // in lower case
  attrs: Record<string, string>;
  parts: Part[];
}
export type Part = TextPart | CommentPart | ElementPart;

/** Reads one character reference as browsers do; in an attribute's value a sign of equality behind it belongs to it. */
export type Decode = (reference: string, attribute: boolean) => string;

const voids = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]);
const rawText = new Set(["textarea", "title", "xmp", "noembed", "noframes", "noscript", "plaintext"]);
const active = new Set(["script", "style", "link", "base", "meta", "frameset"]);
const frames = new Set(["iframe", "frame", "object", "embed", "applet"]);
const deepest = 120;

/** Elements that stand as blocks, and end a paragraph that is open. */
export const blockTags = new Set([
  "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
  "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "li", "main", "menu", "nav", "ol", "p", "pre", "search", "section",
  "summary", "table", "ul",
]);

/** Reads a text; throws a Refusal. */
export function parseSource(text: string, decode: Decode): Part[] {
  return new Reader(text, decode).read();
}

/** HTML whose handlers have other names: browsers report handlers as breaches of the page's policy even where they cannot run. */
export function quiet(html: string): string {
  return html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s/"'])on(\w+\s*=)/gi, "$1x-on$2"));
}

/** Whether an attribute may run something. */
export function activeAttribute(name: string, value: string): boolean {
  const address = value.replace(/[\u0000-\u0020]/g, "").toLowerCase();
  return /^on./.test(name) || name === "srcdoc" || address.startsWith("javascript:") || address.startsWith("vbscript:") || /^data:text\/html/.test(address);
}

class Reader {
  private at = 0;
  private readonly root: Part[] = [];
  private readonly open: ElementPart[] = [];

  constructor(
    private readonly text: string,
    private readonly decode: Decode,
  ) {}

  read(): Part[] {
    const { text } = this;
    while (this.at < text.length) {
      const next = text[this.at] === "<" ? text[this.at + 1] : undefined;
      if (next !== undefined && /[a-z]/i.test(next)) {
        this.start();
      } else if (next === "/") {
        this.end();
      } else if (next === "!" || next === "?") {
        this.comment();
      } else {
        this.words();
      }
    }
    const left = this.open.at(-1);
    if (left) {
      throw new Refusal("broken", `<${left.tag}>`);
    }
    return this.root;
  }

  private add(part: Part): void {
    (this.open.at(-1)?.parts ?? this.root).push(part);
  }

  /** Text up to the next tag. */
  private words(): void {
    const from = this.at;
    do {
      const next = this.text.indexOf("<", this.at + 1);
      this.at = next < 0 ? this.text.length : next;
    } while (this.at < this.text.length && !/[a-z/!?]/i.test(this.text[this.at + 1] ?? " "));
    let raw = this.text.slice(from, this.at);
    const last = this.open.at(-1);
    if (last?.tag === "pre" && last.parts.length === 0 && raw.startsWith("\n")) {
      raw = raw.slice(1); // browsers drop it
    }
    this.add({ kind: "text", text: this.decoded(raw, false), from, to: this.at });
  }

  private decoded(raw: string, attribute: boolean): string {
    if (!raw.includes("&")) {
      return raw;
    }
    return raw.replace(attribute ? /&[#\w]+;?=?/g : /&[#\w]+;?/g, (reference) => this.decode(reference, attribute));
  }

  private comment(): void {
    const from = this.at;
    const rest = this.text.slice(from, from + 9).toLowerCase();
    if (!rest.startsWith("<!--") || /^<!-->|^<!--->/.test(rest)) {
      throw new Refusal(rest.startsWith("<!doctype") ? "document" : "broken", rest);
    }
    const end = this.text.indexOf("-->", from + 4);
    if (end < 0 || this.text.slice(from, end).includes("--!>")) {
      throw new Refusal("broken", "<!--");
    }
    this.at = end + 3;
    this.add({ kind: "comment", from, to: this.at });
  }

  private start(): void {
    const from = this.at;
    const name = /[^\s/>]+/y;
    name.lastIndex = from + 1;
    const tag = (name.exec(this.text)?.[0] ?? "").toLowerCase();
    this.at = name.lastIndex;
    if (!/^[a-z][\w:.-]*$/.test(tag)) {
      throw new Refusal("broken", `<${tag.slice(0, 20)}`);
    }
    if (active.has(tag)) {
      throw new Refusal("active", `<${tag}>`);
    }
    if (frames.has(tag)) {
      throw new Refusal("frame", `<${tag}>`);
    }
    if (tag === "html" || tag === "head" || tag === "body" || tag === "plaintext") {
      throw new Refusal("document", `<${tag}>`);
    }
    const attrs: Record<string, string> = {};
    const closed = this.attributes(tag, attrs);
    const part: ElementPart = { kind: "element", tag, attrs, parts: [], from, to: this.at };
    this.fits(tag);
    this.add(part);
    const foreign = tag === "svg" || tag === "math" || this.open.some((e) => e.tag === "svg" || e.tag === "math");
    if (voids.has(tag) && !foreign) {
      return;
    }
    if (closed) {
      if (!foreign) {
        throw new Refusal("broken", `<${tag}/>`); // browsers leave it open
      }
      return;
    }
    if (rawText.has(tag) && !foreign) {
      this.raw(part);
      return;
    }
    this.open.push(part);
    if (this.open.length > deepest) {
      throw new Refusal("deep", `<${tag}>`);
    }
  }

  /** Browsers close some elements before others begin; what would be moved so is refused. */
  private fits(tag: string): void {
    const last = this.open.at(-1)?.tag ?? "";
    if (blockTags.has(tag) && this.open.some((e) => e.tag === "p")) {
      throw new Refusal("broken", `<p><${tag}>`);
    }
    if ((tag === "a" || tag === "button" || tag === "form" || tag === "nobr") && this.open.some((e) => e.tag === tag)) {
      throw new Refusal("broken", `<${tag}><${tag}>`);
    }
    const within = /^(tr|td|th|tbody|thead|tfoot|caption|col|colgroup)$/.test(tag);
    const table = /^(table|tr|tbody|thead|tfoot|colgroup)$/.test(last);
    if (within !== table || (tag === "li" && !/^(ul|ol|menu|dir)$/.test(last)) || (/^h[1-6]$/.test(tag) && /^h[1-6]$/.test(last))) {
      throw new Refusal(tag === "li" ? "list" : within || table ? "table" : "broken", `<${last}><${tag}>`);
    }
  }

  /** Reads attributes and the end of a tag; reports whether it ended in a slash. */
  private attributes(tag: string, into: Record<string, string>): boolean {
    const attribute = /\s*(?:(\/?>)|\/|([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+)))?)/y;
    for (;;) {
      attribute.lastIndex = this.at;
      const m = attribute.exec(this.text);
      if (!m) {
        throw new Refusal("broken", `<${tag}`);
      }
      this.at = attribute.lastIndex;
      if (m[1] !== undefined) {
        return m[1] === "/>";
      }
      if (m[2] === undefined) {
        continue; // a slash on its own
      }
      const name = m[2].toLowerCase();
      const raw = m[3] ?? m[4] ?? m[5] ?? "";
      if (m[5]?.endsWith("/")) {
        throw new Refusal("broken", `<${tag} ${name}=`); // is the slash of the value, or of the tag?
      }
      const value = this.decoded(raw, true);
      if (Object.hasOwn(into, name) || name === "__proto__") {
        throw new Refusal("broken", `<${tag} ${name} ${name}>`);
      }
      if (activeAttribute(name, value)) {
        throw new Refusal("active", name);
      }
      into[name] = value;
    }
  }

  private raw(part: ElementPart): void {
    const end = new RegExp(`</${part.tag}\\s*>`, "gi");
    end.lastIndex = this.at;
    const found = end.exec(this.text);
    if (!found) {
      throw new Refusal("broken", `<${part.tag}>`);
    }
    if (found.index > this.at) {
      part.parts.push({ kind: "text", text: this.text.slice(this.at, found.index), from: this.at, to: found.index });
    }
    this.at = part.to = end.lastIndex;
  }

  private end(): void {
    const tag = /<\/([a-z][\w:.-]*)\s*>/iy;
    tag.lastIndex = this.at;
    const name = tag.exec(this.text)?.[1]?.toLowerCase();
    const last = this.open.pop();
    if (!last || name !== last.tag) {
      throw new Refusal("broken", name === undefined ? "</" : `</${name}>`);
    }
    this.at = last.to = tag.lastIndex;
  }
}

const references = new Map<string, string>();

/** Character references as this browser reads them. */
export const decode: Decode = (reference, attribute) => {
  const key = (attribute ? "=" : "") + reference;
  let found = references.get(key);
  if (found === undefined) {
    const made = document.createElement("template");
    made.innerHTML = attribute ? `<a title="${reference}"></a>` : `<a>${reference}</a>`;
    const a = made.content.firstElementChild;
    found = (attribute ? a?.getAttribute("title") : a?.textContent) ?? reference;
    references.set(key, found);
  }
  return found;
};

/** What a text shows, for comparing: blanks that browsers fold are folded, attributes are in order, references are read. */
export function shapeOf(parts: Part[]): string {
  const shape = new Shape();
  shape.add(parts, false);
  shape.edge();
  return shape.out.join("");
}

const edges = new Set([...blockTags, "caption", "col", "colgroup", "tbody", "thead", "tfoot", "tr", "td", "th", "br"]);

class Shape {
  readonly out: string[] = [];
  private blank = true; // a blank that came here would show nothing
  private last = -1; // the text before the edge that may follow

  add(parts: Part[], pre: boolean): void {
    for (const part of parts) {
      if (part.kind === "text") {
        this.text(escapeText(part.text), pre);
      } else if (part.kind === "comment") {
        this.out.push("<!>");
      } else {
        this.element(part, pre);
      }
    }
  }

  /** Drops the blank at the end of a line. */
  edge(): void {
    if (this.last >= 0) {
      this.out[this.last] = (this.out[this.last] ?? "").replace(/ $/, "");
    }
    this.blank = true;
    this.last = -1;
  }

  private text(text: string, pre: boolean): void {
    let shown = text;
    if (!pre) {
      shown = text.replace(/[ \t\r\n\f]+/g, " ");
      if (this.blank) {
        shown = shown.replace(/^ /, "");
      }
    }
    if (shown === "") {
      return;
    }
    this.last = pre ? -1 : this.out.length;
    this.blank = !pre && shown.endsWith(" ");
    this.out.push(shown);
  }

  private element(part: ElementPart, pre: boolean): void {
    const attrs = Object.keys(part.attrs)
      .sort()
      .map((name) => ` ${name}="${escapeValue(part.attrs[name] ?? "")}"`);
    const edge = edges.has(part.tag);
    if (edge) {
      this.edge();
    } else if (voids.has(part.tag)) {
      this.blank = false;
      this.last = -1;
    }
    this.out.push(`<${part.tag}${attrs.join("")}>`);
    this.add(part.parts, pre || part.tag === "pre");
    if (edge) {
      this.edge();
    }
    this.out.push(`</${part.tag}>`);
  }
}

export function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\u00a0/g, "&nbsp;");
}

export function escapeValue(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\u00a0/g, "&nbsp;");
}
