// Who else is here now. A page tells where its author is every 20 seconds, as long as it is seen, and shows who else is at the same thing. It
// asks for nothing more: where the server cannot be reached or cannot tell, nobody is shown.

import { announce } from "../live";

/** See POST /here/KEY. */
interface Here {
  words: string;
  same: boolean;
}

const every = 20_000;
const soonest = 2_000; // between two tellings, whatever happens on the page

/** Tells of the page whose element names the address of its outline or block (data-here). */
export function enhanceHere(line: HTMLElement): void {
  const tab = crypto.getRandomValues(new Uint32Array(4)).join("-");
  let timer: number | undefined;
  let last = 0;
  let said = "";

  /** The editor that is open: the page's own, or one over it. */
  const editor = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-page=edit][data-edit]:not([data-lost])");

  const request = (doing: string): [string, URLSearchParams] => {
    const edited = editor()?.querySelector<HTMLElement>("[data-here-editor]")?.dataset["hereEditor"];
    return [edited ?? line.dataset["here"] ?? "", new URLSearchParams({ tab, doing })];
  };

  const show = (here: Here): void => {
    const place = editor()?.querySelector<HTMLElement>("[data-here-editor]") ?? line;
    line.hidden = true;
    place.hidden = here.words === "";
    place.textContent = here.words;
    place.classList.toggle("is-same", here.same);
    if (here.words !== said && here.words !== "") {
      announce(here.words);
    }
    said = here.words;
  };

  const tell = async (): Promise<void> => {
    window.clearTimeout(timer);
    if (document.visibilityState === "hidden") {
      return; // it goes on when it is seen again
    }
    timer = window.setTimeout(() => void tell(), every);
    last = Date.now();
    const [url, body] = request(editor() ? "edit" : "look");
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.ok) {
        show((await answer.json()) as Here);
      } else if (answer.status === 401 || answer.status === 403) {
        window.clearTimeout(timer);
        show({ words: "", same: false });
      }
    } catch {
      // the line is lost; what else is on the page says so
    }
  };

  const soon = (): void => {
    if (document.visibilityState === "hidden") {
      return;
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void tell(), Math.max(0, last + soonest - Date.now()));
  };

  document.addEventListener("visibilitychange", soon);
  window.addEventListener("pagehide", () => {
    window.clearTimeout(timer);
    navigator.sendBeacon(...request("leave"));
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      soon();
    }
  });
  const over = document.querySelector("dialog[data-editor]");
  if (over) {
    new MutationObserver(soon).observe(over, { childList: true });
  }
  void tell();
}
