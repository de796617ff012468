// What a document of rich text is made of, for Tiptap. Every element keeps its attributes in "html"; how much of them shows while one writes
// is decided here, and nothing of them can reach beyond the text.

import { Extension, Mark, mergeAttributes, Node, type Attribute, type AnyExtension } from "@tiptap/core";

import { activeAttribute, decode, parseSource } from "./html-editor-source";
import { boxTags, markName, type Attributes } from "./html-editor-text";

/** Styles that show while one writes. */
const styles = [
  "text-align", "color", "background-color", "font-weight", "font-style", "font-size", "text-decoration", "vertical-align", "width", "height", "max-width",
  "margin-left", "margin-right", "padding-left", "list-style-type", "border", "float",
];

/** What shows of an element's attributes; all of them go along when it is copied. */
function look(html: Attributes): Attributes {
  const out: Attributes = {};
  if (Object.keys(html).length > 0) {
    out["data-html"] = JSON.stringify(html);
  }
  for (const name of ["dir", "lang", "align"]) {
    if (html[name] !== undefined) {
      out[name] = html[name];
    }
  }
  if (html["style"] !== undefined) {
    const all = document.createElement("p").style;
    all.cssText = html["style"];
    const shown = styles.filter((s) => all.getPropertyValue(s) !== "" && !/url|expression/i.test(all.getPropertyValue(s)));
    if (shown.length > 0) {
      out["style"] = shown.map((s) => `${s}: ${all.getPropertyValue(s)}`).join("; ");
    }
  }
  return out;
}

const taken: Record<string, string[]> = { A: ["href", "title", "target"], IMG: ["src", "alt", "width", "height", "title"], OL: ["start", "type"] };

/** The attributes of an element that is pasted: those it brings from an editor of ours, else the few that mean something. */
function readHtml(element: HTMLElement): Attributes {
  let found: Attributes = {};
  const kept = element.getAttribute("data-html");
  if (kept !== null) {
    try {
      found = Object.fromEntries(Object.entries(JSON.parse(kept) as Attributes).filter(([, v]) => typeof v === "string"));
    } catch {
      // not ours
    }
  } else {
    for (const name of taken[element.tagName] ?? []) {
      const value = element.getAttribute(name);
      if (value !== null) {
        found[name] = value;
      }
    }
    if (element.style.textAlign === "center" || element.style.textAlign === "right" || element.style.textAlign === "end") {
      found["style"] = `text-align: ${element.style.textAlign};`;
    }
  }
  return Object.fromEntries(Object.entries(found).filter(([name, value]) => /^[a-z][\w:.-]*$/.test(name) && !activeAttribute(name, value)));
}

const html: Attribute = { default: {}, parseHTML: readHtml, renderHTML: (attrs) => look((attrs["html"] ?? {}) as Attributes) } as Attribute;
const hidden = (value: unknown, keepOnSplit = false): Attribute => ({ default: value, parseHTML: () => value, rendered: false, keepOnSplit }) as Attribute;
const lead = hidden(null); // new blocks begin a line
const tail = hidden("");

interface NodeShape {
  [key: string]: unknown;
}

/** A block that is drawn as one element. */
function block(name: string, draw: (attrs: Record<string, unknown>) => string, parse: string[], shape: NodeShape, own: Record<string, Attribute> = {}): AnyExtension {
  return Node.create({
    name,
    group: "block",
    ...shape,
    addAttributes: () => ({ html, lead, ...own }),
    parseHTML: () => parse.map((tag) => ({ tag })),
    renderHTML: ({ node, HTMLAttributes }) => (shape["atom"] ? [draw(node.attrs), HTMLAttributes] : [draw(node.attrs), HTMLAttributes, 0]),
  } as Parameters<typeof Node.create>[0]);
}

const doc = Node.create({ name: "doc", topNode: true, content: "block+", addAttributes: () => ({ tail }) });
const text = Node.create({ name: "text", group: "inline" });

