// Messages that appear while a page is open: said to screen readers, and where it helps shown as a toast.

let last: number | undefined;

/** Says text when the reader's screen reader has a pause; urgent text interrupts. */
export function announce(text: string, urgent = false): void {
  const region = document.getElementById(urgent ? "alerts" : "live");
  if (!region) {
    return;
  }
  region.textContent = "";
  window.clearTimeout(last);
  // A region says what changes; the same text twice needs a change between.
  last = window.setTimeout(() => {
    region.textContent = text;
  }, 60);
}

export interface Toast {
  kind?: "info" | "error";
  /** A thing to do, with its label: undo, try again. */
  action?: { label: string; run: () => void };
  /** Milliseconds; 0 stays until it is dismissed. Toasts with an action stay twice as long. */
  stay?: number;
}

/** Shows a short message at the foot of the page and says it; returns how to take it away. */
export function toast(text: string, options: Toast = {}): () => void {
  const area = document.getElementById("toasts");
  announce(text, options.kind === "error");
  if (!area) {
    return () => undefined;
  }
  const box = document.createElement("div");
  box.className = options.kind === "error" ? "toast toast--error" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  const remove = (): void => box.remove();
  const { action } = options;
  if (action) {
    const made = button(action.label, () => {
      remove();
      action.run();
    });
    made.setAttribute("aria-keyshortcuts", "Control+Z");
    made.title = "Ctrl+Z";
    box.append(made);
  }
  const stay = options.stay ?? (action ? 12_000 : 6_000);
  if (stay === 0) {
    box.append(button(area.dataset["dismiss"] ?? "×", remove));
  } else {
    leaveUnlessHeld(box, stay, remove);
  }
  area.append(box);
  return remove;
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}

/** Nobody should have to read against the clock: pointer or focus on the toast holds it. */
function leaveUnlessHeld(box: HTMLElement, stay: number, remove: () => void): void {
  let timer = window.setTimeout(remove, stay);
  const hold = (): void => window.clearTimeout(timer);
  const go = (): void => {
    timer = window.setTimeout(remove, stay / 2);
  };
  box.addEventListener("pointerenter", hold);
  box.addEventListener("focusin", hold);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusout", go);
}

/** Makes [data-toast] show its text, for the gallery and for simple pages. Control and Z do what the newest toast offers: nobody gets to
 * it by the tab key before it is gone. */
export function enhanceToasts(): void {
  document.addEventListener("keydown", (event) => {
    const at = event.target as HTMLElement;
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || at.isContentEditable || at.closest("input, textarea, select, dialog")) {
      return;
    }
    const offered = [...document.querySelectorAll<HTMLButtonElement>("#toasts [aria-keyshortcuts]")].at(-1);
    if (offered) {
      event.preventDefault();
      offered.click();
    }
  });
  document.addEventListener("click", (event) => {
    const from = (event.target as Element).closest<HTMLElement>("[data-toast]");
    if (from) {
      toast(from.dataset["toast"] ?? "");
    }
  });
}
