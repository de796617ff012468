// Elements of the editor. None of them has a name, so that none is sent with the answer.

let made = 0;

/** An id that nothing else on the page has. */
export function newId(): string {
  return `circuit-${++made}-${Math.random().toString(36).slice(2, 8)}`;
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  if (text) {
    element.textContent = text;
  }
  return element;
}

export function button(text: string, run: () => void, className = "button button--small"): HTMLButtonElement {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", run);
  return element;
}

export interface Choice {
  value: string;
  label: string;
}

/** A labelled list to choose from. */
export function choice(label: string, choices: readonly Choice[], value: string, change: (value: string) => void): HTMLElement {
  const select = make("select", "select");
  for (const c of choices) {
    select.append(new Option(c.label, c.value, false, c.value === value));
  }
  if (!choices.some((c) => c.value === value)) {
    select.prepend(new Option(value, value, true, true)); // what stands there stays, known or not
  }
  select.addEventListener("change", () => change(select.value));
  const wrap = make("span", "select-wrap");
  wrap.append(select);
  return labelled(label, select, wrap);
}

/** A labelled line. It reports what is typed when it is left or Enter is pressed; check says why a text is not taken. */
export function line(label: string, value: string, change: (value: string) => void, check: (value: string) => string = () => ""): HTMLElement {
  const field = make("input", "input");
  Object.assign(field, { type: "text", value, autocomplete: "off", spellcheck: false });
  field.autocapitalize = "off";
  const error = make("span", "field__error");
  error.id = newId();
  error.hidden = true;
  const take = (): void => {
    const why = check(field.value);
    error.textContent = why;
    error.hidden = why === "";
    field.setAttribute("aria-invalid", String(why !== ""));
    if (why === "") {
      field.removeAttribute("aria-describedby");
      change(field.value);
    } else {
      field.setAttribute("aria-describedby", error.id);
    }
  };
  field.addEventListener("change", take);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault(); // it would submit the answer
      take();
    }
  });
  const box = labelled(label, field, field);
  box.append(error);
  return box;
}

function labelled(label: string, field: HTMLElement, inside: HTMLElement): HTMLElement {
  field.id = newId();
  const name = make("label", "circuit__label", label);
  name.htmlFor = field.id;
  const box = make("div", "circuit__field");
  box.append(name, inside);
  return box;
}

/** Remembers which field has the focus while its neighbors are drawn anew. */
export function redraw(box: HTMLElement, ...content: Node[]): void {
  const stops = (): HTMLElement[] => [...box.querySelectorAll<HTMLElement>("input, select, button, summary")];
  const at = stops().findIndex((e) => e === document.activeElement);
  const old = stops()[at];
  const mark = old?.dataset["stop"];
  const [start, end] = old instanceof HTMLInputElement ? [old.selectionStart, old.selectionEnd] : [null, null];
  box.replaceChildren(...content);
  if (at < 0) {
    return;
  }
  const again = (mark === undefined ? undefined : stops().find((e) => e.dataset["stop"] === mark)) ?? stops()[Math.min(at, stops().length - 1)];
  again?.focus({ preventScroll: true });
  if (again instanceof HTMLInputElement && old instanceof HTMLInputElement) {
    again.value = old.value; // what is being typed stays
    again.setSelectionRange(start, end);
  }
}

/** One stop of the tab key for a row of buttons; arrow keys go from one to the next. */
export function rove(bar: HTMLElement): void {
  const stops = (): HTMLButtonElement[] => [...bar.querySelectorAll("button")];
  const give = (to: HTMLButtonElement | undefined): void => {
    stops().forEach((b) => (b.tabIndex = b === to ? 0 : -1));
  };
  give(stops()[0]);
  bar.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLButtonElement) {
      give(event.target);
    }
  });
  bar.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.findIndex((b) => b === document.activeElement);
    const rtl = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: rtl, ArrowDown: 1, ArrowLeft: -rtl, ArrowUp: -1 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step !== undefined ? (at + step + all.length) % all.length : -1;
    if (at >= 0 && to >= 0) {
      event.preventDefault();
      event.stopPropagation();
      all[to]?.focus();
    }
  });
}
