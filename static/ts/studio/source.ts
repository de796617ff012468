// An editor for source over a plain field, with what does not load told by its line while it is typed. The field keeps the text, so that
// whatever reads a form does so as ever.

import { redo, redoDepth, undo, undoDepth } from "@codemirror/commands";
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";

import { codeEditor } from "../course/inputs/editor";

/** Why a text does not load; line counts from 1, 0 where none applies. */
export interface Problem {
  line: number;
  detail: string;
}

export interface Source {
  view: EditorView;
  /** Shows what the field holds now. */
  sync(): void;
  /** Marks the lines of problems and lists them below. */
  show(problems: Problem[]): void;
}

export interface SourceOptions {
  /** Asks what does not load; without it nothing is checked. */
  check?: () => Promise<Problem[]>;
}

const setMarks = StateEffect.define<number[]>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(now, change) {
    let next = now.map(change.changes);
    for (const effect of change.effects) {
      if (effect.is(setMarks)) {
        const lines = [...new Set(effect.value)].filter((line) => line >= 1 && line <= change.state.doc.lines).sort((a, b) => a - b);
        next = Decoration.set(lines.map((line) => Decoration.line({ class: "cm-problem" }).range(change.state.doc.line(line).from)));
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Milliseconds after the last key before a text is checked. */
const pause = 500;

/** Makes the editor of a [data-source]. */
export function sourceEditor(root: HTMLElement, options: SourceOptions = {}): Source | undefined {
  const box = root.querySelector<HTMLElement>("[data-lines]");
  const list = root.querySelector<HTMLElement>("[data-problems]");
  const made = box ? codeEditor(box, [marks, EditorView.lineWrapping]) : undefined;
  const field = box?.querySelector("textarea");
  if (!box || !made || !field) {
    return undefined;
  }
  const { view } = made;
  const show = (problems: Problem[]): void => {
    view.dispatch({ effects: setMarks.of(problems.map((p) => p.line)) });
    if (list) {
      list.replaceChildren(...problems.map((p) => line(root, view, p)));
    }
  };
  tools(root, view, field);
  const { check } = options;
  if (check && root.hasAttribute("data-check")) {
    let timer = 0;
    let asked = 0;
    field.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        const mine = ++asked;
        check().then(
          (found) => {
            if (mine === asked) {
              show(found);
            }
          },
          () => undefined, // it is checked again when it is saved
        );
      }, pause);
    });
  }
  return { view, sync: made.sync, show };
}

function line(root: HTMLElement, view: EditorView, problem: Problem): HTMLElement {
  const row = document.createElement("p");
  row.className = "source__problem";
  if (problem.line > 0) {
    const go = document.createElement("button");
    go.type = "button";
    go.className = "source__line";
    go.textContent = (root.dataset["line"] ?? "%s").replace("%s", String(problem.line));
    go.addEventListener("click", () => {
      const at = view.state.doc.line(Math.min(problem.line, view.state.doc.lines)).from;
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    });
    row.append(go, " ");
  }
  row.append(problem.detail);
  return row;
}

/** Buttons for what keys do, too. */
function tools(root: HTMLElement, view: EditorView, field: HTMLTextAreaElement): void {
  const bar = root.querySelector<HTMLElement>("[data-source-tools]");
  const back = bar?.querySelector<HTMLButtonElement>("[data-undo]");
  const again = bar?.querySelector<HTMLButtonElement>("[data-redo]");
  if (!bar || !back || !again) {
    return;
  }
  bar.hidden = false;
  const update = (): void => {
    back.disabled = undoDepth(view.state) === 0;
    again.disabled = redoDepth(view.state) === 0;
  };
  back.addEventListener("click", () => {
    undo(view);
    view.focus();
  });
  again.addEventListener("click", () => {
    redo(view);
    view.focus();
  });
  field.addEventListener("input", update);
  update();
}
