// What pages inside a course run beside site.ts.

import { enhanceBookmark } from "../course/bookmark";
import { watchCompletion } from "../course/completion";
import { focusBlock } from "../course/focus";
import { enhanceKeys } from "../course/keys";
import { trackLeaving, trackLinks, trackSequence } from "../course/links";
import { enhanceOutline } from "../course/outline";
import { enhanceProblems } from "../course/problem";
import { reachWide } from "../course/wide";
import { sweepDrafts } from "../draft";

trackLinks();
trackLeaving();
const unit = document.querySelector<HTMLElement>("[data-unit]");
if (unit) {
  trackSequence(unit);
  watchCompletion(unit);
  enhanceOutline(unit);
  enhanceKeys(unit, enhanceBookmark(unit));
  unit.querySelector('[data-sequence] [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
}
// On a phone the tabs are wider than the window: the one that is open shall be seen.
document.querySelector(".course-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
enhanceBlocks(document);
// Pages of authors put blocks in later.
document.addEventListener("lyceum:drawn", (event) => enhanceBlocks(event.target as HTMLElement));
focusBlock();
sweepDrafts();

function enhanceBlocks(root: ParentNode): void {
  enhanceProblems(root);
  reachWide(root);
  const videos = root.querySelectorAll<HTMLElement>("[data-video]");
  if (videos.length > 0) {
    void import("../course/video").then(({ enhanceVideo }) => videos.forEach(enhanceVideo));
  }
}
