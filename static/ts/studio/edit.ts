// The form of one block: its text and its settings. It is saved where it stands; what is typed is kept in this browser until it is.
//
// On a page of its own saving leads back to the unit. Opened in place (data-inside) it tells the page around it instead: the element
// dispatches "lyceum:saved" with {locator, seen}, and "lyceum:closed" when the author leaves it.

import { DraftStore } from "../draft";
import { announce } from "../live";
import { RefusedError, newToken, send, sendUntilAnswered } from "../request";
import { showSaveState, type SaveState } from "../save";
import { sourceEditor, type Problem, type Source } from "./source";

/** The answer to a form that was saved, see POST /edit/KEY. */
interface Saved {
  locator: string;
  seen: string;
  back: string;
  name: string;
  words: string;
  problems: Problem[];
}

/** What the form is to the editor of a kind. */
export interface Editing {
  readonly form: HTMLFormElement;
  /** The address of the form. */
  readonly url: string;
  readonly inside: boolean;
  /** Tells that something was changed otherwise than by a field's own events. */
  changed(): void;
  /** Asks the server what of the form, as it stands, would not load. */
  check(): Promise<Problem[]>;
}

/** The editor of a kind. */
export interface Body {
  /** Brings into fields what is written; called before the form is read. */
  flush?(): void;
  /** Shows what the fields hold now: they were filled. */
  sync?(): void;
  /** Told what would not load, after saving. */
  show?(problems: Problem[]): void;
}

/** Editors of kinds, each enhancing the element with data-body="NAME"; fetched where there is one. */
const bodies: Record<string, () => Promise<{ enhance: (box: HTMLElement, editing: Editing) => Body | undefined }>> = {
  video: () => import("./edit_video"),
  problem: () => import("./problem-editor"),
  html: async () => ({ enhance: (await import("./html-editor")).enhanceBody }),
};

/** What the browser keeps of a form: what was typed, and the version it was typed over. */
interface Kept {
  version: string;
  fields: [name: string, value: string][];
}

export function enhance(root: HTMLElement): void {
  if (root.hasAttribute("data-lost")) {
    enhanceLost(root);
    return;
  }
  const form = root.querySelector<HTMLFormElement>("[data-edit-form]");
  if (form) {
    void new EditForm(root, form).start();
  }
}

class EditForm implements Editing {
  readonly url: string;
  readonly inside: boolean;
  private readonly draft: DraftStore<Kept>;
  private readonly parts: Body[] = [];
  private first = "";
  private saving = false;

  constructor(private readonly root: HTMLElement, readonly form: HTMLFormElement) {
    this.url = form.getAttribute("action") ?? "";
    this.inside = root.hasAttribute("data-inside");
    this.draft = new DraftStore<Kept>(root.dataset["draftKey"] ?? this.url);
  }

