// Runs inside the frame of a question whose author wrote scripts into it: the fields live here, and the page around sends what is in them.
// The frame tells answers and height and gets the question drawn anew; it knows nothing else of the page and nothing of the learner. See
// course/fields.ts for the other side.

import { answered, answerFields, fillAnswers, readAnswers } from "../course/answers";
import { sendable, type Asked, type Fields, type Told } from "../course/frame-messages";
import { chosenFiles } from "../course/inputs/files";
import { Inputs } from "../course/inputs/index";
import type { enhanceSchematic } from "../course/inputs/schematic/index";
import type { Previewed } from "../course/inputs/preview";
import { hideAnswers, revealAnswers } from "../course/reveal";
import { reachWide } from "../course/wide";
import { startInside } from "../inside";
import { reloadMath } from "../math";

/** Least milliseconds between two reports of what is typed. */
const between = 100;

startInside();
document.documentElement.dataset["scripts"] = "yes";

let found: HTMLElement | null = null;

/** Where the question is drawn; an author's script may do with its attributes what it likes. */
function place(): HTMLElement {
  found ??= document.querySelector<HTMLElement>("[data-fields]");
  return found ?? document.body;
}

let named = "";

/** How the names of this question's fields begin. */
function prefix(): string {
  named ||= place().dataset["fields"] ?? "";
  return named;
}

/** How the fields stand. */
function fields(): Fields {
  return { answers: readAnswers(document, prefix()), answered: answered(document, prefix()) };
}

/** Tells how the fields stand for sending them, with files that are as they should be. */
async function handOver(n: number): Promise<void> {
  await inputs?.flush();
  const complaint = inputs?.complaint() ?? "";
  const files = complaint === "" ? await sendable(chosenFiles(document, prefix())) : [];
  tell({ lyceum: "problem", tell: "answers", n, ...fields(), files, complaint });
}

let inputs: Inputs | undefined;
let previews = 0;
const previewed = new Map<number, (got: Previewed) => void>();

/** The page asks the server: this document has no session. */
function askPage(input: string, dispatch: string, formula: string): Promise<Previewed> {
  const n = ++previews;
  previewed.clear(); // only the last one counts
  return new Promise((resolve) => {
    previewed.set(n, resolve);
    tell({ lyceum: "problem", tell: "preview", n, input, dispatch, formula });
  });
}

function tell(message: Told): void {
  window.parent.postMessage(message, "*");
}

let reportedAt = -between;
let reporting: number | undefined;

function report(): void {
  if (reporting !== undefined) {
    return;
  }
  reporting = window.setTimeout(
    () => {
      reporting = undefined;
      reportedAt = performance.now();
      tell({ lyceum: "problem", tell: "answers", ...fields() });
    },
    Math.max(0, reportedAt + between - performance.now()),
  );
}

/** Enter in a field submits, as in a form, unless the author's script took the key. */
function entered(event: KeyboardEvent): void {
  const field = event.target;
  const submits =
    field instanceof HTMLInputElement && field.name.startsWith(prefix()) && !["button", "submit", "reset", "image", "file"].includes(field.type);
  if (event.key === "Enter" && submits && !event.defaultPrevented && !event.isComposing) {
    event.preventDefault();
    tell({ lyceum: "problem", tell: "check" });
  }
}

/** A button that runs a program was pressed. */
function pressed(event: MouseEvent): void {
  const input = (event.target as Element).closest?.<HTMLElement>("button[data-run]")?.dataset["run"];
  if (input !== undefined) {
    tell({ lyceum: "problem", tell: "run", input });
  }
}

/** Types of scripts that browsers run. */
const runs = /^(|module|(text|application)\/(x-)?(java|ecma)script|text\/(jscript|livescript))$/i;

