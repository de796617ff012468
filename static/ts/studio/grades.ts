// The scale of grades, and the list of assignment types. Both are forms that work without this: the scale writes into the fields below it,
// and rows are added and removed in place.

const letters = "ABCDE";

/** Improves the page of grading. */
export function enhanceGrading(root: HTMLElement, say: (words: string) => void): void {
  new Scale(root, say);
  enhanceTypes(root);
}

/** One grade: its name, and the lowest percentage that earns it. */
interface Grade {
  row: HTMLElement;
  letter: HTMLInputElement;
  from: HTMLInputElement;
}

/** Handles on a scale from 0 to 100; they can be dragged, moved by keys, and never pass each other. */
class Scale {
  private readonly bar: HTMLElement;
  private readonly list: HTMLElement;
  private readonly adder: HTMLButtonElement;

  constructor(
    private readonly root: HTMLElement,
    private readonly say: (words: string) => void,
  ) {
    this.bar = one(root, "[data-cutoffs]");
    this.list = one(root, "[data-grades]");
    this.adder = one(root, "[name=add_grade]");
    this.list.addEventListener("input", () => this.draw());
    this.adder.addEventListener("click", (event) => {
      event.preventDefault();
      this.add();
    });
    this.list.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("[name=drop_grade]");
      if (button) {
        event.preventDefault();
        this.drop(button.closest("[data-grade]") as HTMLElement);
      }
    });
    this.bar.hidden = false;
    this.draw();
  }

  private grades(): Grade[] {
    return [...this.list.querySelectorAll<HTMLElement>("[data-grade]")].map((row) => ({
      row,
      letter: one<HTMLInputElement>(row, "[name=letter]"),
      from: one<HTMLInputElement>(row, "[name=cutoff]"),
    }));
  }

  /** Draws the scale anew; the handle in use keeps the focus. */
  private draw(): void {
    const held = [...this.bar.querySelectorAll(".cutoffs__handle")].indexOf(document.activeElement as Element);
    const grades = this.grades();
    const parts: HTMLElement[] = [];
    let above = 100;
    for (const g of grades) {
      parts.push(segment(g.letter.value, valueOf(g), above));
      above = valueOf(g);
    }
    parts.push(segment(this.bar.dataset["fail"] ?? "", 0, above, "cutoffs__part--fail"));
    grades.forEach((g, i) => parts.push(this.handle(g, i, grades)));
    this.bar.replaceChildren(...parts);
    if (held >= 0) {
      this.bar.querySelectorAll<HTMLElement>(".cutoffs__handle")[held]?.focus();
    }
    for (const drop of this.list.querySelectorAll<HTMLElement>("[data-drop]")) {
      drop.hidden = grades.length < 2;
    }
    this.adder.disabled = grades.length >= letters.length;
  }

  private handle(g: Grade, i: number, grades: Grade[]): HTMLElement {
    const [least, most] = bounds(grades, i);
    const handle = document.createElement("span");
    handle.className = "cutoffs__handle";
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    const set = (): void => {
      handle.style.insetInlineStart = `${valueOf(g)}%`;
      handle.setAttribute("aria-valuenow", String(valueOf(g)));
      handle.setAttribute("aria-valuetext", `${valueOf(g)} %`);
    };
    handle.setAttribute("aria-valuemin", String(least));
    handle.setAttribute("aria-valuemax", String(most));
    handle.setAttribute("aria-label", (this.bar.dataset["word"] ?? "%").replace("%", g.letter.value));
    set();
    const step: Record<string, number> = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 5, PageDown: -5, Home: -100, End: 100 };
    handle.addEventListener("keydown", (event) => {
      let by = step[event.key];
      if (by === undefined) {
        return;
      }
      if (rightToLeft() && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
        by = -by;
      }
      event.preventDefault();
      this.move(g, clamp(valueOf(g) + by, least, most));
      this.draw();
    });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) {
        return;
      }
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      const drag = (move: PointerEvent): void => {
        const box = this.bar.getBoundingClientRect();
        const along = (move.clientX - box.left) / box.width;
        this.move(g, clamp(Math.round((rightToLeft() ? 1 - along : along) * 100), least, most));
        set();
        this.size(grades);
      };
      const end = (): void => {
        handle.removeEventListener("pointermove", drag);
        this.draw();
      };
      handle.addEventListener("pointermove", drag);
      handle.addEventListener("pointerup", end, { once: true });
      handle.addEventListener("pointercancel", end, { once: true });
    });
    return handle;
  }

  private move(g: Grade, value: number): void {
    g.from.value = String(value);
    g.from.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Lays the parts of the scale out anew while a handle is dragged. */
  private size(grades: Grade[]): void {
    const parts = this.bar.querySelectorAll<HTMLElement>(".cutoffs__part");
    let above = 100;
    grades.forEach((g, i) => {
      place(parts[i], valueOf(g), above);
      above = valueOf(g);
    });
    place(parts[grades.length], 0, above);
  }

  private add(): void {
    const grades = this.grades();
    const last = grades.at(-1);
    if (!last || grades.length >= letters.length) {
      return;
    }
    const row = last.row.cloneNode(true) as HTMLElement;
    renew(row);
    last.row.after(row);
    const from = one<HTMLInputElement>(row, "[name=cutoff]");
    from.value = String(Math.max(Math.floor(valueOf(last) / 2), 1));
    one<HTMLInputElement>(row, "[name=letter]").value = "";
    this.rename();
    from.focus();
    this.draw();
    from.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private drop(row: HTMLElement): void {
    if (this.grades().length < 2) {
      return;
    }
    const name = one<HTMLInputElement>(row, "[name=letter]").value;
    row.remove();
    this.rename();
    this.draw();
    this.adder.focus();
    this.say(`− ${name}`);
    this.list.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Names grades by their order, unless the team has names of its own. */
  private rename(): void {
    const grades = this.grades();
    if (grades.some((g) => g.letter.value !== "" && g.letter.value !== "Pass" && !(g.letter.value.length === 1 && letters.includes(g.letter.value)))) {
      return;
    }
    grades.forEach((g, i) => {
      g.letter.value = grades.length === 1 ? "Pass" : letters.charAt(i);
    });
  }
}

/** Between which values a grade may lie. */
function bounds(grades: Grade[], i: number): [number, number] {
  const below = grades[i + 1];
  const above = grades[i - 1];
  return [below ? valueOf(below) + 1 : 1, above ? valueOf(above) - 1 : 100];
}

function valueOf(g: Grade): number {
  return clamp(Number(g.from.value) || 0, 0, 100);
}

function segment(name: string, from: number, to: number, kind = ""): HTMLElement {
  const part = document.createElement("span");
  part.className = `cutoffs__part ${kind}`.trim();
  part.setAttribute("aria-hidden", "true");
  part.textContent = name;
  place(part, from, to);
  return part;
}

function place(part: HTMLElement | undefined, from: number, to: number): void {
  if (part) {
    part.style.insetInlineStart = `${from}%`;
    part.style.inlineSize = `${Math.max(to - from, 0)}%`;
  }
}

/** Assignment types: added and removed in place, and how much they weigh together. */
function enhanceTypes(root: HTMLElement): void {
  const list = one<HTMLElement>(root, "[data-graders]");
  const blank = one<HTMLTemplateElement>(root, "template[data-blank]");
  const adder = one<HTMLButtonElement>(root, "[name=add_type]");
  const sum = one<HTMLElement>(root, "[data-sum]");
  const value = one<HTMLElement>(root, "[data-sum-value]");
  const add = (): void => {
    let all = 0;
    for (const field of list.querySelectorAll<HTMLInputElement>("[name=weight]")) {
      all += Number(field.value.replace(",", ".")) || 0;
    }
    all = Math.round(all * 1e4) / 1e4;
    const words = String(all);
    if (value.textContent !== words) {
      value.textContent = words;
    }
    sum.classList.toggle("is-off", Math.abs(all - 100) > 1e-6);
  };
  list.addEventListener("input", add);
  adder.addEventListener("click", (event) => {
    event.preventDefault();
    const row = (blank.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    renew(row);
    list.append(row);
    one<HTMLInputElement>(row, "[name=type]").focus();
    list.dispatchEvent(new Event("change", { bubbles: true }));
    add();
  });
  list.addEventListener("click", (event) => {
    const button = (event.target as Element).closest("[name=drop_type]");
    if (button) {
      event.preventDefault();
      button.closest("[data-grader]")?.remove();
      adder.focus();
      list.dispatchEvent(new Event("change", { bubbles: true }));
      add();
    }
  });
}

let made = 0;

/** Gives the fields of a copied row ids of their own. */
function renew(row: HTMLElement): void {
  made++;
  const renamed = new Map<string, string>();
  for (const element of row.querySelectorAll<HTMLElement>("[id]")) {
    renamed.set(element.id, `${element.id}-${made}`);
    element.id = `${element.id}-${made}`;
  }
  for (const label of row.querySelectorAll<HTMLLabelElement>("label[for]")) {
    label.htmlFor = renamed.get(label.htmlFor) ?? label.htmlFor;
  }
}

function rightToLeft(): boolean {
  return document.documentElement.dir === "rtl";
}

function clamp(n: number, least: number, most: number): number {
  return Math.min(Math.max(n, least), Math.max(least, most));
}

function one<E extends Element>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (!found) {
    throw new Error(`no ${selector}`);
  }
  return found;
}
