// A course's outline in place: what the pages behind its rows do by forms is done here without leaving it. The server draws every row;
// after an act the sections that look different are asked for and put in.

import { announce, toast } from "../live";
import { RefusedError, send } from "../request";
import { localizeTimes } from "../time";
import { Choosing } from "./choose";
import { enhanceDrag } from "./drag";
import { filterRows } from "./filter";
import { RowMenu } from "./menu";
import { askReview } from "./review";
import { rememberTurned } from "./turned";
import { Undoing } from "./undo";

/** What an act came to, see POST /part/KEY. */
interface Acted {
  seen: string;
  made?: string; // id in the page
  undo?: string;
  words: string;
  findings?: { detail: string }[];
  review?: string; // a dialog that asks first; nothing was done
}

/** What looks different since a version, see GET /course/KEY/outline. */
interface Changes {
  version: string;
  sum: string;
  order: string[];
  sections: Record<string, string>;
  clip: string;
  paste: Record<string, string>; // the button that pastes, by the kind of part it makes
}

/** Makes the rows of an outline work in place. */
export function enhanceOutline(root: HTMLElement): void {
  new Outline(root);
}

/** The address of what can be done with a row. */
export function partOf(row: Element): string {
  return row.querySelector(":scope > [data-more]")?.getAttribute("href") ?? "";
}

/** The part of a row that takes focus: a unit's name, the line that opens another. */
export function mainOf(row: Element): HTMLElement | null {
  return row.querySelector<HTMLElement>(":scope > .row__line > .row__name, :scope > details > summary");
}

export class Outline {
  private readonly words: DOMStringMap;
  private readonly turned: { update: () => void };
  private readonly undoing: Undoing;
  private readonly choosing: Choosing;

  constructor(readonly root: HTMLElement) {
    this.words = root.querySelector<HTMLElement>("[data-words]")?.dataset ?? {};
    this.turned = rememberTurned(root);
    this.undoing = new Undoing(this.words["undo"] ?? "", async ({ part, was }) => {
      const got = await this.act(part, { act: "undo", was });
      if (got) {
        const id = anchorOf(part);
        if (document.getElementById(id)) {
          this.focus(id);
        }
      }
      return got?.words;
    });
    this.choosing = new Choosing({ root, words: this.words, partOf, mainOf, send: (form, fields) => this.many(form, fields) });
    const menu = new RowMenu(root, (act, row) => this.choose(act, row));
    root.addEventListener("click", (event) => {
      const more = (event.target as Element).closest<HTMLElement>("[data-more]");
      if (more && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        menu.open(more);
      }
    });
    root.addEventListener("submit", (event) => {
      const form = (event.target as Element).closest<HTMLFormElement>("form[data-add]");
      if (form) {
        event.preventDefault();
        event.stopPropagation(); // it may be sent again
        const button = event.submitter as HTMLButtonElement | null;
        void (button?.value === "paste" ? this.paste(form) : this.add(form));
      }
    }, true);
    root.addEventListener("keydown", (event) => {
      const more = (event.target as Element).closest<HTMLElement>("[data-more]");
      if (more && (event.key === "Enter" || event.key === " ") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault(); // the rest of the same press would choose the first item
        menu.open(more);
        return;
      }
      this.key(event);
    });
    enhanceDrag(root, (row, list, at) => void this.move(row, list, at));
    const filter = root.querySelector<HTMLInputElement>("[data-filter]");
    if (filter) {
      filterRows(root, filter, this.words["found"] ?? "");
    }
  }

  private key(event: KeyboardEvent): void {
    const at = event.target as Element;
    const row = at.closest<HTMLElement>("[data-row]");
    if (!row || at.closest("form")) {
      return;
    }
    if (this.choosing.key(event, row)) {
      event.preventDefault();
      return;
    }
    const way = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (event.altKey && way !== 0 && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      void this.step(row, way);
    } else if (event.key === "F2" && !event.altKey) {
      event.preventDefault();
      this.rename(row);
    } else if (event.key === "Delete" && !event.altKey && !event.ctrlKey) {
      event.preventDefault();
      void this.remove(row);
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && getSelection()?.isCollapsed !== false) {
      if (event.key === "c") {
        event.preventDefault();
        void this.copy(row);
      } else if (event.key === "v") {
        event.preventDefault();
        this.pasteAt(row);
      }
    }
  }

  /** Does one act on all rows that are chosen. */
  private async many(form: HTMLFormElement, fields: URLSearchParams): Promise<boolean> {
    const got = await this.act(form.getAttribute("action") ?? "", fields);
    this.said(this.root.dataset["part"] ?? "", got);
    return got !== undefined;
  }

  private async copy(row: HTMLElement): Promise<void> {
    const got = await this.act(partOf(row), { act: "copy" });
    if (got) {
      toast(got.words);
      this.focus(row.id);
    }
  }

