// The right places of a picture, once they may be shown.

import { phrase, wordsOf } from "./index";

/** Where a choice in a picture is right, as the server tells it. */
export interface RightPlaces {
  rectangle?: string | null;
  regions?: string | null;
}

type Point = [x: number, y: number];

/** Draws the right places over a picture and says them; returns the words. */
export function showRightPlaces(box: HTMLElement, right: RightPlaces): string {
  const area = box.querySelector<HTMLElement>("[data-picture-area]");
  hideRightPlaces(box);
  const outlines = [...rectangles(right.rectangle ?? ""), ...regions(right.regions ?? "")];
  if (!area || outlines.length === 0) {
    return "";
  }
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "picture__right");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", `0 0 ${box.dataset["width"] ?? "1"} ${box.dataset["height"] ?? "1"}`);
  svg.setAttribute("preserveAspectRatio", "none");
  for (const outline of outlines) {
    const shape = document.createElementNS(svg.namespaceURI, "polygon");
    shape.setAttribute("points", outline.map((p) => p.join(",")).join(" "));
    svg.append(shape);
  }
  area.append(svg);
  const words = wordsOf(box);
  return outlines
    .map((outline) => {
      const range = (k: 0 | 1): string => `${Math.min(...outline.map((p) => p[k]))}–${Math.max(...outline.map((p) => p[k]))}`;
      return phrase(words["answer"], range(0), range(1));
    })
    .join("; ");
}

/** Takes them away again. */
export function hideRightPlaces(box: ParentNode): void {
  box.querySelectorAll(".picture__right").forEach((shape) => shape.remove());
}

function rectangles(text: string): Point[][] {
  const found: Point[][] = [];
  for (const m of text.replaceAll(" ", "").matchAll(/[([](\d+),(\d+)[)\]]-[([](\d+),(\d+)[)\]]/g)) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = m.slice(1).map(Number);
    found.push([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]); // prettier-ignore
  }
  return found;
}

function regions(text: string): Point[][] {
  try {
    const read = JSON.parse(text) as Point[] | Point[][];
    const lists = Array.isArray(read[0]?.[0]) ? (read as Point[][]) : [read as Point[]];
    return lists.map(hull).filter((points) => points.length > 2);
  } catch {
    return [];
  }
}

/** The convex outline around points: that is what counts. */
function hull(points: Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: Point[]): Point[] => {
    const chain: Point[] = [];
    for (const p of list) {
      for (let a = chain.at(-2), b = chain.at(-1); a && b; a = chain.at(-2), b = chain.at(-1)) {
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) {
          break;
        }
        chain.pop();
      }
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
