// Who else is in this course now. A page that is seen tells the server every 20 seconds where its author is, and shows who else is where. It
// asks for nothing more: where the server cannot be reached or cannot tell, nobody is shown.

import { RefusedError, newToken, send } from "../request";

/** See POST /here/KEY. */
interface Here {
  people: { initials: string; words: string }[];
  more: string;
  open: { block: string; words: string; too: string }[];
}

const every = 20_000;
const soonest = 2_000; // between two beats, whatever happens on the page
const lasts = 60_000; // how long an answer is good for
const idle = 30 * 60_000; // who touches nothing for so long is not here; a page left open must not keep its session alive
const faces = 3;
const nobody: Here = { people: [], more: "", open: [] };

export function enhanceHere(bar: HTMLDetailsElement): void {
  const url = bar.dataset["here"] ?? "";
  const tab = newToken();
  let timer: number | undefined;
  let [told, answered, touched] = [0, 0, Date.now()];
  let here = nobody;
  let ended = false;

  const pause = (): void => {
    window.clearTimeout(timer);
    timer = undefined;
  };

  const beat = async (): Promise<void> => {
    pause();
    if (ended || document.visibilityState === "hidden" || Date.now() - touched > idle) {
      return; // it goes on when somebody is seen again
    }
    timer = window.setTimeout(() => void beat(), every);
    told = Date.now();
    const turn = told;
    try {
      const got = await send<Here>(url, { body: { tab, ...whereabouts(bar) }, timeout: every });
      answered = Date.now();
      here = turn === told ? got : here;
    } catch (error) {
      ended = error instanceof RefusedError && !error.passing;
      here = ended || Date.now() - answered > lasts ? nobody : here;
    }
    show(bar, here);
  };

  const soon = (): void => {
    pause();
    timer = window.setTimeout(() => void beat(), Math.max(0, told + soonest - Date.now()));
  };

  const touch = (): void => {
    touched = Date.now();
    if (timer === undefined && !ended) {
      soon();
    }
  };

  document.addEventListener("pointerdown", touch, { capture: true, passive: true });
  document.addEventListener("keydown", touch, { capture: true, passive: true });
  document.addEventListener("visibilitychange", soon);
  window.addEventListener("pagehide", () => {
    pause();
    navigator.sendBeacon(url, new Blob([JSON.stringify({ tab, left: true })], { type: "application/json" }));
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      soon();
    }
  });
  watch("dialog[data-editor]", { childList: true }, soon);
  watch("[data-page=unit] > [data-inside]", { childList: true, subtree: true }, () => mark(here));
  void beat();
}

function watch(selector: string, what: MutationObserverInit, then: () => void): void {
  const found = document.querySelector(selector);
  if (found) {
    new MutationObserver(then).observe(found, what);
  }
}

/** The editor that is open: the page's own, or one over it. */
function editor(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-page=edit][data-edit]");
}

function whereabouts(bar: HTMLElement): { place: string; edits: boolean } {
  const edited = editor()?.dataset["edit"];
  const unit = document.querySelector<HTMLElement>("[data-page=unit]")?.dataset["key"];
  return { place: edited ?? unit ?? bar.dataset["pageName"] ?? "", edits: edited !== undefined };
}

/** Brings the page up to date, and leaves alone what says the same already: live regions speak of what changes. */
function show(bar: HTMLDetailsElement, here: Here): void {
  const text = JSON.stringify([here.people, here.more]);
  if (bar.dataset["shown"] !== text) {
    bar.dataset["shown"] = text;
    const rest = here.people.length - faces;
    const lines = [...here.people.map((p) => p.words), here.more].filter((words) => words !== "");
    bar.querySelector("summary")?.replaceChildren(
      ...here.people.slice(0, faces).map((p) => element("span", "avatar", p.initials, p.words)),
      ...(rest > 0 ? [element("span", "others__rest", `+${String(rest)}${here.more ? "…" : ""}`, "")] : []),
      element("span", "visually-hidden", lines.join(", ")),
    );
    bar.querySelector("ul")?.replaceChildren(...lines.map((words) => element("li", "", words)));
    bar.open &&= here.people.length > 0;
    bar.hidden = here.people.length === 0;
  }
  mark(here);
  const notice = editor()?.querySelector<HTMLElement>("[data-open-too]");
  const too = here.open.filter((o) => o.block === editor()?.dataset["edit"]).map((o) => o.too).join("\n");
  if (notice && notice.textContent !== too) {
    notice.replaceChildren(...(too ? [element("p", "notice", too)] : []));
  }
}

/** Marks the components of a unit that others have open. */
function mark(here: Here): void {
  for (const component of document.querySelectorAll<HTMLElement>("[data-component]")) {
    const words = here.open.filter((o) => o.block === component.dataset["component"]).map((o) => o.words).join(", ");
    const old = component.querySelector<HTMLElement>(":scope > .component__others");
    if ((old?.textContent ?? "") !== words) {
      old?.remove();
      if (words) {
        component.querySelector(":scope > .component__bar")?.after(element("p", "component__others", words));
      }
    }
  }
}

/** An element with a text; with a title it is for eyes only, because the words stand elsewhere. */
function element(name: string, look: string, text: string, title?: string): HTMLElement {
  const made = document.createElement(name);
  made.className = look;
  made.textContent = text;
  if (title !== undefined) {
    made.title = title;
    made.setAttribute("aria-hidden", "true");
  }
  return made;
}
