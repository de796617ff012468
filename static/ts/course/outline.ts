// The outline beside a unit. The page brings the current section; the rest, with ticks, is fetched when there is room for it or when the
// drawer is opened.

const wide = window.matchMedia("(min-width: 68.75rem)");

/** Fills the outline and keeps drawer and side apart. */
export function enhanceOutline(root: HTMLElement): void {
  const box = root.querySelector<HTMLDialogElement>("dialog[data-outline]");
  if (!box) {
    return;
  }
  let asked = false;
  const fill = async (): Promise<void> => {
    if (asked) {
      return;
    }
    asked = true;
    try {
      const answer = await fetch(box.dataset["outline"] ?? "", { credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (answer.ok) {
        replaceSections(box, await answer.text());
      }
    } catch {
      asked = false; // what the page brought stays; the next opening tries again
    }
  };
  new MutationObserver(() => {
    if (box.open) {
      void fill();
    }
  }).observe(box, { attributeFilter: ["open"] });

  // The ticks have changed: what is in view is fetched again, a closed drawer when it is opened.
  document.addEventListener("lyceum:unit-completed", () => {
    asked = false;
    if (wide.matches) {
      void fill();
    }
  });

  const soon = (): void => {
    if (wide.matches) {
      if (box.open) {
        box.close(); // the window grew; a drawer would lock the page
      }
      const later = window.requestIdleCallback ?? ((run: () => void) => window.setTimeout(run, 300));
      later(() => void fill());
    }
  };
  wide.addEventListener("change", soon);
  soon();
  showCurrent(box);
}

function replaceSections(box: HTMLElement, markup: string): void {
  const old = box.querySelector("[data-sections]");
  const made = new DOMParser().parseFromString(markup, "text/html").querySelector<HTMLElement>("[data-sections]");
  if (!old || !made) {
    return;
  }
  const here = old.querySelector<HTMLAnchorElement>('a[aria-current="true"]')?.getAttribute("href");
  const held = box.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  for (const link of made.querySelectorAll("a[href]")) {
    if (link.getAttribute("href") === here) {
      link.setAttribute("aria-current", "true");
      const section = link.closest("details");
      if (section) {
        section.open = true;
      }
    }
  }
  old.replaceWith(made);
  if (held) {
    made.querySelector<HTMLElement>(`a[href="${CSS.escape(held)}"]`)?.focus();
  }
  showCurrent(box);
}

/** Scrolls the outline, not the page, to where one is. */
function showCurrent(box: HTMLElement): void {
  const here = box.querySelector<HTMLElement>('a[aria-current="true"]');
  if (here && box.scrollHeight > box.clientHeight) {
    const at = here.getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (at < 0 || at > box.clientHeight * 0.8) {
      box.scrollTop += at - box.clientHeight / 3;
    }
  }
}
