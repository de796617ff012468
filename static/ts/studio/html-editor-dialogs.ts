// Dialogs that tools ask with. They stand once a page, behind everything, and belong to whichever editor asks.

/** The words of the tools, in the reader's language; "%s" is the place of what is told. */
export class Words {
  constructor(private readonly words: Record<string, string>) {}

  say(name: string, about = ""): string {
    return (this.words[name] ?? name).replace("%s", () => about);
  }
}

/** What was answered: the fields, or that the thing shall go. */
export type Answer = { kind: "set"; fields: FormData } | { kind: "remove" };

export interface Question {
  /** Fills the fields; called when the dialog is open. */
  fill: (form: HTMLFormElement) => void;
  /** Says what is wrong with the fields, "" when nothing is. */
  check?: (fields: FormData) => string;
  /** Whether there is something to remove. */
  removable?: boolean;
}

/** Asks with a dialog; undefined when it was given up. The browser gives the focus back. */
export function ask(name: string, question: Question): Promise<Answer | undefined> {
  const dialog = document.getElementById(`rich-${name}`) as HTMLDialogElement;
  const form = dialog.querySelector("form") as HTMLFormElement;
  const error = form.querySelector<HTMLElement>("[data-error]");
  const remove = form.querySelector<HTMLElement>("[data-remove]");
  const over = new AbortController();
  const { signal } = over;
  let answer: Answer | undefined;
  const complain = (text: string): void => {
    if (error) {
      error.hidden = text === "";
      error.textContent = text;
    }
  };
  form.reset();
  complain("");
  if (remove) {
    remove.hidden = question.removable !== true;
  }
  return new Promise((resolve) => {
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        event.stopPropagation();
        const fields = new FormData(form);
        const wrong = question.check?.(fields) ?? "";
        complain(wrong);
        if (wrong === "") {
          answer = { kind: "set", fields };
          dialog.close();
        }
      },
      { signal },
    );
    form.addEventListener(
      "click",
      (event) => {
        const at = event.target as Element;
        if (at.closest("[data-remove]")) {
          answer = { kind: "remove" };
          dialog.close();
        } else if (at.closest("[data-cancel]")) {
          dialog.close();
        }
      },
      { signal },
    );
    dialog.addEventListener(
      "close",
      () => {
        over.abort();
        resolve(answer);
      },
      { signal },
    );
    dialog.showModal();
    question.fill(form);
    form.querySelector<HTMLElement>("input:not([type=search], [type=file], [hidden]), textarea")?.focus();
  });
}

/** The value of a field, trimmed. */
export function field(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value.trim() : "";
}

/** One thing that was found, as a line of a list. */
export interface Found {
  name: string;
  detail: string;
  picture?: string;
  take: () => void;
}

/** Searches as one types, and lists what is found. */
export function searchIn(form: HTMLFormElement, words: Words, find: (text: string, signal: AbortSignal) => Promise<Found[]>): void {
  const box = form.querySelector<HTMLInputElement>("[data-find]");
  const list = form.querySelector<HTMLUListElement>("[data-found]");
  if (!box || !list) {
    return;
  }
  let timer: number | undefined;
  let running = new AbortController();
  const look = async (): Promise<void> => {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    try {
      const found = await find(box.value.trim(), signal);
      if (!signal.aborted) {
        list.replaceChildren(...(found.length > 0 ? found.map(line) : [remark(words.say("found_none"))]));
      }
    } catch {
      if (!signal.aborted) {
        list.replaceChildren(remark(words.say("found_failed")));
      }
    }
  };
  list.replaceChildren();
  box.oninput = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void look(), 200);
  };
  box.onkeydown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault(); // it searches, and does not send
      void look();
    }
  };
  void look();
}

function line(found: Found): HTMLLIElement {
  const li = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "rich__hit";
  if (found.picture !== undefined) {
    const img = document.createElement("img");
    img.src = found.picture;
    img.alt = "";
    img.loading = "lazy";
    button.append(img);
  }
  const name = document.createElement("span");
  name.textContent = found.name;
  button.append(name);
  if (found.detail !== "") {
    const detail = document.createElement("span");
    detail.className = "muted small";
    detail.textContent = found.detail;
    button.append(detail);
  }
  button.addEventListener("click", found.take);
  li.append(button);
  return li;
}

function remark(text: string): HTMLLIElement {
  const li = document.createElement("li");
  li.className = "muted small";
  li.textContent = text;
  return li;
}
