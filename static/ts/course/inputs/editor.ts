// An editor for code over a plain field, which keeps the answer: what is written here stands there at once, so that whatever reads, keeps and
// fills fields does so as ever. The Tab key writes blanks only after something was typed, and Escape gives it back to the keyboard's own use.

import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentUnit, StreamLanguage, syntaxHighlighting, type StreamParser } from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import type { Widget } from "./index";

/** Languages by the words authors use for them; each is fetched when the first field wants it. What is not here is plain text. */
const languages: [words: RegExp, load: () => Promise<StreamParser<unknown>>][] = [
  [/python/, async () => (await import("@codemirror/legacy-modes/mode/python")).python],
  [/javascript|ecmascript|json|\bjs\b/, async () => (await import("@codemirror/legacy-modes/mode/javascript")).javascript],
  [/octave|matlab/, async () => (await import("@codemirror/legacy-modes/mode/octave")).octave],
  [/xml|html/, async () => (await import("@codemirror/legacy-modes/mode/xml")).xml],
  [/java/, async () => (await import("@codemirror/legacy-modes/mode/clike")).java],
  [/c\+\+|cpp/, async () => (await import("@codemirror/legacy-modes/mode/clike")).cpp],
  [/\bc\b|csrc|clike/, async () => (await import("@codemirror/legacy-modes/mode/clike")).c],
];

/** Colors of the site, which hold on light and on dark; none is the only sign of anything. */
const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.tagName, tags.modifier], color: "var(--primary)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string), tags.attributeValue], color: "var(--success)" },
  { tag: [tags.number, tags.bool, tags.atom, tags.null], color: "var(--accent)" },
  { tag: [tags.comment, tags.meta], color: "var(--text-muted)", fontStyle: "italic" },
  { tag: [tags.definition(tags.variableName), tags.standard(tags.variableName), tags.typeName, tags.attributeName], color: "var(--warning)" },
  { tag: tags.invalid, textDecoration: "underline wavy var(--error)" },
]);

const look = EditorView.theme({
  "&": {
    border: "1px solid var(--border-strong)",
    borderRadius: "var(--radius)",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    fontSize: "0.9375rem",
    maxHeight: "75vh",
    overflow: "hidden", // round corners
  },
  "&.cm-focused": { outline: "2px solid var(--focus)", borderColor: "var(--focus)" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: "0.55rem 0", caretColor: "var(--text)", minHeight: "calc(var(--rows) * 1.6em + 1.1rem)" },
  ".cm-line": { padding: "0 0.85rem" },
  ".cm-gutters": { border: "0", borderRight: "1px solid var(--border)", backgroundColor: "var(--surface-sunken)", color: "var(--text-muted)" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 0.6rem", minWidth: "3rem" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--primary-soft)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--error-soft)" },
});

/** Makes an editor of a field for code. */
export function enhanceEditor(box: HTMLElement): Widget {
  return codeEditor(box, []) ?? {};
}

/** Makes an editor of the field in a box, with further parts. */
export function codeEditor(box: HTMLElement, parts: Extension[]): { view: EditorView; sync(): void } | undefined {
  const field = box.querySelector("textarea");
  if (!field) {
    return undefined;
  }
  const width = Number(box.dataset["tab"]) || 4;
  const language = new Compartment();
  const open = new Compartment();
  const tab = new Tab(width);
  const had = document.activeElement === field;
  box.style.setProperty("--rows", String(Math.max(field.rows, 2)));
  box.classList.add("has-editor");
  const view = new EditorView({
    parent: box,
    state: EditorState.create({
      doc: field.value,
      selection: had ? { anchor: Math.min(field.selectionStart, field.value.length) } : { anchor: 0 },
      extensions: [
        EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? ""),
        box.hasAttribute("data-lines") ? lineNumbers() : [],
        history(),
        bracketMatching(),
        syntaxHighlighting(colors),
        EditorState.tabSize.of(width),
        indentUnit.of(" ".repeat(width)),
        language.of([]),
        open.of(usable(!field.disabled)),
        EditorView.contentAttributes.of(names(field)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) {
            write(field, update.state.doc.toString());
          }
        }),
        tab.extension(),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        look,
        parts,
      ],
    }),
  });

  // The field is only where the answer is; whoever is sent to it comes to the editor.
  field.classList.add("visually-hidden");
  field.tabIndex = -1;
  field.setAttribute("aria-hidden", "true");
  field.addEventListener("focus", () => view.focus());
  for (const label of field.labels) {
    label.addEventListener("click", (event) => {
      event.preventDefault();
      view.focus();
    });
  }
  new MutationObserver(() => view.dispatch({ effects: open.reconfigure(usable(!field.disabled)) })).observe(field, { attributeFilter: ["disabled"] });
  void languageOf(box.dataset["mode"] ?? "").then((found) => view.dispatch({ effects: language.reconfigure(found) }));
  if (had) {
    view.focus();
  }
  return {
    view,
    sync() {
      const now = view.state.doc.toString();
      if (now !== field.value) {
        view.dispatch({ changes: { from: 0, to: now.length, insert: field.value } });
      }
    },
  };
}

/** What the Tab key does. */
class Tab {
  private typing = false;

  constructor(private readonly width: number) {}

  extension(): Extension {
    return [
      EditorView.updateListener.of((update) => {
        this.typing ||= update.transactions.some((t) => t.isUserEvent("input") || t.isUserEvent("delete"));
      }),
      EditorView.domEventHandlers({
        blur: () => {
          this.typing = false;
        },
      }),
      keymap.of([
        {
          key: "Escape",
          run: () => {
            const { typing } = this;
            this.typing = false;
            return typing; // the next Escape is that of whatever the editor stands in
          },
        },
        { key: "Tab", run: (view) => this.typing && this.indent(view), shift: (view) => this.typing && indentLess(view) },
      ]),
    ];
  }

  /** Moves the chosen lines in; without a choice blanks are written up to the next stop. */
  private indent(view: EditorView): boolean {
    const { main } = view.state.selection;
    if (!main.empty) {
      return indentMore(view);
    }
    const column = main.head - view.state.doc.lineAt(main.head).from;
    view.dispatch(view.state.replaceSelection(" ".repeat(this.width - (column % this.width))), { userEvent: "input" });
    return true;
  }
}

function usable(on: boolean): Extension {
  return [EditorView.editable.of(on), EditorState.readOnly.of(!on)];
}

/** The field's names for those who do not see it. */
function names(field: HTMLTextAreaElement): Record<string, string> {
  const [label] = field.labels;
  const given: Record<string, string> = { dir: "ltr", translate: "no", tabindex: "0" };
  if (label) {
    label.id ||= `label_${field.id}`;
    given["aria-labelledby"] = label.id;
  } else {
    given["aria-label"] = field.getAttribute("aria-label") ?? "";
  }
  const described = field.getAttribute("aria-describedby");
  return described === null ? given : { ...given, "aria-describedby": described };
}

function write(field: HTMLTextAreaElement, value: string): void {
  if (field.value !== value) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

async function languageOf(mode: string): Promise<Extension> {
  const load = languages.find(([words]) => words.test(mode.toLowerCase()))?.[1];
  try {
    return load ? StreamLanguage.define(await load()) : [];
  } catch {
    return []; // it is written without colors
  }
}
