// The page of a unit in place: what its forms do by whole pages is done here without leaving it. The server draws everything; after an act
// the page is asked for anew, and what looks otherwise is put in, so that a video goes on and an answer that was typed stays.

import { toast } from "../live";
import { RefusedError, send } from "../request";
import { enhanceDrag } from "./drag";
import { enhanceDrawn } from "./drawn";
import { askReview } from "./review";
import { Undoing } from "./undo";

/** What an act came to, see POST /part/KEY and POST /container/KEY. */
interface Acted {
  seen: string;
  made?: string; // id in the page
  part?: string;
  undo?: string;
  words: string;
  findings?: { detail: string }[];
  review?: string; // a dialog that asks first; nothing was done
}

export function enhance(root: HTMLElement): void {
  new Unit(root);
}

class Unit {
  private readonly editor: HTMLDialogElement | null;
  private readonly undoing: Undoing;
  private busy = false;

  constructor(private readonly root: HTMLElement) {
    this.editor = root.querySelector<HTMLDialogElement>("dialog[data-editor]");
    this.undoing = new Undoing(root.dataset["undo"] ?? "", async ({ part, was }) => {
      const back = await this.act(part, new URLSearchParams({ act: "undo", was }));
      if (back) {
        this.focus(anchorOf(part), "edit");
      }
      return back?.words;
    });
    root.addEventListener("submit", (event) => this.submit(event), true);
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    enhanceDrag(root, (row, _list, at) => void this.move(row, at));
    closeMenus(root);
    this.editor?.addEventListener("lyceum:saved", () => void this.saved());
    this.editor?.addEventListener("lyceum:closed", () => this.editor?.close());
    this.editor?.addEventListener("close", () => {
      this.editor?.replaceChildren();
      this.editing?.focus();
    });
    this.reveal();
  }

