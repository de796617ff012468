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

document.addEventListener("DOMContentLoaded", () => {
  new ResizeObserver(tell).observe(document.documentElement);
  new ResizeObserver(tell).observe(document.body);
  tell();
  void loadMath(document.body).then(tell);
});
window.addEventListener("load", tell);
