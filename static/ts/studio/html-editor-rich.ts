// The rich text editor itself: Tiptap over the document of html-editor-text.ts. Fetched when a text is first shown so.

import { Editor, Extension, textblockTypeInputRule, wrappingInputRule, type AnyExtension, type Range } from "@tiptap/core";
import { dropCursor } from "@tiptap/pm/dropcursor";
import { gapCursor } from "@tiptap/pm/gapcursor";
import { history, redo, redoDepth, undo, undoDepth } from "@tiptap/pm/history";
import type { Node as Block } from "@tiptap/pm/model";
import { EditorState, NodeSelection, Plugin, TextSelection, type Transaction } from "@tiptap/pm/state";
import * as tables from "@tiptap/pm/tables";
import type { EditorView, NodeView } from "@tiptap/pm/view";

import { announce, toast } from "../live";
import { reloadMath } from "../math";
import { ask, field, searchIn, type Found, type Words } from "./html-editor-dialogs";
import type { CourseFiles } from "./html-editor-files";
import { cleanPaste, picturesOf } from "./html-editor-paste";
import { schema } from "./html-editor-schema";
import { escapeText, parseSource, Refusal, type Decode } from "./html-editor-source";
import { emptyDocument, mathForms, readText, writeText, type Attributes, type Piece } from "./html-editor-text";

export interface RichOptions {
  place: HTMLElement; // where it is drawn
  bars: HTMLElement[]; // the toolbars, each with [data-tool]s
  words: Words;
  files: CourseFiles | undefined; // none: no files and parts to choose from
  everywhere: boolean; // whether pictures of other sites may be shown
  label: Record<string, string>; // aria attributes
  decode: Decode;
  changed: () => void;
  /** Told of the number of words, now and then. */
  counted: (words: number) => void;
}

/** Tools that are one command on the document. */
const commands: Record<string, (state: EditorState, dispatch: (tr: Transaction) => void) => boolean> = {
  undo,
  redo,
  rowBefore: tables.addRowBefore,
  rowAfter: tables.addRowAfter,
  columnBefore: tables.addColumnBefore,
  columnAfter: tables.addColumnAfter,
  headRow: tables.toggleHeader("row"),
  headColumn: tables.toggleHeader("column"),
  merge: tables.mergeCells,
  split: tables.splitCell,
  dropRow: tables.deleteRow,
  dropColumn: tables.deleteColumn,
  dropTable: tables.deleteTable,
};

/** An editor of one text. */
export class RichText {
  private readonly editor: Editor;
  private readonly first: Block;
  private readonly written: string;
  private readonly sources = new WeakMap<Block, string>();
  private counting: number | undefined;
  /** Tools that ask for more first. */
  private readonly asks: Record<string, () => Promise<void>> = {
    link: () => this.askLink(),
    image: () => this.askImage(),
    math: () => this.askMath(),
    table: () => this.askTable(),
  };
  private leave = false; // Escape was pressed: the next Tab goes on to what stands behind

  /** Throws a Refusal where the text cannot be shown without loss. */
  constructor(
    text: string,
    private readonly options: RichOptions,
  ) {
    const piece = /\S/.test(text) ? readText(text, options.decode) : emptyDocument();
    this.written = text;
    this.editor = new Editor({
      element: options.place,
      injectCSS: false,
      content: { type: "doc", content: [{ type: "paragraph" }] },
      extensions: [...schema, this.behavior()],
      enableInputRules: true,
      enablePasteRules: false,
      editorProps: {
        attributes: { class: "rich__text authored", role: "textbox", "aria-multiline": "true", dir: "auto", ...options.label },
        transformPastedHTML: cleanPaste,
        handlePaste: (_, event) => this.takeFiles(event.clipboardData, event.clipboardData?.getData("text/html") ?? "", undefined),
        handleDrop: (view, event, _slice, moved) => !moved && this.takeFiles(event.dataTransfer, "", view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos),
        handleKeyDown: (_, event) => this.key(event),
        clipboardTextSerializer: (slice) => slice.content.textBetween(0, slice.content.size, "\n\n", "\n"),
      },
      onTransaction: ({ transaction }) => {
        this.draw();
        if (transaction.docChanged) {
          options.changed();
          this.count();
        }
      },
    });
    let doc: Block;
    try {
      doc = this.editor.schema.nodeFromJSON(piece);
      doc.check();
    } catch {
      this.editor.destroy();
      throw new Refusal("other", "");
    }
    this.remember(doc, piece);
    this.first = doc;
    const { view } = this.editor;
    view.updateState(newState(view.state, doc));
    this.watchBars();
    this.draw();
    this.count();
  }

