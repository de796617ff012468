// A field for code: numbered lines, and a tab key that writes blanks without holding anybody: it does so only after something was typed, and
// Escape gives it back to the keyboard's own use.

import type { Widget } from "./index";

/** Makes a field for code of a text area. */
export function enhanceCode(box: HTMLElement): Widget {
  const field = box.querySelector("textarea");
  if (!field) {
    return {};
  }
  const width = Number(box.dataset["tab"]) || 4;
  let typing = false;
  field.addEventListener("input", () => {
    typing = true;
  });
  field.addEventListener("blur", () => {
    typing = false;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      typing = false;
    } else if (event.key === "Tab" && typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      indent(field, width, event.shiftKey);
    } else if (event.key === "Enter" && !event.isComposing && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      const before = field.value.slice(0, field.selectionStart);
      const blanks = /(?:^|\n)([ \t]*)[^\n]*$/.exec(before)?.[1] ?? "";
      if (blanks !== "") {
        event.preventDefault();
        insert(field, `\n${blanks}`);
      }
    }
  });
  if (!box.hasAttribute("data-lines")) {
    return {};
  }
  const numbers = numberLines(box, field);
  return { sync: numbers };
}

/** Shows the numbers of the lines beside them. */
function numberLines(box: HTMLElement, field: HTMLTextAreaElement): () => void {
  const gutter = document.createElement("div");
  gutter.className = "code__lines";
  gutter.setAttribute("aria-hidden", "true");
  const column = document.createElement("div");
  gutter.append(column);
  box.prepend(gutter);
  box.classList.add("has-lines");
  let shown = 0;
  const scroll = (): void => {
    column.style.translate = `0 ${-field.scrollTop}px`;
  };
  const draw = (): void => {
    const count = field.value.split("\n").length;
    if (count !== shown) {
      shown = count;
      column.textContent = Array.from({ length: Math.min(count, 10_000) }, (_, i) => i + 1).join("\n");
    }
    scroll();
  };
  field.addEventListener("input", draw);
  field.addEventListener("scroll", scroll, { passive: true });
  draw();
  return draw;
}

/** Moves the chosen lines in or out; without a choice blanks are written up to the next stop. */
function indent(field: HTMLTextAreaElement, width: number, out: boolean): void {
  const { value, selectionStart: from, selectionEnd: to } = field;
  const start = value.lastIndexOf("\n", from - 1) + 1;
  if (!out && from === to) {
    insert(field, " ".repeat(width - ((from - start) % width)));
    return;
  }
  const lines = value.slice(start, to).split("\n");
  const moved = lines.map((line) => (out ? line.replace(new RegExp(`^(\t| {1,${width}})`), "") : line && " ".repeat(width) + line));
  field.setSelectionRange(start, to);
  insert(field, moved.join("\n"));
  field.setSelectionRange(start, start + moved.join("\n").length);
}

/** Writes over what is chosen, so that it can be undone. */
function insert(field: HTMLTextAreaElement, text: string): void {
  // The one way to write that browsers can undo, old as it is.
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