  /** Pastes at the end of what holds, or is, a row, wherever what is copied fits. */
  private pasteAt(row: HTMLElement): void {
    for (let at: Element | null | undefined = row; at; at = at === this.root ? null : at.parentElement?.closest("[data-row]") ?? this.root) {
      const button = at.querySelector<HTMLButtonElement>(":scope > details > [data-add] > [data-paste], :scope > [data-add] > [data-paste]");
      if (button) {
        button.form?.requestSubmit(button);
        return;
      }
    }
    toast(this.words["nowhere"] ?? "", { kind: "error" });
  }

  private async paste(form: HTMLFormElement): Promise<void> {
    const part = form.getAttribute("action") ?? "";
    const got = await this.act(part, { act: "paste" });
    const row = got?.made ? document.getElementById(got.made) : null;
    if (got && row) {
      reveal(row);
      this.focus(row.id);
      this.undoing.offer(got.words, part, got.undo);
    }
  }

  private choose(act: string, row: HTMLElement): void {
    switch (act) {
      case "rename":
        this.rename(row);
        break;
      case "up":
        void this.step(row, -1);
        break;
      case "down":
        void this.step(row, 1);
        break;
      case "settings":
        location.href = partOf(row);
        break;
      case "elsewhere":
        location.href = partOf(row) + "#to";
        break;
      case "delete":
        void this.remove(row);
        break;
      case "copy":
        void this.copy(row);
        break;
      case "duplicate":
        void this.act(partOf(row), { act }).then((got) => {
          this.said(partOf(row), got);
          this.focus(got?.made ?? row.id);
        });
        break;
      default:
        void this.act(partOf(row), { act }).then((got) => {
          this.said(partOf(row), got);
          this.focus(row.id);
        });
    }
  }

  /** Adds a part where a form asks for it, and lets its name be typed at once. */
  private async add(form: HTMLFormElement): Promise<void> {
    const got = await this.act(form.getAttribute("action") ?? "", { act: "add" });
    const row = got?.made ? document.getElementById(got.made) : null;
    if (row) {
      reveal(row);
      this.undoing.offer(got?.words ?? "", form.getAttribute("action") ?? "", got?.undo);
      this.rename(row);
    }
  }

