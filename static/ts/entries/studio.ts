// What pages of Studio run beside site.ts.

import { enhanceOutline } from "../studio/outline";

// The page that ends a sign-in sends itself.
document.querySelector<HTMLFormElement>("form[data-send-now]")?.requestSubmit();

const outline = document.querySelector<HTMLElement>("[data-outline]");
if (outline) {
  enhanceOutline(outline);
}
