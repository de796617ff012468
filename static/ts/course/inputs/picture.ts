// Choosing a place in a picture: by pointer, by arrow keys, or by its coordinates, which are the answer.

import { announce } from "../../live";
import { phrase, type, wordsOf, type Widget } from "./index";

/** Lets a place be chosen in a picture. */
export function enhancePicture(box: HTMLElement): Widget {
  const area = box.querySelector<HTMLElement>("[data-picture-area]");
  const mark = box.querySelector<HTMLElement>("[data-picture-mark]");
  const [left, top] = box.querySelectorAll<HTMLInputElement>("input");
  if (!area || !mark || !left || !top) {
    return {};
  }
  const words = wordsOf(box);
  const image = area.querySelector("img");
  const size = (): { width: number; height: number } => ({
    width: Number(box.dataset["width"]) || image?.naturalWidth || 1,
    height: Number(box.dataset["height"]) || image?.naturalHeight || 1,
  });

  const draw = (): void => {
    const { width, height } = size();
    mark.hidden = left.value === "" || top.value === "";
    mark.style.left = `${Math.min(100, (100 * Number(left.value)) / width)}%`;
    mark.style.top = `${Math.min(100, (100 * Number(top.value)) / height)}%`;
  };
  const choose = (x: number, y: number): void => {
    if (left.disabled) {
      return; // an answer is on its way
    }
    const { width, height } = size();
    const within = (value: number, most: number): string => String(Math.round(Math.max(0, Math.min(most, value))));
    type(left, within(x, width));
    type(top, within(y, height));
    draw();
  };

  area.tabIndex = 0;
  area.setAttribute("role", "application"); // arrow keys are its own
  area.setAttribute("aria-label", words["label"] ?? "");
  const help = box.querySelector(".picture__help")?.id;
  if (help) {
    area.setAttribute("aria-describedby", help);
  }
  area.addEventListener("click", (event) => {
    const frame = (image ?? area).getBoundingClientRect();
    const { width, height } = size();
    choose(((event.clientX - frame.left) * width) / frame.width, ((event.clientY - frame.top) * height) / frame.height);
  });
  area.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    const { width, height } = size();
    const far = (event.shiftKey ? 0.05 : 0.01) * Math.max(width, height);
    const by = Math.max(1, Math.round(far));
    if (mark.hidden) {
      choose(width / 2, height / 2);
    } else {
      choose(Number(left.value) + (step[0] ?? 0) * by, Number(top.value) + (step[1] ?? 0) * by);
    }
    announce(phrase(words["at"], left.value, top.value));
  });
  box.addEventListener("input", draw);
  draw();
  return { sync: draw };
}
