// Forms of settings: what was typed and not saved is asked about before the page is left; grades can be dragged along a scale.

import { announce } from "../live";
import { enhanceGrading } from "./grades";

/** Improves a form of settings. */
export function enhance(root: HTMLElement): void {
  keepTyped(root);
  if (root.dataset["grading"] !== undefined) {
    enhanceGrading(root, announce);
  }
}

/** Asks before a page with unsaved words is left. */
function keepTyped(root: HTMLElement): void {
  let changed = root.dataset["fresh"] !== undefined;
  const note = (): void => {
    changed = true;
  };
  root.addEventListener("input", note);
  root.addEventListener("change", note);
  document.addEventListener("submit", () => {
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) {
      event.preventDefault();
    }
  });
}
