// What pages of Studio run beside site.ts.

import { enhanceHere } from "../studio/here";
import { enhanceOutline } from "../studio/outline";

/** Scripts of pages that need more than a few lines, fetched where the page has data-page="NAME"; each enhances that element. */
const pages: Record<string, () => Promise<{ enhance: (root: HTMLElement) => void }>> = {
  edit: () => import("../studio/edit"),
  settings: () => import("../studio/settings"),
  transfer: () => import("../studio/transfer"),
  unit: () => import("../studio/unit"),
  tabs: () => import("../studio/tabs"),
  files: () => import("../studio/files"),
};

// The page that ends a sign-in sends itself.
document.querySelector<HTMLFormElement>("form[data-send-now]")?.requestSubmit();

const outline = document.querySelector<HTMLElement>("[data-outline]");
if (outline) {
  enhanceOutline(outline);
}

const here = document.querySelector<HTMLDetailsElement>("details[data-here]");
if (here) {
  enhanceHere(here);
}

if (document.querySelector("textarea[data-richtext]")) {
  void import("../studio/html-editor").then((script) => script.enhance(document));
}

for (const root of document.querySelectorAll<HTMLElement>("[data-page]")) {
  const load = pages[root.dataset["page"] ?? ""];
  if (load) {
    void load().then((script) => {
      script.enhance(root);
    });
  }
}
