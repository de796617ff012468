// Makes a text fit for the rich text editor, which loses what that cannot show. Only done when an author asks for it.

import { activeAttribute, blockTags, quiet } from "./html-editor-source";

const gone = "script, style, link, meta, base, title, iframe, frame, frameset, object, embed, applet, noscript, template";
const spans = "a, abbr, acronym, b, bdi, bdo, big, cite, code, del, dfn, em, font, i, ins, kbd, label, mark, q, s, samp, small, span, strike, strong, sub, sup, tt, u, var";

/** The text, read as browsers read it, without what the editor refuses. */
export function convert(text: string): string {
  const made = document.createElement("template");
  made.innerHTML = quiet(text); // nothing runs or loads in a template
  const body = made.content.ownerDocument.createElement("div");
  made.content.append(body);
  body.append(...[...made.content.childNodes].filter((n) => n !== body));
  for (const e of body.querySelectorAll(gone)) {
    e.remove();
  }
  for (const e of body.querySelectorAll("*")) {
    for (const { name, value } of [...e.attributes]) {
      if (activeAttribute(name, value) || name.startsWith("x-on") || !/^[a-z][\w:.-]*$/i.test(name)) {
        e.removeAttribute(name);
      }
    }
  }
  unwrapBlocks(body);
  for (const list of body.querySelectorAll("ul, ol")) {
    mendList(list);
  }
  for (const table of body.querySelectorAll("table")) {
    mendTable(table);
  }
  return body.innerHTML;
}

/** Elements of a line that hold blocks, and headings and paragraphs that do, are opened up. */
function unwrapBlocks(body: HTMLElement): void {
  const holds = `:is(${spans}, p, h1, h2, h3, h4, h5, h6, pre):has(${[...blockTags].join(", ")})`;
  for (let e = body.querySelector(holds); e; e = body.querySelector(holds)) {
    e.replaceWith(...e.childNodes);
  }
  const within = `:is(h1, h2, h3, h4, h5, h6) :is(h1, h2, h3, h4, h5, h6)`;
  for (const e of body.querySelectorAll(within)) {
    e.replaceWith(...e.childNodes);
  }
  for (const li of body.querySelectorAll("li")) {
    if (!li.parentElement?.matches("ul, ol")) {
      li.replaceWith(...li.childNodes);
    }
  }
}

function mendList(list: Element): void {
  for (const node of [...list.childNodes]) {
    if (node instanceof Element && node.matches("li, ul, ol")) {
      continue;
    }
    if (node.nodeType === Node.TEXT_NODE && node.textContent?.trim() === "") {
      continue;
    }
    if (node.nodeType === Node.COMMENT_NODE) {
      node.remove();
      continue;
    }
    const item = document.createElement("li");
    node.replaceWith(item);
    item.append(node);
  }
  if (list.children.length === 0) {
    list.remove();
  }
}

/** Every row gets as many cells as the longest; cells reach no farther than their table. */
function mendTable(table: HTMLTableElement): void {
  for (const part of [...table.querySelectorAll("thead, tbody, tfoot")]) {
    if (part.children.length === 0) {
      part.remove();
    }
  }
  for (const row of [...table.rows]) {
    if (row.cells.length === 0) {
      row.remove();
    }
  }
  const rows = [...table.rows];
  if (rows.length === 0) {
    table.remove();
    return;
  }
  const taken: boolean[][] = rows.map(() => []);
  for (const [y, row] of rows.entries()) {
    let x = 0;
    for (const cell of row.cells) {
      while (taken[y]?.[x]) {
        x++;
      }
      let wide = Math.max(1, Math.min(cell.colSpan, 1000));
      const tall = Math.max(1, Math.min(cell.rowSpan || rows.length, rows.length - y));
      for (let dx = 1; dx < wide; dx++) {
        if (taken[y]?.[x + dx]) {
          wide = dx;
        }
      }
      cell.removeAttribute("colspan");
      cell.removeAttribute("rowspan");
      if (wide > 1) {
        cell.colSpan = wide;
      }
      if (tall > 1) {
        cell.rowSpan = tall;
      }
      for (let dy = 0; dy < tall; dy++) {
        for (let dx = 0; dx < wide; dx++) {
          const line = taken[y + dy];
          if (line) {
            line[x + dx] = true;
          }
        }
      }
      x += wide;
    }
  }
  const width = Math.max(...taken.map((line) => line.length));
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < width; x++) {
      if (!taken[y]?.[x]) {
        row.append(document.createElement("td"));
      }
    }
  }
}