  async start(): Promise<void> {
    this.first = this.state();
    const kept = this.draft.read();
    const restored = kept !== undefined && this.restore(kept);
    for (const box of this.root.querySelectorAll<HTMLElement>("[data-source]")) {
      const source: Source | undefined = sourceEditor(box, { check: () => this.check() });
      if (source) {
        this.parts.push(source);
      }
    }
    for (const setting of this.root.querySelectorAll<HTMLElement>("[data-setting]")) {
      this.enhanceSetting(setting);
    }
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("change", () => this.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation(); // it may be sent again
      void this.save();
    });
    this.root.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
        event.preventDefault();
        void this.save();
      }
    });
    this.root.querySelector("[data-edit-cancel]")?.addEventListener("click", (event) => {
      this.draft.clear();
      if (this.inside) {
        event.preventDefault();
        this.root.dispatchEvent(new CustomEvent("lyceum:closed", { bubbles: true }));
      }
    });
    this.root.querySelector("[data-edit-forget]")?.addEventListener("click", () => {
      this.draft.clear();
      void this.reload();
    });
    for (const box of this.root.querySelectorAll<HTMLElement>("[data-body]")) {
      const load = bodies[box.dataset["body"] ?? ""];
      const part = load ? (await load()).enhance(box, this) : undefined;
      if (part) {
        this.parts.push(part);
      }
    }
    if (restored) {
      this.reveal("[data-edit-restored]");
    }
    this.root.classList.add("is-ready");
  }

  changed(): void {
    this.status("idle");
    if (this.state() === this.first) {
      this.draft.clear();
    } else {
      this.draft.write({ version: this.root.dataset["version"] ?? "", fields: this.fields() });
    }
  }

  async check(): Promise<Problem[]> {
    const body = this.read();
    body.set("act", "check");
    return (await send<{ problems: Problem[] }>(this.url, { body })).problems;
  }

  /** Shows whose value a setting has as it is changed, and takes it back. */
  private enhanceSetting(setting: HTMLElement): void {
    const whose = setting.querySelector<HTMLElement>("[data-whose]");
    const reset = setting.querySelector<HTMLInputElement>("[data-reset]");
    const input = setting.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>("[name^='f.']");
    if (!whose || !input) {
      return;
    }
    const was = input.value;
    const words = whose.textContent ?? "";
    const show = (): void => {
      const resets = reset?.checked ?? false;
      setting.classList.toggle("is-changed", resets || input.value !== was);
      const word = resets ? this.root.dataset["wordResets"] : input.value !== was ? this.root.dataset["wordChanged"] : words;
      whose.textContent = word ?? words;
    };
    input.addEventListener("input", () => {
      if (reset) {
        reset.checked = false;
      }
      show();
    });
    reset?.addEventListener("change", () => {
      input.value = reset.checked ? (setting.dataset["default"] ?? "") : was;
      show();
    });
  }

  private async save(): Promise<void> {
    if (this.saving) {
      return;
    }
    this.saving = true;
    this.complain("");
    this.clearErrors();
    const body = this.read();
    this.draft.write({ version: this.root.dataset["version"] ?? "", fields: this.fields() }, true);
    this.status("saving");
    try {
      const got = await sendUntilAnswered<Saved>(this.url, { body, token: newToken(), timeout: 120_000, onWait: () => this.status("retrying") });
      this.draft.clear();
      this.first = this.state();
      this.status("saved");
      announce(got.words);
      this.saved(got);
    } catch (error) {
      this.status("refused");
      this.refused(error, body);
    } finally {
      this.saving = false;
    }
  }

  private saved(got: Saved): void {
    this.root.dispatchEvent(new CustomEvent("lyceum:saved", { bubbles: true, detail: { locator: got.locator, seen: got.seen } }));
    if (this.inside) {
      this.root.dataset["version"] = got.seen;
      for (const name of ["seen", "base"]) {
        const input = this.form.querySelector<HTMLInputElement>(`input[name=${name}]`);
        if (input) {
          input.value = got.seen;
        }
      }
    }
    for (const part of this.parts) {
      part.show?.(got.problems);
    }
    if (!this.inside) {
      location.assign(got.back);
    }
  }

  private refused(error: unknown, body: FormData): void {
    if (!(error instanceof RefusedError)) {
      this.complain(String(error));
      return;
    }
    if (error.status === 401 || error.status === 403 && error.problem?.error === "unauthenticated") {
      const link = document.createElement("a");
      link.href = this.root.dataset["signIn"] ?? "/signin";
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = this.root.dataset["wordSignIn"] ?? "";
      this.complain(this.root.dataset["wordSession"] ?? "", link);
      return;
    }
    if (error.status === 409 && error.problem && "conflict" in error.problem) {
      void this.showLost(body);
      return;
    }
    const fields = error.problem?.fields ?? {};
    let first: HTMLElement | undefined;
    for (const [name, text] of Object.entries(fields)) {
      const input = this.form.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"], [name="${CSS.escape("f." + name)}"]`);
      if (input) {
        this.mark(input, text);
        first ??= input;
      }
    }
    this.complain(first ? (this.root.dataset["wordRefused"] ?? "") : error.message);
    first?.closest("details")?.setAttribute("open", "");
    first?.focus();
  }

  /** Both versions, in place of the form. */
  private async showLost(body: FormData): Promise<void> {
    const answer = await fetch(insideOf(this.url, this.inside), { method: "POST", body, headers: { Accept: "text/html" }, credentials: "same-origin" });
    await replace(this.root, answer);
  }

  private async reload(): Promise<void> {
    if (!this.inside) {
      location.reload();
      return;
    }
    await replace(this.root, await fetch(insideOf(this.url, true), { headers: { Accept: "text/html" }, credentials: "same-origin" }));
  }

  private mark(input: HTMLElement, text: string): void {
    input.setAttribute("aria-invalid", "true");
    const note = document.createElement("p");
    note.className = "field__error";
    note.dataset["editError"] = "";
    note.id = `${input.id}-error`;
    note.textContent = text;
    input.setAttribute("aria-describedby", [note.id, input.getAttribute("aria-describedby") ?? ""].join(" ").trim());
    (input.closest(".field") ?? input.parentElement)?.append(note);
  }

  private clearErrors(): void {
    for (const note of this.root.querySelectorAll("[data-edit-error]")) {
      note.remove();
    }
    for (const input of this.form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
    }
  }

  private complain(text: string, link?: HTMLElement): void {
    const box = this.root.querySelector<HTMLElement>("[data-edit-alert]");
    if (!box) {
      return;
    }
    box.hidden = text === "";
    box.replaceChildren(text, ...(link ? [" ", link] : []));
  }

  private status(state: SaveState): void {
    const shown = this.root.querySelector<HTMLElement>(".save-state");
    if (shown) {
      showSaveState(shown, state);
    }
  }

  private reveal(selector: string): void {
    const box = this.root.querySelector<HTMLElement>(selector);
    if (box) {
      box.hidden = false;
    }
  }

  private read(): FormData {
    for (const part of this.parts) {
      part.flush?.();
    }
    const body = new FormData(this.form);
    for (const setting of this.root.querySelectorAll<HTMLElement>("[data-setting].is-changed:not([data-own])")) {
      body.set(`set.${setting.dataset["setting"] ?? ""}`, "1");
    }
    return body;
  }

  private fields(): [string, string][] {
    return [...this.read()].filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[0] !== "seen" && pair[0] !== "base");
  }

  private state(): string {
    return JSON.stringify(this.fields().filter(([name]) => !name.startsWith("set.")));
  }

  /** Brings back what was typed and not saved, over the version it was typed over. */
  private restore(kept: Kept): boolean {
    const byName = new Map<string, string[]>();
    for (const [name, value] of kept.fields) {
      byName.set(name, [...(byName.get(name) ?? []), value]);
    }
    for (const input of this.form.elements) {
      if (!(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement || input instanceof HTMLSelectElement) || !input.name) {
        continue;
      }
      const values = byName.get(input.name);
      if (input instanceof HTMLInputElement && (input.type === "checkbox" || input.type === "radio")) {
        input.checked = values?.includes(input.value) ?? false;
      } else if (input.name === "seen" || input.name === "base") {
        input.value = kept.version;
      } else if (!(input instanceof HTMLInputElement && input.type === "file") && values) {
        input.value = values.shift() ?? input.value;
      }
    }
    if (this.state() === this.first) {
      this.draft.clear();
      return false;
    }
    this.root.dataset["version"] = kept.version;
    return true;
  }
}

