// The bookmark of a unit: shown at once, and taken back when the server refuses.

import { toast } from "../live";
import { send } from "../request";

/** Makes [data-bookmark] work; returns how to press it by key. */
export function enhanceBookmark(root: HTMLElement): (() => void) | undefined {
  const button = root.querySelector<HTMLButtonElement>("[data-bookmark]");
  if (!button) {
    return undefined;
  }
  const mark = root.querySelector('[data-sequence] [aria-current="page"]');
  const show = (on: boolean): void => {
    button.setAttribute("aria-pressed", String(on));
    mark?.classList.toggle("is-marked", on);
  };
  let working = false;
  const press = async (): Promise<void> => {
    if (working) {
      return;
    }
    working = true;
    const on = button.getAttribute("aria-pressed") !== "true";
    show(on);
    try {
      if (on) {
        await send(button.dataset["add"] ?? "", { body: { usage_id: button.dataset["bookmark"] } });
      } else {
        await send(button.dataset["remove"] ?? "", { method: "DELETE" });
      }
    } catch {
      show(!on);
      toast(button.dataset["failed"] ?? "", { kind: "error" });
    } finally {
      working = false;
    }
  };
  button.addEventListener("click", () => void press());
  return () => button.click();
}
