// Showing the answers of a problem beside its fields, and hiding them again.

import { hideRightPlaces, showRightPlaces, type RightPlaces } from "./inputs/right";

/** Answers by the id of their input, solutions by theirs. */
export type Revealed = Record<string, string | string[] | RightPlaces | null>;

/** Shows answers below root; write puts the markup of a solution into its place, word is "Answer: %s". */
export function revealAnswers(root: HTMLElement, answers: Revealed, word: string, write: (place: HTMLElement, markup: string) => void): void {
  for (const [id, value] of Object.entries(answers)) {
    const solution = document.getElementById(`solution_${id}`);
    if (solution && root.contains(solution)) {
      write(solution, String(value));
      solution.hidden = false;
      continue;
    }
    if (value === null) {
      continue;
    }
    if (typeof value === "object" && !Array.isArray(value)) {
      const picture = root.querySelector<HTMLElement>(`[data-input="${CSS.escape(id)}"] [data-picture]`);
      reveal(root, id, [picture ? showRightPlaces(picture, value) : ""], word);
      continue;
    }
    reveal(root, id, Array.isArray(value) ? value : [value], word);
  }
}

function reveal(root: HTMLElement, id: string, values: string[], word: string): void {
  const input = root.querySelector<HTMLElement>(`[data-input="${CSS.escape(id)}"]`);
  let marked = false;
  for (const option of input?.querySelectorAll<HTMLElement>("[data-choice]") ?? []) {
    if (values.includes(option.dataset["choice"] ?? "")) {
      option.classList.add("is-key");
      option.querySelector(".option__key")?.removeAttribute("hidden");
      marked = true;
    }
  }
  const place = document.getElementById(`answer_${id}`);
  const text = values.filter(Boolean).join(", ");
  if (place && root.contains(place) && !marked && text) {
    place.textContent = word.replace("%s", () => text);
    place.hidden = false;
    place.dispatchEvent(new Event("revealed", { bubbles: true })); // an input may have a better way to show it
  }
}

/** Hides what was shown. */
export function hideAnswers(root: HTMLElement): void {
  for (const place of root.querySelectorAll<HTMLElement>("[data-answer], [data-solution], .option__key")) {
    place.hidden = true;
  }
  hideRightPlaces(root);
  for (const option of root.querySelectorAll(".option.is-key")) {
    option.classList.remove("is-key");
  }
}