/** The choice between two versions, in place. */
function enhanceLost(root: HTMLElement): void {
  const form = root.querySelector<HTMLFormElement>("[data-edit-choice]");
  root.querySelector("[data-edit-theirs]")?.addEventListener("click", () => forget(form));
  if (!new URL(form?.action ?? location.href).searchParams.has("inside")) {
    return;
  }
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const body = new FormData(form, event.submitter);
    void fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" }, credentials: "same-origin" }).then(async (answer) => {
      if (answer.redirected) {
        root.dispatchEvent(new CustomEvent("lyceum:saved", { bubbles: true, detail: { locator: root.dataset["edit"] ?? "", seen: "" } }));
        return;
      }
      await replace(root, answer);
    });
  });
}

function forget(form: HTMLFormElement | null): void {
  const key = form?.dataset["draftKey"];
  if (key) {
    new DraftStore(key).clear();
  }
}

function insideOf(url: string, inside: boolean): string {
  return inside ? url + (url.includes("?") ? "&" : "?") + "inside=1" : url;
}

/** Puts the form an answer brings in place of another. */
async function replace(root: HTMLElement, answer: Response): Promise<void> {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector<HTMLElement>("[data-page=edit]");
  if (next) {
    const made = document.importNode(next, true);
    root.replaceWith(made);
    enhance(made);
  }
}