const heading = Node.create({
  name: "heading",
  group: "block",
  content: "inline*",
  defining: true,
  addAttributes: () => ({ html, lead, level: { default: 2, rendered: false, parseHTML: (e: HTMLElement) => Number(e.tagName[1]) } }),
  parseHTML: () => [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}` })),
  renderHTML: ({ node, HTMLAttributes }) => [`h${node.attrs["level"]}`, HTMLAttributes, 0],
});

const codeBlock = Node.create({
  name: "codeBlock",
  group: "block",
  content: "inline*",
  defining: true,
  code: true,
  whitespace: "pre",
  addAttributes: () => ({ html, lead, code: hidden(null, true) }),
  parseHTML: () => [{ tag: "pre", preserveWhitespace: "full" }],
  renderHTML: ({ HTMLAttributes }) => ["pre", HTMLAttributes, 0],
});

const box = Node.create({
  name: "box",
  group: "block",
  content: "block+",
  addAttributes: () => ({ html, lead, tail, tag: { default: "div", parseHTML: (e: HTMLElement) => e.dataset["box"] ?? "div", renderHTML: (a) => ({ "data-box": String(a["tag"]) }) } }),
  parseHTML: () => [{ tag: "div[data-box]", getAttrs: (e) => (boxTags.has(e.dataset["box"] ?? "") ? null : false) }],
  renderHTML: ({ HTMLAttributes }) => ["div", mergeAttributes({ class: "rich__box" }, HTMLAttributes), 0],
});

const listAttributes = { tail: hidden("\n") };

function attribute(name: string): Attribute {
  return { default: "", parseHTML: (e: HTMLElement) => e.getAttribute(`data-${name}`) ?? "", renderHTML: (a: Record<string, unknown>) => ({ [`data-${name}`]: String(a[name]) }) } as Attribute;
}

/** Whether a text is one part that may stand in the editor: what is pasted says so of itself. */
function isPart(source: string): boolean {
  try {
    return parseSource(source, decode).length === 1;
  } catch {
    return false;
  }
}

/** A part kept verbatim; draw makes what stands for it. */
function kept(name: string, inline: boolean): AnyExtension {
  return Node.create({
    name,
    group: inline ? "inline" : "block",
    inline,
    atom: true,
    selectable: true,
    addAttributes: () => ({ ...(inline ? {} : { lead }), source: attribute("source"), tag: attribute("tag") }),
    parseHTML: () => [{ tag: `[data-kept=${name}]`, getAttrs: (e: HTMLElement) => (isPart(e.dataset["source"] ?? "") ? null : false) }],
    renderHTML: ({ HTMLAttributes }) => [inline ? "span" : "div", mergeAttributes({ "data-kept": name }, HTMLAttributes)],
  });
}

const math = Node.create({
  name: "math",
  group: "inline",
  inline: true,
  atom: true,
  selectable: true,
  addAttributes: () => ({ tex: attribute("tex"), form: attribute("form") }),
  parseHTML: () => [{ tag: "span[data-tex]" }],
  renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes],
});

const image = Node.create({
  name: "image",
  group: "inline",
  inline: true,
  draggable: true,
  addAttributes: () => ({ html }),
  parseHTML: () => [{ tag: "img[src]" }],
  renderHTML: ({ node, HTMLAttributes }) => ["img", mergeAttributes(HTMLAttributes, { alt: (node.attrs["html"] as Attributes)["alt"] ?? "", src: (node.attrs["html"] as Attributes)["src"] ?? "" })],
});

const hardBreak = Node.create({
  name: "hardBreak",
  group: "inline",
  inline: true,
  selectable: false,
  linebreakReplacement: true,
  addAttributes: () => ({ html }),
  parseHTML: () => [{ tag: "br" }],
  renderHTML: () => ["br"],
  renderText: () => "\n",
} as Parameters<typeof Node.create>[0]);

// Tables, as prosemirror-tables knows them.

const cellAttributes = {
  html,
  lead,
  tail,
  spans: hidden([]),
  colwidth: hidden(null),
  colspan: { default: 1, parseHTML: (e: HTMLElement) => Math.max(1, (e as HTMLTableCellElement).colSpan || 1), renderHTML: (a: Record<string, unknown>) => (a["colspan"] === 1 ? {} : { colspan: a["colspan"] }) } as Attribute,
  rowspan: { default: 1, parseHTML: (e: HTMLElement) => Math.max(1, (e as HTMLTableCellElement).rowSpan || 1), renderHTML: (a: Record<string, unknown>) => (a["rowspan"] === 1 ? {} : { rowspan: a["rowspan"] }) } as Attribute,
};

function cell(name: string, tag: string): AnyExtension {
  return Node.create({
    name,
    content: "block+",
    isolating: true,
    addAttributes: () => cellAttributes,
    parseHTML: () => [{ tag }],
    renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0],
  });
}

const table = Node.create({
  name: "table",
  group: "block",
  content: "tableRow+",
  isolating: true,
  addAttributes: () => ({ html, lead, tail: listAttributes.tail, head: attribute("head") }),
  parseHTML: () => [{ tag: "table" }],
  renderHTML: ({ node, HTMLAttributes }) => {
    const caption = captionOf(String(node.attrs["head"]));
    return ["div", { class: "rich__table" }, ["table", HTMLAttributes, ...(caption ? [["caption", { contenteditable: "false" }, caption]] : []), ["tbody", 0]]] as never;
  },
});

/** The words of a table's caption. */
export function captionOf(head: string): string {
  return new DOMParser().parseFromString(`<table>${head}</table>`, "text/html").querySelector("caption")?.textContent?.trim() ?? "";
}

const roles: Record<string, string> = { table: "table", tableRow: "row", tableCell: "cell", tableHeader: "header_cell" };
const tableRoles = Extension.create({
  name: "tableRoles",
  extendNodeSchema: (extension) => (roles[extension.name] ? { tableRole: roles[extension.name] } : {}),
});

/** A mark, drawn as the element it was. */
function mark(name: string, tags: string[], fresh: string, shape: NodeShape = {}): AnyExtension {
  const kind = (e: HTMLElement): string => e.tagName.toLowerCase();
  return Mark.create({
    name,
    ...shape,
    addAttributes: () => ({
      html,
      tag: { default: fresh, parseHTML: kind, rendered: false },
      depth: { default: null, parseHTML: () => null, rendered: false },
      n: { default: 0, parseHTML: () => 0, rendered: false },
    }),
    parseHTML: () => tags.map((tag) => ({ tag, getAttrs: (e: HTMLElement) => (markName(kind(e), readHtml(e)) === name ? null : false) })),
    renderHTML: ({ mark: m, HTMLAttributes }) => {
      const tag = String(m.attrs["tag"]);
      const found = (m.attrs["html"] ?? {}) as Attributes;
      return [tag === "label" ? "span" : tag, name === "link" ? mergeAttributes(HTMLAttributes, { href: found["href"] ?? "" }) : HTMLAttributes, 0];
    },
  } as Parameters<typeof Mark.create>[0]);
}

const loose = ["abbr", "acronym", "bdi", "bdo", "big", "cite", "dfn", "font", "ins", "kbd", "mark", "q", "samp", "small", "span[data-html]", "tt", "var"];

/** All of it. What a new line is stands first. */
export const schema: AnyExtension[] = [
  doc,
  block("paragraph", () => "p", ["p"], { content: "inline*", priority: 1000 }, { tag: hidden("") }),
  text,
  heading,
  codeBlock,
  block("blockquote", () => "blockquote", ["blockquote"], { content: "block+", defining: true }, { tail: listAttributes.tail }),
  block("bulletList", () => "ul", ["ul"], { content: "(listItem | bulletList | orderedList)+" }, listAttributes),
  block("orderedList", () => "ol", ["ol"], { content: "(listItem | bulletList | orderedList)+" }, listAttributes),
  block("listItem", () => "li", ["li"], { content: "block+", defining: true, group: "" }, { tail }),
  block("horizontalRule", () => "hr", ["hr"], { atom: true }),
  box,
  kept("island", false),
  kept("islet", true),
  math,
  image,
  hardBreak,
  table,
  Node.create({ name: "tableRow", content: "(tableCell | tableHeader)+", addAttributes: () => ({ html, lead, tail: listAttributes.tail, section: hidden("", true) }), parseHTML: () => [{ tag: "tr" }], renderHTML: ({ HTMLAttributes }) => ["tr", HTMLAttributes, 0] }),
  cell("tableCell", "td"),
  cell("tableHeader", "th"),
  tableRoles,
  mark("link", ["a[href]"], "a", { inclusive: false }),
  mark("bold", ["strong", "b"], "strong"),
  mark("italic", ["em", "i"], "em"),
  mark("underline", ["u"], "u"),
  mark("strike", ["s", "strike", "del"], "s"),
  mark("sub", ["sub"], "sub"),
  mark("sup", ["sup"], "sup"),
  mark("code", ["code"], "code", { code: true }),
  mark("span", loose, "span", { excludes: "" }),
];
