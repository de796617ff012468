// Blocks as learners see them, on pages of authors, which load course.js: it makes them work, also those that come later.

import { loadMath } from "../math";
import { localizeTimes } from "../time";

/** Makes every block below a place that was put into the page work. */
export function enhanceDrawn(place: HTMLElement): void {
  localizeTimes(place);
  void loadMath(place);
  place.dispatchEvent(new CustomEvent("lyceum:drawn", { bubbles: true }));
}
