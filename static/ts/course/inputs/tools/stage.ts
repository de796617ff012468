// What drawing tools share. The answer of each is the text of its field, in the words its checker reads; the tool shows what the text says
// and writes into it. A text it cannot read stays until something is changed in the tool.

import { phrase, wordsOf, type Widget } from "../index";

/** Where a tool stands, and its field. */
export class Stage {
  readonly words: Record<string, string>;
  readonly place: HTMLElement;
  readonly field: HTMLTextAreaElement;
  private readonly notice: HTMLElement;

  constructor(readonly box: HTMLElement) {
    this.words = wordsOf(box);
    this.place = box.querySelector("[data-stage]") as HTMLElement;
    this.field = box.querySelector("textarea") as HTMLTextAreaElement;
    const text = box.querySelector("details");
    if (text) {
      text.open = false;
    }
    this.notice = element("p", { class: "tool__notice", role: "status" });
    this.notice.hidden = true;
    this.place.before(this.notice);
    box.classList.add("is-live");
  }

  /** An answer is on its way: nothing may change. */
  get locked(): boolean {
    return this.field.disabled;
  }

  say(name: string, ...values: (string | number)[]): string {
    return phrase(this.words[name], ...values);
  }

  /** Writes the answer as if it had been typed. */
  write(value: string): void {
    this.unreadable(false);
    if (this.field.value !== value) {
      this.field.value = value;
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  /** Tells that the text of the field is not one the tool knows, and shows it. */
  unreadable(yes: boolean): void {
    this.notice.hidden = !yes;
    this.notice.textContent = yes ? this.say("unreadable") : "";
    const text = this.box.querySelector("details");
    if (yes && text) {
      text.open = true;
    }
  }
}

/** Runs a tool: read is given the text of the field whenever somebody else has written it, and says whether it could be read. */
export function start(stage: Stage, read: (value: string) => boolean, more: Widget = {}): Widget {
  let known = "\0";
  const look = (): void => {
    if (stage.field.value !== known) {
      known = stage.field.value;
      stage.unreadable(!read(known));
    }
  };
  stage.field.addEventListener("input", (event) => {
    if (event.isTrusted) {
      look();
    } else {
      known = stage.field.value; // the tool's own
    }
  });
  look();
  return { sync: look, ...more };
}

/** The value as JSON, undefined for none and for text that is no object. */
export function parsed(value: string): Record<string, unknown> | undefined {
  try {
    const got = JSON.parse(value) as unknown;
    return typeof got === "object" && got !== null && !Array.isArray(got) ? (got as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

type Attributes = Record<string, string | number | undefined>;
type Child = Node | string;

/** Makes an element. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return dressed(document.createElement(name), attributes, children);
}

/** Makes an element of a drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return dressed(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function dressed<E extends Element>(made: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) {
      made.setAttribute(name, String(value));
    }
  }
  made.append(...children);
  return made;
}

let count = 0;

/** A name no other element has. */
export function freshId(): string {
  return `tool-${++count}`;
}

/** A choice with a label. */
export function choice(label: string, options: [value: string, text: string][], change: (value: string) => void): { row: HTMLElement; select: HTMLSelectElement } {
  const select = element("select", { class: "select" }, ...options.map(([value, text]) => element("option", { value }, text)));
  select.addEventListener("change", () => change(select.value));
  return { row: element("label", { class: "tool__choice" }, element("span", {}, label), element("span", { class: "select-wrap" }, select)), select };
}

/** A button; pressing it does something. */
export function button(label: string, press: () => void, look = "button button--small"): HTMLButtonElement {
  const made = element("button", { type: "button", class: look }, label);
  made.addEventListener("click", press);
  return made;
}