  /** The text as it is now. What nobody touched is as its author wrote it. */
  text(): string {
    const { doc } = this.editor.state;
    return doc.eq(this.first) ? this.written : writeText(this.piece(doc));
  }

  focus(): void {
    this.editor.view.focus();
  }

  destroy(): void {
    window.clearTimeout(this.counting);
    this.editor.destroy();
  }

  private remember(node: Block, piece: Piece): void {
    if (piece.source !== undefined) {
      this.sources.set(node, piece.source);
    }
    piece.content?.forEach((child, i) => {
      const below = node.maybeChild(i);
      if (below && !below.isInline) {
        this.remember(below, child);
      }
    });
  }

  private piece(node: Block): Piece {
    const source = this.sources.get(node);
    const attrs = node.attrs as Record<string, unknown>;
    if (node.isText || node.isInline) {
      return node.toJSON() as Piece;
    }
    if (source !== undefined) {
      return { type: node.type.name, attrs, source, ...(node.childCount > 0 ? { content: [{ type: "text", text: "x" }] } : {}) };
    }
    return { type: node.type.name, attrs, content: node.children.map((child) => this.piece(child)) };
  }

  // How parts look that are no plain elements

  private views(): Record<string, (node: Block, view: EditorView, getPos: () => number | undefined) => NodeView> {
    const { words, files, everywhere } = this.options;
    return {
      image: (node, _, at) => this.opens(pictureView(node, words, files, everywhere), node, at),
      math: (node, _, at) => this.opens(mathView(node), node, at),
      island: (node, _, at) => this.opens(keptView(node, words, "div"), node, at),
      islet: (node, _, at) => this.opens(keptView(node, words, "span"), node, at),
    };
  }

  private opens(view: NodeView, node: Block, at: () => number | undefined): NodeView {
    view.dom.addEventListener("dblclick", () => this.openPart(node, at() ?? 0));
    return view;
  }

  // Keys