/** Puts markup into an element and runs its scripts, one after the other, as if it had been there from the start. */
async function write(element: HTMLElement, markup: string): Promise<void> {
  element.innerHTML = markup;
  finish(element);
  for (const old of [...element.querySelectorAll("script")]) {
    if (!element.contains(old)) {
      continue; // a script before it took it away
    }
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) {
      script.setAttribute(name, value);
    }
    script.async = false;
    script.textContent = old.textContent;
    const over =
      script.src === "" || !runs.test(script.type)
        ? undefined
        : new Promise((resolve) => {
            script.addEventListener("load", resolve);
            script.addEventListener("error", resolve);
          });
    old.replaceWith(script);
    await over;
  }
  await reloadMath(element);
}

/** What our own drawing needs beyond its markup. */
function finish(root: HTMLElement): void {
  reachWide(root);
  if (root === place()) {
    // A document without an origin may not import: the editor of circuits came as a script of its own, where there is something to draw.
    inputs = new Inputs(root, askPage, () => Promise.resolve((window as { lyceumCircuits?: typeof enhanceSchematic }).lyceumCircuits ?? (() => ({}))));
  }
  void drawIcons(root);
}

let icons: Promise<void> | undefined;

/** A document without an origin may not use symbols of another one: they are fetched and put into it when the first is drawn. */
async function drawIcons(root: HTMLElement): Promise<void> {
  if (!root.querySelector("use[href^='#lyceum-icon-']")) {
    return;
  }
  icons ??= fetch(place().dataset["icons"] ?? "")
    .then((answer) => answer.text())
    .then((text) => {
      const sprite = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
      for (const symbol of sprite.querySelectorAll("symbol")) {
        symbol.id = `lyceum-icon-${symbol.id}`;
      }
      sprite.setAttribute("style", "display: none");
      document.body.append(document.adoptNode(sprite));
    })
    .catch(() => undefined); // a sign is missing, its words are not
  await icons;
}

let started = false;

/** Says that the frame is there. */
function greet(): void {
  started = true;
  tell({ lyceum: "problem", tell: "ready", version: place().dataset["version"] ?? "", ...fields() });
}

function asked(message: Asked): void {
  switch (message.ask) {
    case "hello":
      if (started) {
        greet();
      }
      return;
    case "answers":
      void handOver(message.n).catch(
        () => undefined, // the page will miss the answer, and say so
      );
      return;
    case "previewed":
      previewed.get(message.n)?.({ preview: message.preview, error: message.error });
      return;
    case "fill": {
      const changed = fillAnswers(document, message.answers, prefix());
      inputs?.sync();
      tell({ lyceum: "problem", tell: "answers", n: message.n, ...fields(), changed });
      return;
    }
    case "draw":
      place().dataset["version"] = message.version;
      void write(place(), message.html).finally(() => tell({ lyceum: "problem", tell: "answers", n: message.n, ...fields() }));
      return;
    case "reveal":
      revealAnswers(place(), message.answers, message.word, (solution, markup) => void write(solution, markup));
      return;
    case "hide":
      hideAnswers(place());
      return;
    case "lock":
      for (const field of answerFields(document, prefix())) {
        field.disabled = message.on;
      }
      return;
    case "focus":
      answerFields(document, prefix())[0]?.focus({ preventScroll: true });
      return;
    case "theme":
      if (message.theme === "") {
        delete document.documentElement.dataset["theme"];
      } else {
        document.documentElement.dataset["theme"] = message.theme;
      }
  }
}

window.addEventListener("message", (event: MessageEvent<Partial<Asked> | null>) => {
  if (event.source === window.parent && event.source !== window && event.data?.lyceum === "problem") {
    asked(event.data as Asked);
  }
});
document.addEventListener("input", report, { capture: true });
document.addEventListener("change", report, { capture: true });
window.addEventListener("keydown", entered);
window.addEventListener("click", pressed);
document.addEventListener("DOMContentLoaded", () => {
  finish(place());
  // Events that jQuery makes are heard by its own handlers only.
  (window as { jQuery?: (of: Document) => { on(events: string, run: () => void): void } }).jQuery?.(document).on("input change", report);
  // Authors' scripts that wait for the document come first.
  window.setTimeout(greet, 0);
});
