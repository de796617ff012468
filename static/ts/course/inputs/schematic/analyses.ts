// Results as graders read them: voltages and currents of the operating point, and for the other analyses the values at the places their
// author asked for with submit_analyses.

import type { Curves, Values } from "./simulate";

/** What an author asked for: of each node, values at times, or at logarithms (base 10) of frequencies. */
export type Wanted = [node: string, at: number[]][];

/** Reads one part of submit_analyses; what is not of its form asks for nothing. */
export function readWanted(text: string, analysis: "ac" | "tran"): Wanted | undefined {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    return undefined;
  }
  const list = typeof all === "object" && all !== null ? (all as Record<string, unknown>)[analysis] : undefined;
  if (!Array.isArray(list)) {
    return undefined;
  }
  return (list as unknown[]).flatMap((entry): Wanted => {
    const [node, ...at] = Array.isArray(entry) ? (entry as unknown[]) : [];
    return typeof node === "string" || typeof node === "number" ? [[String(node), at.filter((v): v is number => typeof v === "number")]] : [];
  });
}

export function dcResult(values: Values): Record<string, number> {
  return Object.fromEntries(values);
}

/** Decibels, by the logarithm of the frequency. */
export function acResult(wanted: Wanted, hertz: Float64Array, magnitude: Curves): Record<string, unknown> {
  return sampled(wanted, hertz.map(Math.log10), magnitude, decibels);
}

export function tranResult(wanted: Wanted, seconds: Float64Array, curves: Curves): Record<string, unknown> {
  return sampled(wanted, seconds, curves, (value) => value);
}

/** Decibels; nothing at all is as little as can be written. */
export function decibels(magnitude: number): number {
  return 20 * Math.log10(Math.max(magnitude, 1e-20));
}

/** Values between the points of a curve; "undefined" outside and for nodes that are not there, as graders know it. */
function sampled(wanted: Wanted, x: Float64Array, curves: Curves, shown: (value: number) => number): Record<string, unknown> {
  return Object.fromEntries(
    wanted.map(([node, places]) => {
      const y = curves.get(node);
      return [
        node,
        places.map((at) => {
          const value = y && between(at, x, y);
          return [at, value === undefined ? "undefined" : shown(value)];
        }),
      ];
    }),
  );
}

/** The value of a curve at a place, by a straight line; undefined outside. */
export function between(at: number, x: Float64Array, y: Float64Array): number | undefined {
  const last = x.length - 1;
  const [first, end] = [x[0] as number, x[last] as number];
  const slack = 1e-9 * Math.max(Math.abs(first), Math.abs(end));
  if (last < 0 || !(at >= first - slack) || !(at <= end + slack)) {
    return undefined;
  }
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) <= at) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const [x1, x2, y1, y2] = [x[low] as number, x[high] as number, y[low] as number, y[high] as number];
  return x2 === x1 ? y1 : y1 + (Math.min(1, Math.max(0, (at - x1) / (x2 - x1))) * (y2 - y1));
}