  private behavior(): AnyExtension {
    const self = this;
    return Extension.create({
      name: "behavior",
      addProseMirrorPlugins: () => [history(), gapCursor(), dropCursor({ class: "rich__drop", color: false }), tables.tableEditing(), new Plugin({ props: { nodeViews: self.views() } })],
      addInputRules() {
        const { nodes } = this.editor.schema;
        const kind = (name: string) => nodes[name] as NonNullable<(typeof nodes)[string]>;
        return [
          textblockTypeInputRule({ find: /^(#{2,4})\s$/, type: kind("heading"), getAttributes: (m) => ({ level: m[1]?.length ?? 2 }) }),
          textblockTypeInputRule({ find: /^```\s$/, type: kind("codeBlock") }),
          wrappingInputRule({ find: /^\s*([-*])\s$/, type: kind("bulletList") }),
          wrappingInputRule({ find: /^1[.)]\s$/, type: kind("orderedList") }),
          wrappingInputRule({ find: /^\s*>\s$/, type: kind("blockquote") }),
        ];
      },
      addKeyboardShortcuts: () => ({
        "Mod-b": () => self.run("bold"),
        "Mod-i": () => self.run("italic"),
        "Mod-u": () => self.run("underline"),
        "Mod-e": () => self.run("code"),
        "Mod-k": () => self.run("link"),
        "Mod-m": () => self.run("math"),
        "Mod-z": () => undo(self.editor.state, self.editor.view.dispatch),
        "Mod-y": () => redo(self.editor.state, self.editor.view.dispatch),
        "Mod-Shift-z": () => redo(self.editor.state, self.editor.view.dispatch),
        "Mod-Shift-7": () => self.run("orderedList"),
        "Mod-Shift-8": () => self.run("bulletList"),
        "Mod-Shift-b": () => self.run("blockquote"),
        "Mod-Shift-l": () => self.run("alignLeft"),
        "Mod-Shift-e": () => self.run("alignCenter"),
        "Mod-Shift-r": () => self.run("alignRight"),
        "Mod-\\": () => self.run("clear"),
        "Mod-Alt-0": () => self.setBlock("paragraph"),
        ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`Mod-Alt-${n}`, () => self.setBlock(`heading${n}`)])),
        "Shift-Enter": () => self.editor.commands.insertContent({ type: "hardBreak" }),
        "Mod-Enter": () => self.leaveCode(),
        Enter: () => self.enter(),
        Tab: () => self.tab(false),
        "Shift-Tab": () => self.tab(true),
      }),
    });
  }

  private key(event: KeyboardEvent): boolean {
    if (event.key === "Escape") {
      const held = !this.leave && (this.within("listItem") || this.within("table"));
      this.leave = true;
      if (held) {
        event.preventDefault(); // where Tab is the text's own key, Escape first gives it back; the next one is the dialog's
      }
      return held;
    }
    if (event.key !== "Tab" && event.key !== "Shift") {
      this.leave = false;
    }
    if (event.altKey && event.key === "F10") {
      this.options.bars[0]?.querySelector<HTMLElement>('[data-tool][tabindex="0"]')?.focus();
      return true;
    }
    const { selection } = this.editor.state;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && selection instanceof NodeSelection) {
      return this.openPart(selection.node, selection.from);
    }
    return false;
  }

  private enter(): boolean {
    const { state, commands } = this.editor;
    if (this.within("listItem")) {
      return commands.splitListItem("listItem");
    }
    if (state.selection.$from.parent.type.name === "codeBlock") {
      return commands.insertContent("\n");
    }
    return false;
  }

  /** Leaves preformatted text downwards. */
  private leaveCode(): boolean {
    return this.editor.state.selection.$from.parent.type.name === "codeBlock" && this.editor.commands.exitCode();
  }

  private tab(back: boolean): boolean {
    if (this.leave) {
      this.leave = false;
      return false;
    }
    const { state, view, commands } = this.editor;
    if (this.within("listItem")) {
      return back ? commands.liftListItem("listItem") : commands.sinkListItem("listItem");
    }
    if (this.within("table")) {
      return tables.goToNextCell(back ? -1 : 1)(state, view.dispatch);
    }
    return false;
  }

  private within(name: string): boolean {
    const { $from } = this.editor.state.selection;
    for (let d = $from.depth; d > 0; d--) {
      if ($from.node(d).type.name === name) {
        return true;
      }
    }
    return false;
  }

  // Tools

  private watchBars(): void {
    for (const bar of this.options.bars) {
      bar.onclick = (event) => {
        const tool = (event.target as Element).closest<HTMLElement>("button[data-tool]");
        if (tool && tool.getAttribute("aria-disabled") !== "true") {
          this.run(tool.dataset["tool"] ?? "");
        }
      };
      bar.onmousedown = (event) => {
        if ((event.target as Element).closest("button")) {
          event.preventDefault(); // the choice in the text stays
        }
      };
      const select = bar.querySelector<HTMLSelectElement>("select[data-tool=block]");
      if (select) {
        select.onchange = () => {
          this.setBlock(select.value);
          this.focus();
        };
      }
    }
  }

  /** Does what a tool is for. */
  private run(tool: string): boolean {
    const { editor } = this;
    const { state, view } = editor;
    const command = commands[tool];
    if (command) {
      const done = command(state, view.dispatch);
      view.focus();
      return done;
    }
    const question = this.asks[tool];
    if (question) {
      void question();
      return true;
    }
    const chain = editor.chain().focus();
    switch (tool) {
      case "bold":
      case "italic":
      case "underline":
      case "code":
        return chain.toggleMark(tool).run();
      case "bulletList":
      case "orderedList":
        return chain.toggleList(tool, "listItem").run() && this.looseItems();
      case "blockquote":
        return chain.toggleWrap("blockquote").run();
      case "indent":
        return chain.sinkListItem("listItem").run();
      case "outdent":
        return chain.liftListItem("listItem").run();
      case "rule":
        return chain.insertContent({ type: "horizontalRule" }).run();
      case "alignLeft":
        return this.align("");
      case "alignCenter":
        return this.align("center");
      case "alignRight":
        return this.align("right");
      case "clear":
        return this.clear();
      default:
        return false;
    }
  }

  /** Makes the chosen lines paragraphs, headings or preformatted text; their attributes stay. */
  private setBlock(value: string): boolean {
    const level = Number(/^heading(\d)$/.exec(value)?.[1] ?? 0);
    const { state, view } = this.editor;
    const type = state.schema.nodes[level > 0 ? "heading" : value];
    if (!type) {
      return false;
    }
    const { tr, selection } = state;
    for (const { $from, $to } of selection.ranges) {
      tr.setBlockType($from.pos, $to.pos, type, (old) => ({ html: old.attrs["html"] as Attributes, lead: old.attrs["lead"] as string | null, ...(level > 0 ? { level } : {}) }));
    }
    view.dispatch(tr.scrollIntoView());
    return true;
  }

  /** Text of new items needs no paragraph of its own. */
  private looseItems(): boolean {
    const { state, view } = this.editor;
    const { tr, selection } = state;
    state.doc.nodesBetween(selection.from, selection.to, (node, pos, parent) => {
      if (node.type.name === "paragraph" && parent?.type.name === "listItem" && node.attrs["tag"] === "p" && Object.keys(node.attrs["html"] as Attributes).length === 0) {
        tr.setNodeAttribute(pos, "tag", "").setNodeAttribute(pos, "lead", null);
      }
    });
    if (tr.docChanged) {
      view.dispatch(tr);
    }
    return true;
  }

  private align(to: string): boolean {
    return this.eachBlock((html) => {
      const style = (html["style"] ?? "").replace(/(^|;)\s*text-align\s*:[^;]*(?=;|$)/gi, "$1").replace(/^[;\s]+/, "");
      const { style: _, align: __, ...rest } = html;
      const all = to === "" ? style : `${style.trim()}${style.trim() === "" || style.trim().endsWith(";") ? "" : ";"}${style.trim() === "" ? "" : " "}text-align: ${to};`;
      return all.trim() === "" ? rest : { ...rest, style: all };
    });
  }

  private eachBlock(change: (html: Attributes) => Attributes): boolean {
    const { state, view } = this.editor;
    const { tr } = state;
    state.doc.nodesBetween(state.selection.from, state.selection.to, (node, pos) => {
      if (node.isTextblock) {
        const html = node.attrs["html"] as Attributes;
        const now = change(html);
        if (JSON.stringify(now) !== JSON.stringify(html)) {
          tr.setNodeAttribute(pos, "html", now);
        }
      }
    });
    if (tr.docChanged) {
      view.dispatch(tr);
    }
    view.focus();
    return true;
  }

  /** Takes away marks, links apart, and what lines look like. */
  private clear(): boolean {
    const { state, view } = this.editor;
    const { tr } = state;
    const { from, to } = state.selection;
    for (const type of Object.values(state.schema.marks)) {
      if (type.name !== "link") {
        tr.removeMark(from, to, type);
      }
    }
    view.dispatch(tr.setStoredMarks([]));
    return this.eachBlock(({ style: _, align: __, class: ___, ...rest }) => rest);
  }

  /** Shows what holds at the place one is. */
  private draw(): void {
    if (!this.first && !this.editor?.view) {
      return;
    }
    const { editor } = this;
    const { state } = editor;
    const { $from } = state.selection;
    const block = $from.parent.type.name === "heading" ? `heading${$from.parent.attrs["level"]}` : $from.parent.type.name;
    const align = /text-align\s*:\s*(\w+)/i.exec((($from.parent.attrs["html"] ?? {}) as Attributes)["style"] ?? "")?.[1] ?? "";
    const on: Record<string, boolean> = { alignLeft: align === "" || /left|start/.test(align), alignCenter: align === "center", alignRight: /right|end/.test(align) };
    const off: Record<string, boolean> = { undo: undoDepth(state) === 0, redo: redoDepth(state) === 0, indent: !this.within("listItem"), outdent: !this.within("listItem") };
    for (const bar of this.options.bars) {
      if (bar.dataset["bar"] === "table") {
        bar.hidden = !this.within("table");
      }
      for (const tool of bar.querySelectorAll<HTMLElement>("[data-tool]")) {
        const name = tool.dataset["tool"] ?? "";
        if (tool instanceof HTMLSelectElement) {
          tool.value = block;
          if (tool.value !== block) {
            tool.value = "";
          }
        } else if (tool.hasAttribute("aria-pressed")) {
          tool.setAttribute("aria-pressed", String(on[name] ?? editor.isActive(name)));
        }
        if (name in off) {
          tool.setAttribute("aria-disabled", String(off[name]));
        }
      }
    }
  }

  private count(): void {
    window.clearTimeout(this.counting);
    this.counting = window.setTimeout(() => {
      const { doc } = this.editor.state;
      this.options.counted(countWords(doc.textBetween(0, doc.content.size, " ", " ")));
    }, 400);
  }

  // What tools ask for

  /** Opens what an image, mathematics or a part kept as written is changed with. */
  private openPart(node: Block, pos: number): boolean {
    switch (node.type.name) {
      case "image":
        void this.askImage(node, pos);
        return true;
      case "math":
        void this.askMath(node, pos);
        return true;
      case "island":
      case "islet":
        void this.askIsland(node, pos);
        return true;
      default:
        return false;
    }
  }

  private async askLink(): Promise<void> {
    const { editor, options } = this;
    const { words, files } = options;
    editor.commands.extendMarkRange("link");
    const { from, to, empty } = editor.state.selection;
    const held = (editor.getAttributes("link")["html"] ?? {}) as Attributes;
    const answer = await ask("link", {
      removable: "href" in held,
      fill: (form) => {
        set(form, "href", held["href"] ?? "");
        set(form, "text", editor.state.doc.textBetween(from, to, " "));
        check(form, "blank", held["target"] === "_blank");
        const [textBox, course] = [form.querySelector<HTMLElement>("[data-link-words]"), form.querySelector<HTMLElement>("[data-in-course]")];
        if (textBox) {
          textBox.hidden = !empty;
        }
        if (course) {
          course.hidden = !files;
        }
        if (files) {
          searchIn(form, words, async (text, signal) => {
            const take = (address: string, name: string) => () => {
              set(form, "href", address);
              if (empty && valueOf(form, "text") === "") {
                set(form, "text", name);
              }
            };
            const [places, found] = await Promise.allSettled([files.findPlaces(text), files.find(text, false, signal)]);
            const lines: Found[] = [];
            if (places.status === "fulfilled") {
              lines.push(...places.value.map((p) => ({ name: p.name, detail: p.above || words.say("unit"), take: take(`/jump_to_id/${p.id}`, p.name) })));
            }
            if (found.status === "fulfilled" && text !== "") {
              lines.push(...found.value.map((f) => ({ name: f.name, detail: words.say("file"), take: take(f.portable, f.name) })));
            }
            return lines;
          });
        }
      },
      check: (fields) => (/^\s*(javascript|vbscript|data):/i.test(field(fields, "href")) ? words.say("island_bad", field(fields, "href").split(":")[0]) : ""),
    });
    if (answer?.kind === "remove") {
      editor.chain().focus().unsetMark("link").run();
    } else if (answer) {
      const { target: _, rel: __, ...rest } = held;
      const html: Attributes = { ...rest, href: addressOf(field(answer.fields, "href")), ...(answer.fields.has("blank") ? { target: "_blank", rel: "noopener" } : {}) };
      if (empty) {
        const text = field(answer.fields, "text") || html["href"] || "";
        editor.chain().focus().insertContentAt({ from, to }, [{ type: "text", text, marks: [{ type: "link", attrs: { html } }] }]).run();
      } else {
        editor.chain().focus().setTextSelection({ from, to }).setMark("link", { html }).run();
      }
    } else {
      this.focus();
    }
  }

  private async askImage(node?: Block, pos?: number): Promise<void> {
    const { editor, options } = this;
    const { words, files } = options;
    const held = (node?.attrs["html"] ?? {}) as Attributes;
    const answer = await ask("image", {
      removable: node !== undefined,
      fill: (form) => {
        for (const name of ["src", "alt", "width", "height"]) {
          set(form, name, held[name] ?? "");
        }
        check(form, "decorative", node !== undefined && held["alt"] === "");
        const course = form.querySelector<HTMLElement>("[data-in-course]");
        if (course) {
          course.hidden = !files;
        }
        if (!files) {
          return;
        }
        searchIn(form, words, async (text, signal) =>
          (await files.find(text, true, signal)).map((f) => ({ name: f.name, detail: "", picture: f.thumbnail || f.url || files.shown(f.portable) || "", take: () => set(form, "src", f.portable) })),
        );
        const upload = form.querySelector<HTMLInputElement>("[data-upload]");
        if (upload) {
          upload.onchange = () => {
            const file = upload.files?.[0];
            if (file) {
              void this.send(file).then((address) => {
                upload.value = "";
                if (address !== undefined) {
                  set(form, "src", address);
                  form.querySelector<HTMLElement>("[name=alt]")?.focus();
                }
              });
            }
          };
        }
      },
      check: (fields) => (field(fields, "alt") === "" && !fields.has("decorative") ? words.say("alt_needed") : /^\s*(javascript|vbscript):/i.test(field(fields, "src")) ? words.say("island_bad") : ""),
    });
    if (!answer) {
      this.focus();
      return;
    }
    const at = node && pos !== undefined && editor.state.doc.nodeAt(pos)?.eq(node) ? { from: pos, to: pos + node.nodeSize } : undefined;
    if (answer.kind === "remove") {
      if (at) {
        editor.chain().focus().deleteRange(at).run();
      }
      return;
    }
    const html: Attributes = { ...held, src: field(answer.fields, "src"), alt: answer.fields.has("decorative") ? "" : field(answer.fields, "alt") };
    for (const name of ["width", "height"]) {
      const value = field(answer.fields, name);
      delete html[name];
      if (value !== "") {
        html[name] = value;
      }
    }
    this.put({ type: "image", attrs: { html } }, at);
  }

  private async askMath(node?: Block, pos?: number): Promise<void> {
    const { editor, options } = this;
    const form = String(node?.attrs["form"] ?? "\\(");
    const { from, to } = editor.state.selection;
    const chosen = node ? String(node.attrs["tex"]) : editor.state.doc.textBetween(from, to, " ");
    const isDisplay = (f: string): boolean => f === "\\[" || f === "mathjax" || f === "$$";
    const formOf = (display: boolean): string => (display === isDisplay(form) && node ? form : display ? (form.startsWith("mathjax") ? "mathjax" : "\\[") : form.startsWith("mathjax") ? "mathjaxinline" : "\\(");
    const answer = await ask("math", {
      removable: node !== undefined,
      fill: (dialog) => {
        set(dialog, "tex", chosen);
        check(dialog, "display", isDisplay(form));
        const preview = dialog.querySelector<HTMLElement>("[data-math-preview]");
        let timer: number | undefined;
        const show = (): void => {
          const tex = valueOf(dialog, "tex");
          const [before, after] = mathForms[formOf((dialog.elements.namedItem("display") as HTMLInputElement).checked)] ?? ["", ""];
          if (preview) {
            preview.textContent = tex.trim() === "" ? "" : before + tex + after;
            void reloadMath(preview).catch(() => undefined);
          }
        };
        dialog.oninput = () => {
          window.clearTimeout(timer);
          timer = window.setTimeout(show, 250);
        };
        show();
      },
      check: (fields) => {
        const [, after] = mathForms[formOf(fields.has("display"))] ?? ["", ""];
        return field(fields, "tex").includes(after) ? options.words.say("math_bad", after) : "";
      },
    });
    if (!answer) {
      this.focus();
      return;
    }
    const at = node && pos !== undefined && editor.state.doc.nodeAt(pos)?.eq(node) ? { from: pos, to: pos + node.nodeSize } : undefined;
    if (answer.kind === "remove") {
      if (at) {
        editor.chain().focus().deleteRange(at).run();
      }
    } else {
      this.put({ type: "math", attrs: { tex: field(answer.fields, "tex"), form: formOf(answer.fields.has("display")) } }, at);
    }
  }

  private async askTable(): Promise<void> {
    const answer = await ask("table", { fill: () => undefined });
    if (answer?.kind !== "set") {
      this.focus();
      return;
    }
    const number = (name: string, most: number): number => Math.max(1, Math.min(most, Number(field(answer.fields, name)) || 1));
    const [rows, columns, head] = [number("rows", 100), number("columns", 30), answer.fields.has("head")];
    const caption = field(answer.fields, "caption");
    const section = (tag: string, group: number) => ({ tag, html: {}, group, lead: "\n", tail: "\n" });
    const row = (y: number): Piece => {
      const named = head && y === 0;
      return {
        type: "tableRow",
        attrs: { section: named && rows > 1 ? section("thead", 1) : section("tbody", 2) },
        content: Array.from({ length: columns }, () => ({ type: named ? "tableHeader" : "tableCell", attrs: { html: named ? { scope: "col" } : {} }, content: [{ type: "paragraph", attrs: { tag: "" } }] })),
      };
    };
    const table: Piece = { type: "table", attrs: { head: caption === "" ? "" : `\n<caption>${escapeText(caption)}</caption>` }, content: Array.from({ length: rows }, (_, y) => row(y)) };
    const { editor } = this;
    const at = editor.state.selection.from;
    editor.chain().focus().insertContent(table).run();
    // Into its first cell.
    let cell = -1;
    editor.state.doc.nodesBetween(Math.max(0, at - 2), Math.min(editor.state.doc.content.size, at + 8), (node, pos) => {
      if (cell < 0 && (node.type.name === "tableHeader" || node.type.name === "tableCell")) {
        cell = pos;
      }
    });
    if (cell >= 0) {
      editor.view.dispatch(editor.state.tr.setSelection(TextSelection.near(editor.state.doc.resolve(cell + 1))));
    }
  }

  private async askIsland(node: Block, pos: number): Promise<void> {
    const { editor, options } = this;
    const answer = await ask("island", {
      removable: true,
      fill: (form) => set(form, "source", String(node.attrs["source"])),
      check: (fields) => {
        try {
          const parts = parseSource(field(fields, "source"), options.decode);
          return parts.length === 1 ? "" : options.words.say("island_bad", field(fields, "source").slice(0, 20));
        } catch (error) {
          return options.words.say("island_bad", error instanceof Refusal ? error.what : "");
        }
      },
    });
    if (editor.state.doc.nodeAt(pos)?.eq(node) !== true) {
      this.focus();
    } else if (answer?.kind === "remove") {
      editor.chain().focus().deleteRange({ from: pos, to: pos + node.nodeSize }).run();
    } else if (answer) {
      editor.view.dispatch(editor.state.tr.setNodeAttribute(pos, "source", field(answer.fields, "source")));
      this.focus();
    }
  }

  private put(piece: Piece, at?: Range): void {
    const { from, to } = this.editor.state.selection;
    this.editor.chain().focus().insertContentAt(at ?? { from, to }, piece as never, { updateSelection: true }).run();
  }

  // Pictures that come as files

  private takeFiles(data: DataTransfer | null, html: string, pos: number | undefined): boolean {
    const pictures = picturesOf(data);
    if (pictures.length === 0 || !this.options.files || /<(p|table|ul|ol|h\d)\b/i.test(html)) {
      if (html.includes("data:image/")) {
        window.setTimeout(() => void this.sendInlined());
      }
      return false;
    }
    void this.putPictures(pictures, pos);
    return true;
  }

  private async putPictures(pictures: File[], pos: number | undefined): Promise<void> {
    for (const file of pictures) {
      const address = await this.send(file);
      if (address !== undefined) {
        const { selection, doc } = this.editor.state;
        const at = Math.min(pos ?? selection.from, doc.content.size);
        this.editor.commands.insertContentAt(pos === undefined ? { from: selection.from, to: selection.to } : at, { type: "image", attrs: { html: { src: address } } } as never);
      }
    }
  }

  /** Pictures that were pasted as data become files of the course. */
  private async sendInlined(): Promise<void> {
    const found: { src: string; pos: number }[] = [];
    this.editor.state.doc.descendants((node, pos) => {
      const { src } = (node.attrs["html"] ?? {}) as Attributes;
      if (node.type.name === "image" && src?.startsWith("data:image/")) {
        found.push({ src, pos });
      }
    });
    for (const { src } of found) {
      const blob = dataBlob(src);
      const address = blob && (await this.send(new File([blob], `image.${blob.type.split("/")[1]?.split("+")[0] ?? "png"}`, { type: blob.type })));
      if (address === undefined) {
        continue;
      }
      const { tr } = this.editor.state;
      this.editor.state.doc.descendants((node, pos) => {
        const html = (node.attrs["html"] ?? {}) as Attributes;
        if (node.type.name === "image" && html["src"] === src) {
          tr.setNodeAttribute(pos, "html", { ...html, src: address });
        }
      });
      this.editor.view.dispatch(tr);
    }
  }

  /** Uploads a picture; undefined when that failed, which is told. */
  private async send(file: File): Promise<string | undefined> {
    const { files, words } = this.options;
    if (!files) {
      return undefined;
    }
    if (!file.type.startsWith("image/")) {
      toast(words.say("not_image", file.name), { kind: "error" });
      return undefined;
    }
    announce(words.say("uploading", file.name));
    try {
      const made = await files.upload(file);
      toast(words.say("uploaded", made.name));
      return made.portable;
    } catch (error) {
      toast(`${words.say("upload_failed", file.name)} ${error instanceof Error && error.name === "RefusedError" ? error.message : ""}`, { kind: "error" });
      return undefined;
    }
  }
}

/** The state an editor begins with, for a document that is given as nodes, so that they can be told again. */
function newState(state: EditorState, doc: Block): EditorState {
  return EditorState.create({ doc, plugins: [...state.plugins] });
}

function pictureView(node: Block, words: Words, files: CourseFiles | undefined, everywhere: boolean): NodeView {
  const html = node.attrs["html"] as Attributes;
  const dom = document.createElement("span");
  dom.className = "rich__picture";
  const src = html["src"] ?? "";
  const shown = files?.shown(src) ?? (everywhere && /^https?:\/\//i.test(src) ? src : undefined);
  if (shown === undefined) {
    dom.classList.add("rich__kept");
    dom.textContent = words.say("external", html["alt"] || src);
  } else {
    const img = document.createElement("img");
    img.src = shown;
    img.alt = html["alt"] ?? "";
    for (const name of ["width", "height"] as const) {
      if (html[name] !== undefined) {
        img.setAttribute(name, html[name]);
      }
    }
    dom.append(img);
  }
  if (!("alt" in html)) {
    const note = document.createElement("span");
    note.className = "rich__no-alt";
    note.textContent = words.say("no_alt");
    dom.append(note);
  }
  return { dom, ignoreMutation: () => true };
}

function mathView(node: Block): NodeView {
  const [before, after] = mathForms[String(node.attrs["form"])] ?? ["", ""];
  const dom = document.createElement("span");
  dom.className = "rich__math";
  dom.contentEditable = "false";
  const inner = document.createElement("span");
  inner.textContent = before + String(node.attrs["tex"]) + after;
  dom.append(inner);
  void reloadMath(inner).catch(() => undefined); // then the source stays
  return { dom, ignoreMutation: () => true };
}

function keptView(node: Block, words: Words, tag: "div" | "span"): NodeView {
  const dom = document.createElement(tag);
  dom.className = "rich__kept";
  dom.contentEditable = "false";
  const name = String(node.attrs["tag"]);
  dom.title = String(node.attrs["source"]).slice(0, 300);
  if (name === "!") {
    dom.textContent = "<!-- -->";
  } else {
    dom.textContent = tag === "div" ? words.say("island", `<${name}>`) : `<${name}>`;
  }
  return { dom, ignoreMutation: () => true };
}

/** Words as readers count them, in languages without blanks, too. */
function countWords(text: string): number {
  if (text.length > 50_000 || !("Segmenter" in Intl)) {
    return text.split(/\s+/).filter((w) => /[\p{L}\p{N}]/u.test(w)).length;
  }
  let n = 0;
  for (const part of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
    n += part.isWordLike ? 1 : 0;
  }
  return n;
}

/** An address as it was meant: a host without a scheme is one of the web, something with an at sign is mail. */
function addressOf(text: string): string {
  if (/^[\w.+-]+@[\w-]+\.[\w.-]+$/.test(text)) {
    return `mailto:${text}`;
  }
  return /^(www\.|[\w-]+(\.[\w-]+)*\.(com|org|net|edu|io|info|eu)(\/|$))/i.test(text) ? `https://${text}` : text;
}

function dataBlob(address: string): Blob | undefined {
  const [, type = "", base64, data = ""] = /^data:(image\/[\w.+-]+)(?:;[^,;]*)*?(;base64)?,(.*)$/s.exec(address) ?? [];
  if (type === "") {
    return undefined;
  }
  try {
    const bytes = base64 ? atob(data) : decodeURIComponent(data);
    return new Blob([Uint8Array.from(bytes, (c) => c.charCodeAt(0))], { type });
  } catch {
    return undefined;
  }
}

function set(form: HTMLFormElement, name: string, value: string): void {
  (form.elements.namedItem(name) as HTMLInputElement).value = value;
}

function check(form: HTMLFormElement, name: string, on: boolean): void {
  (form.elements.namedItem(name) as HTMLInputElement).checked = on;
}

function valueOf(form: HTMLFormElement, name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement).value;
}
