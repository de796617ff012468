// Runs inside frames that show what authors wrote with scripts of their own. The frame has no origin; it tells the page around it how tall
// it is, and nothing else. See frames.ts for the other side.

import { loadMath, mathAt } from "../math";

document.documentElement.dataset["theme"] = "light"; // what authors color for
const own = document.currentScript as HTMLScriptElement | null;
if (own) {
  mathAt(new URL(`../${MATHJAX}/startup.js`, own.src).href);
}

let told = -1;

function tell(): void {
  const height = Math.ceil(Math.max(document.documentElement.getBoundingClientRect().height, document.body.scrollHeight));
  if (height !== told) {
    told = height;
    window.parent.postMessage({ lyceum: "height", height }, "*");
  }
}

/** Links leave the frame: in it a page would stand without its style, and ours do not let themselves be framed. */
function leave(event: Event): void {
  const link = (event.target as Element).closest<HTMLAnchorElement | HTMLAreaElement>("a[href], area[href]");
  const to = link?.getAttribute("href") ?? "";
  if (link && !to.startsWith("#") && !/^javascript:/i.test(to)) {
    link.target = "_blank";
    link.rel = "noopener";
  }
}

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
