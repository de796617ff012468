// Forms of settings: what was typed and not saved is asked about before the page is left; grades can be dragged along a scale.

import { announce, toast } from "../live";
import { enhanceGrading } from "./grades";
import { CourseFiles } from "./html-editor-files";

/** Improves a form of settings. */
export function enhance(root: HTMLElement): void {
  keepTyped(root);
  if (root.dataset["grading"] !== undefined) {
    enhanceGrading(root, announce);
  }
  for (const field of root.querySelectorAll<HTMLInputElement>("input[data-file-picker]:not(:disabled)")) {
    offerUpload(field);
  }
  const find = root.querySelector<HTMLInputElement>("[data-find]");
  if (find) {
    enhanceFind(root, find);
  }
}

/** Shows only the settings that have all words typed in the search. */
function enhanceFind(root: HTMLElement, find: HTMLInputElement): void {
  const found = root.querySelector<HTMLElement>("[data-found]");
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
    }
  });
  find.addEventListener("input", (event) => {
    event.stopPropagation(); // a search is no change
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of root.querySelectorAll<HTMLElement>("[data-group]")) {
      let here = 0;
      for (const row of group.querySelectorAll<HTMLElement>("[data-setting]")) {
        row.hidden = !words.every((w) => row.dataset["setting"]?.includes(w));
        here += row.hidden ? 0 : 1;
      }
      group.hidden = here === 0;
      if (group instanceof HTMLDetailsElement && words.length > 0) {
        group.open = here > 0;
      }
      shown += here;
    }
    if (found) {
      found.textContent = words.length === 0 ? "" : shown === 0 ? (found.dataset["none"] ?? "") : String(shown);
    }
  });
}

/** Asks before a page with unsaved words is left. */
function keepTyped(root: HTMLElement): void {
  let changed = root.dataset["fresh"] !== undefined;
  const note = (): void => {
    changed = true;
  };
  root.addEventListener("input", note);
  root.addEventListener("change", note);
  document.addEventListener("submit", () => {
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) {
      event.preventDefault();
    }
  });
}

/** Puts a button under a field that names a picture: it uploads one into the course and writes its name into the field. */
function offerUpload(field: HTMLInputElement): void {
  const say = (word: string): string => field.dataset[word] ?? "";
  const files = new CourseFiles(say("course"));
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.accept = "image/*";
  chooser.hidden = true;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small settings__upload";
  button.textContent = say("upload");
  button.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    if (!file) {
      return;
    }
    button.disabled = true;
    files
      .upload(file)
      .then((made) => {
        field.value = made.name;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        toast(say("uploaded"));
      })
      .catch(() => toast(say("failed"), { kind: "error" }))
      .finally(() => {
        chooser.value = "";
        button.disabled = false;
        button.focus();
      });
  });
  field.closest(".field")?.append(button, chooser);
}
