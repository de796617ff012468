// Curves as a picture, and the same numbers as a table.

import { between } from "./analyses";
import { make } from "./dom";
import { formatNumber } from "./number";
import { set, shape, words } from "./sheet";

export interface Curve {
  name: string;
  y: Float64Array;
}

export interface Plot {
  title: string;
  xName: string;
  x: Float64Array;
  /** How a value of x is written; for a logarithmic axis x holds logarithms. */
  xText: (x: number) => string;
  yText: (y: number) => string;
  curves: Curve[];
}

const [width, height, left, right, top, bottom] = [600, 260, 70, 12, 12, 32];

/** Draws curves; each has a color, a pattern of dashes and its name. */
export function drawPlot(plot: Plot, tableTitle: string): HTMLElement {
  const box = make("figure", "circuit__plot");
  box.append(make("figcaption", "circuit__head", plot.title), picture(plot), legend(plot), table(plot, tableTitle));
  return box;
}

function picture(plot: Plot): SVGElement {
  const svg = shape("svg", "plot");
  set(svg, { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${plot.title}: ${plot.curves.map((c) => c.name).join(", ")}` });
  const [x0, x1] = [plot.x[0] ?? 0, plot.x.at(-1) ?? 1];
  const [y0, y1] = range(plot.curves);
  const px = (x: number): number => left + ((x - x0) / (x1 - x0 || 1)) * (width - left - right);
  const py = (y: number): number => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom);
  for (const y of ticks(y0, y1, 5)) {
    const rule = shape("line", "plot__rule");
    set(rule, { x1: left, x2: width - right, y1: py(y), y2: py(y) });
    svg.append(rule, words(plot.yText(y), left - 6, py(y) + 4, "end", "plot__text"));
  }
  for (const x of ticks(x0, x1, 5)) {
    const rule = shape("line", "plot__rule");
    set(rule, { x1: px(x), x2: px(x), y1: top, y2: height - bottom });
    svg.append(rule, words(plot.xText(x), Math.min(px(x), width - right - 14), height - bottom + 16, "middle", "plot__text"));
  }
  plot.curves.forEach((curve, k) => {
    const path = shape("path", `plot__curve plot__curve--${k % 6}`);
    path.setAttribute("d", thinned(plot.x, curve.y).map(([x, y], n) => `${n === 0 ? "M" : "L"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("")); // prettier-ignore
    svg.append(path);
  });
  return svg;
}

/** As many points as can be told apart, with the highest and the lowest of every bit. */
function thinned(x: Float64Array, y: Float64Array): [number, number][] {
  const most = 1200;
  const all = [...x].map((value, k): [number, number] => [value, y[k] as number]);
  if (all.length <= most) {
    return all;
  }
  const out: [number, number][] = [];
  const size = Math.ceil(all.length / (most / 2));
  for (let k = 0; k < all.length; k += size) {
    const bit = all.slice(k, k + size).sort((a, b) => a[1] - b[1]);
    const ends = [bit[0], bit.at(-1)].filter((p): p is [number, number] => p !== undefined);
    out.push(...ends.sort((a, b) => a[0] - b[0]));
  }
  return out;
}

function range(curves: readonly Curve[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { y } of curves) {
    for (const v of y) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    return [0, 1];
  }
  const more = high - low < 1e-9 * Math.max(Math.abs(high), 1e-9) ? Math.max(Math.abs(high) * 0.1, 1e-9) : 0.05 * (high - low);
  return [low - more, high + more];
}

/** Round numbers between two. */
function ticks(from: number, to: number, about: number): number[] {
  const rough = (to - from) / about;
  if (!(rough > 0)) {
    return [from];
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough;
  const out: number[] = [];
  for (let k = Math.ceil(from / step); k * step <= to * (1 + 1e-12) && out.length < 20; k++) {
    out.push(k * step);
  }
  return out;
}

function legend(plot: Plot): HTMLElement {
  const list = make("ul", "plot__legend");
  plot.curves.forEach((curve, k) => {
    const item = make("li");
    const sample = shape("svg", "plot__sample");
    set(sample, { viewBox: "0 0 30 10", "aria-hidden": "true" });
    const path = shape("path", `plot__curve plot__curve--${k % 6}`);
    path.setAttribute("d", "M0 5H30");
    sample.append(path);
    item.append(sample, curve.name);
    list.append(item);
  });
  return list;
}

const rows = 21;

function table(plot: Plot, title: string): HTMLElement {
  const details = make("details", "circuit__numbers");
  details.append(make("summary", "", title));
  const [first, last] = [plot.x[0] ?? 0, plot.x.at(-1) ?? 0];
  const at = Array.from({ length: rows }, (_, k) => first + ((last - first) * k) / (rows - 1));
  const lines = at.map((x) => [plot.xText(x), ...plot.curves.map((c) => plot.yText(between(x, plot.x, c.y) ?? NaN))]);
  details.append(tableOf(`${plot.title}`, [plot.xName, ...plot.curves.map((c) => c.name)], lines));
  return details;
}

/** A table that scrolls in itself where it is too wide. */
export function tableOf(caption: string, heads: readonly string[], lines: readonly (readonly string[])[]): HTMLElement {
  const wide = make("div", "circuit__scroll");
  wide.tabIndex = 0;
  wide.setAttribute("role", "region");
  wide.setAttribute("aria-label", caption);
  const element = make("table", "circuit__table");
  element.append(make("caption", "visually-hidden", caption));
  const head = element.createTHead().insertRow();
  for (const text of heads) {
    const cell = make("th", "", text);
    cell.scope = "col";
    head.append(cell);
  }
  const body = element.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    line.forEach((text, k) => {
      const cell = make(k === 0 ? "th" : "td", "", text);
      if (k === 0) {
        cell.setAttribute("scope", "row");
      }
      row.append(cell);
    });
  }
  wide.append(element);
  return wide;
}

/** Seconds, volts and the like with their prefix. */
export function unitText(unit: string): (value: number) => string {
  return (value) => formatNumber(value, unit, 4);
}
