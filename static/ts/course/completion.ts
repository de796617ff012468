// Completion: blocks that are complete when seen are reported after they have stood in view for five seconds, and the unit's tick appears
// when nothing of it is open any more.

import { send } from "../request";

const seenAfter = 5_000;

interface Completed {
  usage: string;
}

/** Tells the page that a block is complete; the block's own script has told the server. */
export function completed(usage: string): void {
  document.dispatchEvent(new CustomEvent<Completed>("lyceum:completed", { detail: { usage } }));
}

/** Watches the blocks of a unit page. */
export function watchCompletion(layout: HTMLElement): void {
  const address = layout.dataset["completion"];
  const open = new Set(layout.dataset["open"]?.split(" ").filter(Boolean));
  if (!address || open.size === 0) {
    return;
  }
  document.addEventListener("lyceum:completed", (event) => {
    const had = open.delete((event as CustomEvent<Completed>).detail.usage);
    if (had && open.size === 0) {
      tick(layout);
    }
  });
  const report = async (block: HTMLElement): Promise<void> => {
    const usage = block.dataset["usage"] ?? "";
    try {
      await send(address, { body: { block_key: usage, completion: 1.0 } });
      completed(usage);
    } catch {
      watcher.observe(block); // seen again, reported again
    }
  };
  const watcher = watchSeen((block) => void report(block));
  for (const block of layout.querySelectorAll<HTMLElement>("[data-on-view]")) {
    if (open.has(block.dataset["usage"] ?? "")) {
      watcher.observe(block);
    }
  }
}

/** Calls seen for each observed element that stood in view long enough: half of it, or as much as fills half of the window. */
function watchSeen(seen: (element: HTMLElement) => void): IntersectionObserver {
  const timers = new Map<Element, number>();
  const stop = (element: Element): void => {
    window.clearTimeout(timers.get(element));
    timers.delete(element);
  };
  const inView = new Set<Element>();
  const start = (element: Element): void => {
    if (timers.has(element) || document.visibilityState === "hidden") {
      return;
    }
    timers.set(
      element,
      window.setTimeout(() => {
        stop(element);
        inView.delete(element);
        observer.unobserve(element);
        seen(element as HTMLElement);
      }, seenAfter),
    );
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const e of entries) {
        if (e.isIntersecting && (e.intersectionRatio >= 0.5 || e.intersectionRect.height >= window.innerHeight / 2)) {
          inView.add(e.target);
          start(e.target);
        } else {
          inView.delete(e.target);
          stop(e.target);
        }
      }
    },
    { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1] },
  );
  document.addEventListener("visibilitychange", () => {
    for (const element of inView) {
      if (document.visibilityState === "hidden") {
        stop(element);
      } else {
        start(element);
      }
    }
  });
  return observer;
}

function tick(layout: HTMLElement): void {
  document.dispatchEvent(new CustomEvent("lyceum:unit-completed"));
  const tab = layout.querySelector('[data-sequence] [aria-current="page"]');
  tab?.classList.add("is-complete");
  tab?.querySelector("[data-complete-word]")?.removeAttribute("hidden");
}
