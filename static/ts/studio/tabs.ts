// The list of a course's pages: rows can be dragged, and moved by Alt with an arrow key.

import { toast } from "../live";
import { send } from "../request";
import { enhanceDrag } from "./drag";

/** Improves the list of pages. */
export function enhance(root: HTMLElement): void {
  const list = root.querySelector<HTMLElement>("[data-tabs]");
  if (!list) {
    return;
  }
  // One order is on its way at a time, and the newest goes next: two at once could arrive the other way round.
  let stored = [...list.children];
  let sending = false;
  const store = async (): Promise<void> => {
    if (sending) {
      return;
    }
    sending = true;
    try {
      for (let order = [...list.children]; order.some((r, i) => r !== stored[i]); order = [...list.children]) {
        await send(root.dataset["action"] ?? "", { body: { tabs: order.map((r) => ({ tab_id: (r as HTMLElement).dataset["tab"] })) } });
        stored = order;
      }
      toast(root.dataset["moved"] ?? "");
    } catch {
      list.replaceChildren(...stored);
      steps(list);
      toast(root.dataset["kept"] ?? "", { kind: "error" });
    } finally {
      sending = false;
    }
  };
  const move = (row: HTMLElement, at: number): void => {
    const before = [...list.children];
    const others = before.filter((r) => r !== row);
    const least = others.filter((r) => !r.hasAttribute("data-row")).length; // home and course stay in front
    const place = Math.min(Math.max(at, least), others.length);
    if (before[place] === row) {
      return;
    }
    const focused = document.activeElement instanceof HTMLElement && row.contains(document.activeElement) ? document.activeElement : undefined;
    list.insertBefore(row, others[place] ?? null);
    focused?.focus();
    steps(list);
    void store();
  };
  enhanceDrag(list, (row, _, at) => move(row, at));
  list.addEventListener("keydown", (event) => {
    const row = (event.target as Element).closest<HTMLElement>("[data-row]");
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (row && event.altKey && by !== 0) {
      event.preventDefault();
      move(row, [...list.children].indexOf(row) + by);
    }
  });
}

/** Says anew which rows cannot go further up or down. */
function steps(list: HTMLElement): void {
  const rows = [...list.querySelectorAll<HTMLElement>("[data-row]")];
  rows.forEach((row, i) => {
    for (const form of row.querySelectorAll("form")) {
      const act = form.querySelector<HTMLInputElement>("[name=act]")?.value;
      const button = form.querySelector("button");
      if (button && (act === "up" || act === "down")) {
        button.disabled = act === "up" ? i === 0 : i === rows.length - 1;
      }
    }
  });
}