  /** Shows a field over a row's name. Enter or leaving it saves, Escape leaves all as it was. */
  rename(row: HTMLElement): void {
    const name = row.querySelector(":scope > .row__line > .row__name, :scope > details > summary > .row__name");
    if (!name || row.querySelector(":scope > .row__rename")) {
      return;
    }
    const was = name.textContent ?? "";
    const form = document.createElement("form");
    form.className = "row__rename";
    const input = document.createElement("input");
    input.className = "input";
    input.value = was;
    input.maxLength = 255;
    input.setAttribute("aria-label", this.words["rename"] ?? "");
    form.append(input);
    row.prepend(form);
    input.focus();
    input.select();
    let over = false;
    const close = (): void => {
      over = true;
      form.remove();
    };
    const save = async (keepFocus: boolean): Promise<void> => {
      const text = input.value.trim();
      if (over) {
        return;
      }
      if (text === "" || text === was) {
        close();
        if (keepFocus) {
          this.focus(row.id);
        }
        return;
      }
      over = true;
      input.readOnly = true;
      const got = await this.act(partOf(row), { act: "rename", name: text });
      if (!got) { // what was typed stays
        over = false;
        input.readOnly = false;
        return;
      }
      form.remove();
      this.undoing.offer(got.words, partOf(row), got.undo);
      if (keepFocus) {
        this.focus(row.id);
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void save(true);
    });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") {
        close();
        this.focus(row.id);
      }
    });
    input.addEventListener("blur", () => void save(false));
  }

  /** Moves a row one place on, over the edge of what holds it too. */
  private async step(row: HTMLElement, way: number): Promise<void> {
    const list = row.parentElement as HTMLElement;
    const at = [...list.children].indexOf(row);
    const to = at + way;
    if (to >= 0 && to < list.children.length) {
      await this.move(row, list, to);
      return;
    }
    const lists = [...this.root.querySelectorAll<HTMLElement>(`ol[data-list="${list.dataset["list"] ?? ""}"]`)];
    const next = lists[lists.indexOf(list) + way];
    if (next) {
      await this.move(row, next, way < 0 ? next.children.length : 0);
    }
  }

  /** Moves a row to a place, counted from 0, in a list. */
  private async move(row: HTMLElement, list: HTMLElement, at: number): Promise<void> {
    const holder = list.closest("[data-row]");
    const to = decodeURI((holder ? partOf(holder) : this.root.dataset["part"] ?? "").slice("/part/".length));
    const got = await this.act(partOf(row), { act: "move", to, at: String(at + 1) });
    if (!got) {
      return;
    }
    const now = document.getElementById(row.id);
    if (now?.parentElement) {
      reveal(now);
      this.focus(row.id);
      const place = [...now.parentElement.children].indexOf(now) + 1;
      const words = (this.words["moved"] ?? "").replace("%1", String(place)).replace("%2", String(now.parentElement.children.length));
      this.undoing.offer(words, partOf(row), got.undo);
    }
  }

  private async remove(row: HTMLElement): Promise<void> {
    const part = partOf(row);
    const near = row.nextElementSibling ?? row.previousElementSibling ?? row.parentElement?.closest("[data-row]");
    const got = await this.act(part, { act: "delete" });
    if (!got?.undo) {
      return;
    }
    if (near) {
      this.focus(near.id);
    }
    this.undoing.offer(got.words, part, got.undo);
  }

  private said(part: string, got: Acted | undefined): void {
    if (got) {
      const why = (got.findings ?? []).map((f) => f.detail).slice(0, 3).join(" ");
      this.undoing.offer(why ? `${got.words} ${why}` : got.words, part, got.undo, why !== "");
    }
  }

  /** Does one act and brings the page up to date; undefined when it was not done, and then the author knows. */
  private async act(part: string, fields: Record<string, string> | URLSearchParams): Promise<Acted | undefined> {
    const form = new URLSearchParams(fields);
    form.set("seen", (this.root.dataset["version"] ?? "").split(".")[0] ?? "");
    let got: Acted;
    try {
      got = await send<Acted>(part, { body: form });
    } catch (error) {
      if (error instanceof RefusedError && error.status === 409 && error.problem && "conflict" in error.problem) {
        showConflict(part, form); // a page with both versions
      } else {
        toast(error instanceof RefusedError && error.problem ? whyOf(error.problem) : this.words["kept"] ?? "", { kind: "error" });
      }
      return undefined;
    }
    if (got.review) {
      form.set("anyway", "1");
      return (await askReview(got.review)) ? await this.act(part, form) : undefined;
    }
    try {
      await this.refresh();
    } catch {
      location.reload(); // it was done; the page says how it looks now
    }
    return got;
  }

  private async refresh(): Promise<void> {
    const since = encodeURIComponent(this.root.dataset["version"] ?? "");
    const changes = await send<Changes>(`${this.root.dataset["base"] ?? ""}/outline?since=${since}`, { method: "GET" });
    const list = this.root.querySelector<HTMLElement>('ol[data-list="course"]');
    const sum = this.root.querySelector<HTMLElement>("[data-sum]");
    if (!list || !sum) {
      return;
    }
    sum.innerHTML = changes.sum;
    localizeTimes(sum);
    this.root.querySelector("[data-empty]")?.remove();
    this.root.querySelector(".undo")?.remove(); // it speaks of an act before this one
    const clip = this.root.querySelector<HTMLElement>("[data-clip]");
    if (clip) {
      clip.innerHTML = changes.clip;
    }
    this.choosing.keep();
    const old = new Map([...list.children].map((row) => [(row as HTMLElement).dataset["id"] ?? "", row]));
    for (const id of changes.order) {
      const drawn = changes.sections[id];
      let row = old.get(id);
      if (drawn !== undefined) {
        const made = fromHTML(drawn);
        if (row) {
          keepOpen(row, made);
          row.replaceWith(made);
        }
        row = made;
        localizeTimes(made);
      }
      old.delete(id);
      if (row && row !== list.lastElementChild) {
        list.append(row);
      }
    }
    old.forEach((row) => row.remove());
    for (const form of this.root.querySelectorAll<HTMLElement>("form[data-add]")) {
      const button = changes.paste[form.dataset["add"] ?? ""] ?? "";
      form.querySelector("[data-paste]")?.remove();
      form.insertAdjacentHTML("beforeend", button);
    }
    this.root.dataset["version"] = changes.version;
    this.turned.update();
    this.choosing.update();
  }

  private focus(id: string): void {
    const row = document.getElementById(id);
    if (row) {
      mainOf(row)?.focus();
      row.scrollIntoView({ block: "nearest" });
    }
  }
}

/** The id in the page of what an address of acts is about. */
export function anchorOf(part: string): string {
  const found = /\+type@(.+)\+block@(.+)$/.exec(decodeURIComponent(part));
  return found ? `${found[1] ?? ""}-${found[2] ?? ""}` : "";
}

/** What a refusal says, and what it found. */
function whyOf(problem: { message: string }): string {
  const found = (problem as { findings?: { detail: string }[] }).findings ?? [];
  return [problem.message, ...found.map((f) => f.detail).slice(0, 3)].join(" ");
}

/** Opens everything that holds a row. */
function reveal(row: HTMLElement): void {
  for (let at = row.parentElement?.closest("details"); at; at = at.parentElement?.closest("details")) {
    at.open = true;
  }
  row.scrollIntoView({ block: "nearest" });
}

function fromHTML(text: string): HTMLElement {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content.firstElementChild as HTMLElement;
}

/** What lies open stays open. */
function keepOpen(from: Element, to: Element): void {
  for (const row of [from, ...from.querySelectorAll("[data-row]")]) {
    const was = row.querySelector<HTMLDetailsElement>(":scope > details");
    const now = row.id === to.id ? to : to.querySelector(`#${CSS.escape(row.id)}`);
    const details = now?.querySelector<HTMLDetailsElement>(":scope > details");
    if (was && details) {
      details.open = was.open;
    }
  }
}

/** Sends the same act as a form, which is answered with a page that shows both versions. */
function showConflict(part: string, fields: URLSearchParams): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = part;
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
