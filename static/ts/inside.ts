// What every frame of an authored document runs inside: it tells the page around it how tall it is, lets links leave, sets mathematics, and
// gives authors' scripts the names they know from elsewhere. The frame has no origin.

import { loadMath, mathAt, reloadMath } from "./math";

/** Least milliseconds between two heights: the page hears only so much. */
const between = 40;

/** Starts it. Call it while the document's head is read, from a script whose address tells where MathJax is. */
export function startInside(): void {
  const own = document.currentScript as HTMLScriptElement | null;
  if (own) {
    mathAt(new URL(`../${MATHJAX}/startup.js`, own.src).href);
  }
  offerNames();
  document.addEventListener("click", leave, { capture: true });
  document.addEventListener("auxclick", leave, { capture: true });
  document.addEventListener("DOMContentLoaded", () => {
    new ResizeObserver(tell).observe(document.documentElement);
    new ResizeObserver(tell).observe(document.body);
    // What is placed outside of the flow changes no box that we watch.
    let waiting = 0;
    new MutationObserver(() => {
      window.cancelAnimationFrame(waiting);
      waiting = window.requestAnimationFrame(tell);
    }).observe(document.body, { attributes: true, childList: true, subtree: true });
    tell();
    void loadMath(document.body).then(tell);
  });
  window.addEventListener("load", tell);
}

let told = -1;
let toldAt = -between;
let later: number | undefined;

function tell(): void {
  const height = Math.ceil(Math.max(document.documentElement.getBoundingClientRect().height, document.body.scrollHeight));
  if (height === told || later !== undefined) {
    return;
  }
  const wait = toldAt + between - performance.now();
  if (wait > 0) {
    later = window.setTimeout(() => {
      later = undefined;
      tell();
    }, wait);
    return;
  }
  told = height;
  toldAt = performance.now();
  window.parent.postMessage({ lyceum: "height", height }, "*");
}

/** Links leave the frame: in it a page would stand without its style, and ours do not let themselves be framed. */
function leave(event: Event): void {
  const link = (event.target as Element).closest<HTMLAnchorElement | HTMLAreaElement>("a[href], area[href]");
  const to = link?.getAttribute("href") ?? "";
  if (link && !to.startsWith("#") && !/^\s*javascript:/i.test(to)) {
    link.target = "_blank";
    link.rel = "noopener";
  }
}

/** Older names: mathematics is set anew through MathJax.Hub, and logging goes nowhere, because a frame reports nothing of its reader. */
function offerNames(): void {
  const places = (where: unknown): HTMLElement[] =>
    [where].flat().flatMap((w) => (typeof w === "string" ? (document.getElementById(w) ?? []) : w instanceof HTMLElement ? w : []));
  const typeset = (where?: unknown, then?: unknown): void => {
    const all = places(where);
    void Promise.all((all.length > 0 ? all : [document.body]).map(reloadMath)).then(() => (typeof then === "function" ? then() : undefined));
  };
  const run = (act: unknown): void => {
    if (typeof act === "function") {
      act();
    } else if (Array.isArray(act) && (act[0] === "Typeset" || act[0] === "Reprocess" || act[0] === "Update")) {
      typeset(act[2], act[3]);
    } else if (Array.isArray(act) && typeof act[0] === "function") {
      (act[0] as (...a: unknown[]) => unknown)(...(act.slice(1) as unknown[]));
    }
  };
  const nothing = (): void => undefined;
  const hub = {
    Queue: (...acts: unknown[]): void => acts.forEach(run),
    Typeset: typeset,
    Reprocess: typeset,
    Config: nothing,
    Configured: nothing,
    Register: { StartupHook: nothing, MessageHook: nothing, LoadHook: nothing },
  };
  // MathJax is settings first, then its loader, then itself: the older name stays on all of them.
  let current: object;
  const take = (next: object): void => {
    Object.defineProperty(next, "Hub", { value: hub, configurable: true, writable: true });
    current = next;
  };
  take({});
  Object.defineProperty(window, "MathJax", { configurable: true, get: () => current, set: take });
  Object.assign(window, { Logger: { log: nothing, listen: nothing, bind: nothing } });
}
