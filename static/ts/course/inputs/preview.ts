// Shows formulas and chemical equations as they will be read, while they are typed. The server reads them, so what is shown is what will be
// graded.

import { mathML, reloadMath } from "../../math";
import type { Widget } from "./index";

/** What the server says of a text. */
export interface Previewed {
  preview?: string;
  error?: string;
}

/** Asks the server how a text of an input looks. */
export type Ask = (input: string, dispatch: string, formula: string) => Promise<Previewed>;

const pause = 350;

/** What previews the line before an element. */
export function previewOf(ask: Ask): (place: HTMLElement) => Widget {
  return (place) => enhance(place, ask);
}

function enhance(place: HTMLElement, ask: Ask): Widget {
  const answer = place.closest<HTMLElement>("[data-input]");
  const field = answer?.querySelector<HTMLInputElement>(".answer__line > .input");
  if (!answer || !field) {
    return {};
  }
  const id = answer.dataset["input"] ?? "";
  const dispatch = place.dataset["preview"] ?? "";
  let shown = place.textContent.trim() === "" ? "" : field.value; // who was quick has typed before this ran
  let timer: number | undefined;
  let asked = 0;
  let failed = 0;

  const show = async (): Promise<void> => {
    const text = field.value;
    if (text === shown) {
      return;
    }
    shown = text;
    const n = ++asked;
    let got: Previewed = {};
    try {
      got = text.trim() === "" ? {} : await ask(id, dispatch, text);
    } catch {
      if (n === asked) {
        shown = "";
        timer = window.setTimeout(() => void show(), Math.min(30_000, 1_000 * 2 ** ++failed));
      }
      return;
    }
    failed = 0;
    if (n === asked) {
      await write(place, got, dispatch);
    }
  };
  const later = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void show(), pause);
  };
  field.addEventListener("input", later);
  later();
  const symbolic = place.hasAttribute("data-symbolic") ? typesetField(field) : undefined;
  return {
    sync: later,
    async flush() {
      if (symbolic) {
        symbolic.value = await mathML(field.value).catch(() => "");
      }
    },
  };
}

async function write(place: HTMLElement, got: Previewed, dispatch: string): Promise<void> {
  place.classList.toggle("is-unreadable", Boolean(got.error));
  if (got.error || !got.preview) {
    place.textContent = got.error ?? "";
    return;
  }
  if (dispatch === "preview_chemcalc") {
    place.innerHTML = got.preview; // our server made it; what was typed is escaped in it
    return;
  }
  place.style.visibility = "hidden"; // nobody wants to see TeX
  place.textContent = `\\(${got.preview}\\)`;
  await reloadMath(place).catch(() => undefined);
  place.style.visibility = "";
}

/** Formulas graded by symbols travel as typeset mathematics, too. */
function typesetField(field: HTMLInputElement): HTMLInputElement {
  const beside = document.createElement("input");
  beside.type = "hidden";
  beside.name = `${field.name}_dynamath`;
  field.after(beside);
  return beside;
}
