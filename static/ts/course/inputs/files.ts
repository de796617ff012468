// Files to be handed in: names and sizes are looked at before they are sent.

import { phrase, wordsOf, type Widget } from "./index";

const largest = 4_000_000;
const most = 20;

/** Looks at the files of a field. */
export function enhanceFiles(box: HTMLElement): Widget {
  const field = box.querySelector<HTMLInputElement>("input[type=file]");
  if (!field) {
    return {};
  }
  const names = (list: string | undefined): string[] => (list ?? "").split(/[\s,]+/).filter(Boolean);
  const allowed = names(box.dataset["allowed"]);
  const required = names(box.dataset["required"]);
  const words = wordsOf(box);
  return {
    complaint() {
      const chosen = [...(field.files ?? [])];
      const foreign = chosen.find((f) => allowed.length > 0 && !allowed.includes(f.name));
      if (foreign) {
        return phrase(words["not_allowed"], foreign.name, allowed.join(", "));
      }
      const missing = required.find((name) => !chosen.some((f) => f.name === name));
      if (missing !== undefined) {
        return phrase(words["missing"], missing);
      }
      if (chosen.length === 0) {
        return words["none"] ?? "";
      }
      const large = chosen.find((f) => f.size > largest) ?? chosen[most];
      return large ? phrase(words["too_large"], large.name) : "";
    },
  };
}

/** Files with the names of the fields they were chosen in. */
export type Chosen = [name: string, file: File][];

/** The files chosen below root, in fields whose names begin so. */
export function chosenFiles(root: ParentNode, prefix = "input_"): Chosen {
  return [...root.querySelectorAll<HTMLInputElement>("[data-files] input[type=file]")]
    .filter((field) => field.name.startsWith(prefix))
    .flatMap((field) => [...(field.files ?? [])].map((file): [string, File] => [field.name, file]));
}
