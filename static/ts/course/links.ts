// What people press, for the tracking log: links, outline, bookmarks, units of a subsection, and leaving the page. The server turns moves through a
// subsection into their older names.

import { track } from "../track";

/** Records presses on links of the page. */
export function trackLinks(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link || link.getAttribute("href")?.startsWith("#")) {
      return;
    }
    if (link.dataset["outlineLink"] !== undefined) {
      track("edx.ui.lms.outline.selected", {
        current_url: location.href,
        target_url: link.href,
        target_name: (link.querySelector("[data-name], .outline__name, .tick + span") ?? link).textContent?.trim().replace(/\s+/g, " ") ?? "",
        widget_placement: "accordion",
      });
    } else if (link.dataset["bookmarkId"] !== undefined) {
      track("edx.bookmark.accessed", {
        bookmark_id: link.dataset["bookmarkId"],
        component_type: link.dataset["type"] ?? "",
        component_usage_id: link.dataset["usage"] ?? "",
      });
    } else if (link.dataset["tool"] !== undefined) {
      track("edx.course.tool.accessed", {
        course_id: link.dataset["course"] ?? "",
        tool_name: link.dataset["tool"],
        is_staff: link.dataset["staff"] === "true",
      });
    } else if (link.dataset["tab"] === undefined && link.dataset["turn"] === undefined) {
      track("edx.ui.lms.link_clicked", { current_url: location.href, target_url: link.href });
    }
  });
}

/** Records moves from unit to unit. */
export function trackSequence(layout: HTMLElement): void {
  const id = layout.dataset["subsection"] ?? "";
  const current = Number(layout.dataset["position"]);
  const count = Number(layout.dataset["tabs"]);
  layout.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLElement>("a[data-tab], a[data-turn]");
    const tab = link?.dataset["tab"];
    if (tab !== undefined) {
      if (Number(tab) !== current) {
        track("edx.ui.lms.sequence.tab_selected", {
          current_tab: current,
          target_tab: Number(tab),
          tab_count: count,
          widget_placement: "top",
          id,
        });
      }
      return;
    }
    const turn = link?.dataset["turn"];
    if (turn === "next" || turn === "previous") {
      track(`edx.ui.lms.sequence.${turn}_selected`, {
        current_tab: current,
        tab_count: count,
        widget_placement: link?.dataset["placement"] ?? "bottom",
        id,
      });
    }
  });
}

/** Records that the page was left. */
export function trackLeaving(): void {
  // Before the queue is sent, which happens in the same event.
  window.addEventListener("pagehide", () => track("page_close", "{}"), { capture: true });
}
