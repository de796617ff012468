// Forms: focus goes to the first field that was refused, a form is sent once, and typed text of [data-draft=KEY] survives a reload.

import { DraftStore } from "./draft";

/** Improves all forms of the page. */
export function enhanceForms(): void {
  document.querySelector<HTMLElement>("form [aria-invalid='true']")?.focus();
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method === "dialog" || form.method === "get") {
      return;
    }
    if (form.dataset["sent"] !== undefined) {
      event.preventDefault(); // a second click
      return;
    }
    form.dataset["sent"] = "";
    const button = event.submitter;
    if (button) {
      // After the browser has read the form, or the button's value would be missing.
      window.setTimeout(() => button.setAttribute("aria-busy", "true"));
    }
  });
  // Coming back by the back button finds the form as it was left, ready to be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
      delete form.dataset["sent"];
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
    keepDraft(form, new DraftStore(form.dataset["draft"] ?? location.pathname));
  }
}

function keepDraft(form: HTMLFormElement, store: DraftStore): void {
  const kept = store.read();
  if (kept) {
    fill(form, kept);
  }
  form.addEventListener("input", () => store.write(typed(form)));
  form.addEventListener("submit", () => store.write(typed(form), true));
}

function draftable(form: HTMLFormElement): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
  return [...form.elements].filter(
    (e): e is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement =>
      (e instanceof HTMLInputElement && !["password", "file", "hidden", "submit", "button", "checkbox", "radio"].includes(e.type)) ||
      e instanceof HTMLTextAreaElement ||
      e instanceof HTMLSelectElement,
  );
}

function typed(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries(draftable(form).filter((e) => e.name).map((e) => [e.name, e.value]));
}

/** Only empty fields are filled: what the server sends back is newer than what we kept. */
function fill(form: HTMLFormElement, values: Record<string, string>): void {
  for (const element of draftable(form)) {
    const value = values[element.name];
    if (value !== undefined && element.value === "") {
      element.value = value;
    }
  }
}
