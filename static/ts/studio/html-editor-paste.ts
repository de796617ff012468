// What comes from other programs: Word, Google Docs, web pages. What means something stays, what only looks goes.

import { quiet } from "./html-editor-source";

const drop = "script, style, link, meta, title, xml, o\\:p, noscript, iframe, object, embed, template, svg, input, button, select, textarea";

/** Cleans pasted HTML; what was copied from an editor of ours stays as it is. */
export function cleanPaste(html: string): string {
  if (html.includes("data-pm-slice")) {
    return html;
  }
  // Nothing runs or loads in a template, and what would is no breach of the page's policy.
  const made = document.createElement("template");
  made.innerHTML = quiet(html);
  const doc = made.content.ownerDocument;
  const body = doc.createElement("div");
  body.append(...made.content.childNodes);
  for (const e of body.querySelectorAll(drop)) {
    e.remove();
  }
  const comments = doc.createNodeIterator(body, NodeFilter.SHOW_COMMENT);
  for (let c = comments.nextNode(); c; c = comments.nextNode()) {
    (c as Comment).remove();
  }
  wordLists(body);
  for (const e of [...body.querySelectorAll<HTMLElement>("*")]) {
    mean(e);
  }
  for (const e of [...body.querySelectorAll<HTMLElement>("*")]) {
    strip(e);
  }
  for (const p of [...body.querySelectorAll("p, span, h1, h2, h3, h4, h5, h6")]) {
    if (p.textContent?.replace(/\u00a0/g, " ").trim() === "" && !p.querySelector("img, br")) {
      if (p.tagName === "SPAN") {
        p.replaceWith(...p.childNodes);
      } else {
        p.remove();
      }
    }
  }
  for (const br of body.querySelectorAll(":scope > br, p + br, ul + br, ol + br, .Apple-interchange-newline")) {
    br.remove();
  }
  return body.innerHTML;
}

/** Word writes lists as paragraphs with their signs as text. */
function wordLists(body: HTMLElement): void {
  let open: { list: HTMLElement; level: number }[] = [];
  for (const p of [...body.querySelectorAll<HTMLElement>("p, h1, h2, h3, h4, h5, h6")]) {
    const level = Number(/mso-list:[^;"]*level(\d+)/i.exec(p.getAttribute("style") ?? "")?.[1] ?? 0);
    if (level === 0) {
      open = [];
      continue;
    }
    const previous = p.previousElementSibling;
    if (open.length > 0 && previous !== open[0]?.list) {
      open = [];
    }
    const sign = p.querySelector<HTMLElement>('[style*="mso-list" i]');
    const numbered = /^[\s\u00a0(]*(\d+|[a-z]|[ivxl]+)[.)]/i.test(sign?.textContent ?? p.textContent ?? "");
    sign?.remove();
    open = open.filter((o) => o.level <= level);
    let at = open.at(-1);
    if (!at || at.level < level) {
      const list = p.ownerDocument.createElement(numbered ? "ol" : "ul");
      if (at) {
        (at.list.lastElementChild ?? at.list).append(list);
      } else {
        p.before(list);
      }
      at = { list, level };
      open.push(at);
    }
    const item = p.ownerDocument.createElement("li");
    item.append(...p.childNodes);
    at.list.append(item);
    p.remove();
  }
}

/** Makes elements of what is said by styles. */
function mean(e: HTMLElement): void {
  const { style } = e;
  if (/^(b|strong)$/i.test(e.tagName) && /^(normal|400)$/.test(style.fontWeight)) {
    e.replaceWith(...e.childNodes); // around everything Google Docs copies
    return;
  }
  const says: [boolean, string][] = [
    [/^(bold|bolder|[6-9]00)$/.test(style.fontWeight) && !e.closest("h1, h2, h3, h4, h5, h6, b, strong"), "strong"],
    [style.fontStyle === "italic" && !e.closest("i, em"), "em"],
    [/underline/.test(style.textDecoration) && !e.closest("a, u") && !e.querySelector("a"), "u"],
    [/line-through/.test(style.textDecoration) && !e.closest("s, del"), "s"],
    [style.verticalAlign === "super" && !e.closest("sup"), "sup"],
    [style.verticalAlign === "sub" && !e.closest("sub"), "sub"],
  ];
  if (e.tagName === "SPAN") {
    for (const [so, tag] of says) {
      if (so) {
        const inner = e.ownerDocument.createElement(tag);
        inner.append(...e.childNodes);
        e.append(inner);
      }
    }
  }
}

const kept = new Set(["href", "src", "alt", "title", "colspan", "rowspan", "start"]);

function strip(e: HTMLElement): void {
  const { textAlign } = e.style;
  for (const { name } of [...e.attributes]) {
    if (!kept.has(name)) {
      e.removeAttribute(name);
    }
  }
  if (textAlign === "center" || textAlign === "right") {
    e.style.textAlign = textAlign;
  }
  if (e.tagName === "IMG" && !/^(https?:|data:image\/|\/)/i.test(e.getAttribute("src") ?? "")) {
    e.remove(); // a file of somebody's computer
  } else if (e.tagName === "A" && !/^(https?:|mailto:|tel:|\/|#)/i.test(e.getAttribute("href") ?? "")) {
    e.replaceWith(...e.childNodes);
  } else if (/^(SPAN|FONT)$/.test(e.tagName) || e.tagName.includes(":")) {
    e.replaceWith(...e.childNodes);
  }
}

/** Pictures among what is pasted or dropped. */
export function picturesOf(data: DataTransfer | null): File[] {
  return [...(data?.files ?? [])].filter((f) => f.type.startsWith("image/"));
}