  /** The component an address names is shown with the focus on it. */
  private reveal(): void {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id && this.root.contains(document.getElementById(id))) {
      this.focus(id, "edit");
    }
  }

  private submit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form[data-act], form[data-add], form[data-plain-form]")) {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // it may be sent again
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form, event.submitter)) {
      if (typeof value === "string") {
        fields.append(name, value);
      }
    }
    if (form.hasAttribute("data-act")) {
      void this.actOn(form, fields);
    } else if (form.hasAttribute("data-add")) {
      void this.add(form, fields);
    } else {
      const anchor = form.closest<HTMLElement>("[data-component]")?.id ?? "";
      void this.act(form.getAttribute("action") ?? "", fields).then(() => this.focus(anchor, "seed"));
    }
  }

  private async actOn(form: HTMLFormElement, fields: URLSearchParams): Promise<void> {
    const act = form.dataset["act"] ?? "";
    const component = form.closest<HTMLElement>("[data-component]");
    const near = (component?.nextElementSibling ?? component?.previousElementSibling) as HTMLElement | null | undefined;
    const part = form.getAttribute("action") ?? "";
    const got = await this.act(part, fields);
    if (!got) {
      return;
    }
    if (act === "copy") {
      toast(got.words);
    } else {
      const why = (got.findings ?? []).map((f) => f.detail).slice(0, 3).join(" ");
      const words = act === "up" || act === "down" ? this.place(component?.id ?? "") : got.words;
      this.undoing.offer(why ? `${words} ${why}` : words, part, got.undo, why !== "");
    }
    if (act === "delete" && component) {
      this.focus(near?.id ?? "", "edit");
    } else {
      this.focus(act === "duplicate" || act === "paste" ? (got.made ?? "") : (component?.id ?? ""), act);
    }
  }

  /** Adds a component and opens its editor. */
  private async add(form: HTMLFormElement, fields: URLSearchParams): Promise<void> {
    form.closest("details")?.removeAttribute("open");
    const got = await this.act(form.getAttribute("action") ?? "", fields);
    const made = got?.made ? document.getElementById(got.made) : null;
    if (!made) {
      this.turn(got);
      return;
    }
    made.scrollIntoView({ block: "nearest" });
    this.undoing.offer(got?.words ?? "", form.getAttribute("action") ?? "", got?.undo);
    this.focus(made.id, "edit");
    const edit = made.querySelector<HTMLAnchorElement>("[data-act-edit]");
    if (edit) {
      await this.open(edit);
    }
  }

  /** Goes to the page of the list that has what was made. */
  private turn(got: Acted | undefined): void {
    if (got?.made && got.part) {
      const url = this.address();
      url.searchParams.delete("page");
      url.searchParams.set("show", decodeURIComponent(got.part.replace(/^\/part\//, "")));
      url.hash = got.made;
      location.assign(url);
    }
  }

  /** The address of the page itself. */
  private address(): URL {
    return new URL(this.root.dataset["url"] ?? "", location.href);
  }

  private click(event: MouseEvent): void {
    const at = event.target as Element;
    const edit = at.closest<HTMLAnchorElement>("[data-act-edit]");
    if (edit && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      void this.open(edit);
      return;
    }
    const copy = at.closest<HTMLElement>("[data-copy]");
    if (copy) {
      void navigator.clipboard.writeText(copy.dataset["copy"] || (copy.textContent ?? "").trim()).then(() => toast(this.root.dataset["copied"] ?? ""));
    }
  }

  private key(event: KeyboardEvent): void {
    const at = event.target as HTMLElement;
    const component = at.closest<HTMLElement>("[data-component]");
    if (at.closest(".component__view, dialog, input, textarea, select")) {
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && getSelection()?.isCollapsed !== false) {
      const form = event.key === "c" && component ? component.querySelector<HTMLFormElement>('form[data-act="copy"]') : event.key === "v" ? this.root.querySelector<HTMLFormElement>('form[data-act="paste"]') : null;
      if (form) {
        event.preventDefault();
        form.requestSubmit();
      }
    }
    if (!component || event.ctrlKey || event.metaKey) {
      return;
    }
    const way = event.key === "ArrowUp" ? "up" : event.key === "ArrowDown" ? "down" : "";
    if (event.altKey && way !== "") {
      event.preventDefault();
      component.querySelector<HTMLButtonElement>(`form[data-act="${way}"] button:not(:disabled)`)?.click();
    } else if (event.key === "Delete" && !event.altKey) {
      event.preventDefault();
      component.querySelector<HTMLFormElement>('form[data-act="delete"]')?.requestSubmit();
    }
  }

  private editing: HTMLElement | undefined;

  /** Opens the editor of a component over the page. Where that fails, its own page is there. */
  private async open(link: HTMLAnchorElement): Promise<void> {
    const { editor } = this;
    if (!editor) {
      location.assign(link.href);
      return;
    }
    this.editing = link;
    try {
      const url = new URL(link.href);
      url.searchParams.set("inside", "1");
      const [answer, { enhance: enhanceEdit }] = await Promise.all([
        fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" }),
        import("./edit"), // what is shown shall work
      ]);
      const form = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-page=edit]");
      if (!answer.ok || !form) {
        location.assign(link.href); // it says why
        return;
      }
      const made = document.importNode(form, true);
      editor.replaceChildren(made);
      editor.showModal();
      enhanceEdit(made);
    } catch {
      editor.close();
      toast(this.root.dataset["editFailed"] ?? "", { kind: "error" });
    }
  }

  private async saved(): Promise<void> {
    const id = this.editing?.closest<HTMLElement>("[data-component]")?.id ?? "";
    this.editor?.close();
    await this.refresh();
    this.focus(id, "edit");
  }

  /** Moves a component to a place, counted from 0, on this page. */
  private async move(row: HTMLElement, at: number): Promise<void> {
    const fields = new URLSearchParams({ act: "move", to: this.root.dataset["key"] ?? "", at: String(this.offset() + at + 1) });
    const got = await this.act(row.dataset["part"] ?? "", fields);
    if (got) {
      this.undoing.offer(this.place(row.id), row.dataset["part"] ?? "", got.undo);
      this.focus(row.id, "edit");
    }
  }

  /** How many blocks stand on the pages before this one. */
  private offset(): number {
    return Number(this.root.dataset["offset"] ?? 0);
  }

  /** Says where a component stands now. */
  private place(id: string): string {
    const row = document.getElementById(id);
    const all = [...(row?.parentElement?.children ?? [])];
    const at = this.offset() + all.indexOf(row as Element) + 1;
    return (this.root.dataset["place"] ?? "").replace("%1", String(at)).replace("%2", String(Math.max(all.length, Number(this.root.dataset["all"] ?? 0))));
  }

  /** Does one act and brings the page up to date; undefined when it was not done, and then the author knows. */
  private async act(url: string, fields: URLSearchParams): Promise<Acted | undefined> {
    if (this.busy) {
      return undefined;
    }
    this.busy = true;
    if (!fields.has("seen")) {
      fields.set("seen", this.root.querySelector<HTMLElement>("[data-seen]")?.dataset["seen"] ?? "");
    }
    fields.set("from", this.root.dataset["key"] ?? "");
    try {
      const got = await send<Acted>(url, { body: fields });
      if (got.review) {
        if (!(await askReview(got.review))) {
          return undefined;
        }
        fields.set("anyway", "1");
        this.busy = false;
        return await this.act(url, fields);
      }
      await this.refresh();
      return got;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 409 && error.problem && "conflict" in error.problem) {
        sendAsForm(url, fields); // a page with both versions
      } else {
        toast(error instanceof RefusedError && error.problem ? error.problem.message : (this.root.dataset["failed"] ?? ""), { kind: "error" });
      }
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  private async refresh(): Promise<void> {
    const url = this.address();
    url.searchParams.set("inside", "1");
    const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-seen]");
    const here = this.root.querySelector<HTMLElement>("[data-seen]");
    if (!answer.ok || !next || !here) {
      location.reload(); // it was done; the page says how it looks now
      return;
    }
    here.dataset["seen"] = next.dataset["seen"];
    here.querySelector(".undo")?.remove();
    for (const part of [".part-unit__head", ".part-unit__side", ".unit-empty", ".unit-findings", ".part-unit__main > .library-source", ".part-unit__main > nav", ".offers", ".unit-paste"]) {
      const old = here.querySelector(part);
      const made = next.querySelector(part);
      if (old && made) {
        if (old.outerHTML !== made.outerHTML) {
          old.replaceWith(document.importNode(made, true));
        }
      } else if (old) {
        old.remove();
      } else if (made && part.endsWith("nav")) {
        here.querySelector("[data-components]")?.after(document.importNode(made, true));
      } else if (made && part === ".unit-paste") {
        here.querySelector(".part-unit__main")?.append(document.importNode(made, true));
      } else if (made) {
        here.querySelector("[data-components]")?.before(document.importNode(made, true));
      }
    }
    const list = here.querySelector<HTMLElement>("[data-components]");
    const drawn = next.querySelector<HTMLElement>("[data-components]");
    if (list && drawn) {
      mergeComponents(list, drawn);
    }
  }

  private focus(id: string, act: string): void {
    const component = document.getElementById(id);
    if (!component) {
      this.root.querySelector<HTMLElement>(".offers button, .offers summary, .part-unit__side button")?.focus();
      return;
    }
    const at = component.querySelector<HTMLElement>(`:scope > .component__bar form[data-act="${act}"] button:not(:disabled)`);
    const visible = at && !at.closest("details:not([open])") ? at : component.querySelector<HTMLElement>("[data-act-edit]");
    visible?.focus();
    component.scrollIntoView({ block: "nearest" });
  }
}

/** Puts in what looks otherwise; what looks the same stays the same element. */
function mergeComponents(list: HTMLElement, drawn: HTMLElement): void {
  const old = new Map([...list.children].map((c) => [c.id, c as HTMLElement]));
  let place: Element | null = list.firstElementChild;
  for (const next of [...drawn.children] as HTMLElement[]) {
    const was = old.get(next.id);
    let now = was;
    if (!was || was.dataset["sum"] !== next.dataset["sum"]) {
      now = document.importNode(next, true);
      was?.replaceWith(now);
      if (was && place === was) {
        place = now;
      }
      const view = now.querySelector<HTMLElement>(".component__view");
      list.insertBefore(now, was ? now.nextSibling : place);
      if (view) {
        enhanceDrawn(view);
      }
    } else {
      for (const part of [".component__bar", ".component__notes", ".component__seed"]) {
        const before = was.querySelector(`:scope > ${part}`);
        const after = next.querySelector(`:scope > ${part}`);
        if (before && after && before.outerHTML !== after.outerHTML) {
          before.replaceWith(document.importNode(after, true));
        }
      }
    }
    old.delete(next.id);
    if (now && now !== place) {
      list.insertBefore(now, place);
    } else {
      place = place?.nextElementSibling ?? null;
    }
  }
  old.forEach((gone) => gone.remove());
}

/** The id in the page of what an address of acts is about. */
function anchorOf(part: string): string {
  const found = /\+type@(.+)\+block@(.+)$/.exec(decodeURIComponent(part));
  return found ? `${found[1] ?? ""}-${found[2] ?? ""}` : "";
}

/** Menus that came later close as others do. */
function closeMenus(root: HTMLElement): void {
  const open = (): NodeListOf<HTMLDetailsElement> => root.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]");
  document.addEventListener("pointerdown", (event) => {
    for (const menu of open()) {
      if (!menu.contains(event.target as Node)) {
        menu.open = false;
      }
    }
  });
  root.addEventListener("focusout", (event) => {
    const to = event.relatedTarget as Node | null;
    for (const menu of open()) {
      if (to && !menu.contains(to)) {
        menu.open = false;
      }
    }
  });
  root.addEventListener("keydown", (event) => {
    const menu = (event.target as Element).closest<HTMLDetailsElement>("details[data-menu][open]");
    if (!menu) {
      return;
    }
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = [...menu.querySelectorAll<HTMLElement>(".menu__item")];
      const at = items.indexOf(document.activeElement as HTMLElement);
      event.preventDefault();
      items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
    }
  });
}

/** Sends the same act as a form, which is answered with a page. */
function sendAsForm(url: string, fields: URLSearchParams): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  for (const [name, value] of fields) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}
