// What a source gives over time, written as FUNCTION(ARGUMENTS).

import { parseNumber } from "./number";

/** The functions and their arguments with what is taken where none is given. */
export const sourceFunctions: Record<string, [argument: string, standard: number][]> = {
  dc: [["value", 0]],
  impulse: [["height", 1], ["width", 1e-9]], // prettier-ignore
  step: [["initial", 0], ["plateau", 1], ["delay", 0], ["rise", 1e-9]], // prettier-ignore
  square: [["initial", 0], ["plateau", 1], ["frequency", 1], ["duty", 50]], // prettier-ignore
  triangle: [["initial", 0], ["plateau", 1], ["frequency", 1]], // prettier-ignore
  pulse: [["initial", 0], ["plateau", 1], ["delay", 0], ["rise", 1e-9], ["fall", 1e-9], ["width", 1e9], ["period", 1e9]], // prettier-ignore
  sin: [["offset", 0], ["amplitude", 1], ["frequency", 1], ["delay", 0], ["phase", 0]], // prettier-ignore
  pwl: [],
  pwl_repeating: [],
};

/** A source over time. */
export interface Source {
  name: string;
  /** Arguments as numbers, with what stands for those left out. */
  given: number[];
  /** Seconds after which it repeats, 0 for never. */
  period: number;
  at(seconds: number): number;
  /** The next time after seconds where it has a corner, Infinity for none. */
  corner(seconds: number): number;
}

/** Reads a source; undefined for a function or a number that cannot be read. */
export function parseSource(text: string): Source | undefined {
  const call = /^\s*([a-z_]+)\s*\(([^)]*)\)?\s*$/i.exec(text);
  if (!call) {
    const value = parseNumber(text);
    return value === undefined ? undefined : constant(value);
  }
  const name = (call[1] ?? "").toLowerCase();
  const wanted = Object.hasOwn(sourceFunctions, name) ? sourceFunctions[name] : undefined;
  const written = (call[2] ?? "").trim() === "" ? [] : (call[2] ?? "").split(",");
  const read = written.map((word) => (word.trim() === "" ? NaN : parseNumber(word)));
  if (!wanted || read.includes(undefined)) {
    return undefined;
  }
  const numbers = read as number[];
  if (name.startsWith("pwl")) {
    return numbers.some(Number.isNaN) ? undefined : corners(name, numbers, numbers, name === "pwl_repeating");
  }
  return made(name, wanted.map(([, standard], k) => (numbers[k] === undefined || Number.isNaN(numbers[k]) ? standard : numbers[k])));
}

function made(name: string, given: number[]): Source {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = given;
  const period = c === 0 ? Infinity : 1 / Math.abs(c);
  switch (name) {
    case "impulse":
      return corners(name, given, [0, 0, Math.abs(b) / 2, a, Math.abs(b), 0], false);
    case "step":
      return corners(name, given, [Math.max(0, c), a, Math.max(0, c) + Math.abs(d), b], false);
    case "square": {
      const change = 0.01 * period;
      const high = 0.01 * Math.min(100, Math.abs(d)) * 0.98 * period;
      return corners(name, given, [0, a, change, b, change + high, b, 2 * change + high, a, period, a], true);
    }
    case "triangle":
      return corners(name, given, [0, a, period / 2, b, period, a], true);
    case "pulse": {
      const up = Math.max(0, c);
      const top = up + Math.abs(d);
      const down = top + Math.abs(f);
      return corners(name, given, [up, a, top, b, down, b, down + Math.abs(e), a, Math.abs(g), a], true);
    }
    case "sin":
      return sine(given);
    default:
      return constant(a);
  }
}

function constant(value: number): Source {
  return { name: "dc", given: [value], period: 0, at: () => value, corner: () => Infinity };
}

function sine(given: number[]): Source {
  const [offset = 0, amplitude = 1, frequency = 1, delay = 0, phase = 0] = given;
  const start = Math.max(0, delay);
  const speed = Math.abs(frequency);
  return {
    name: "sin",
    given,
    period: speed === 0 ? 0 : 1 / speed,
    at: (t) => offset + amplitude * Math.sin(2 * Math.PI * (speed * Math.max(0, t - start) + phase / 360)),
    corner: (t) => (t < start ? start : Infinity),
  };
}

/** Straight lines between times and values that alternate in points; a repeating one begins anew at its last time. */
function corners(name: string, given: number[], points: number[], repeats: boolean): Source {
  const times = points.filter((_, k) => k % 2 === 0).slice(0, Math.floor(points.length / 2));
  const values = points.filter((_, k) => k % 2 === 1);
  const last = times.at(-1) ?? 0;
  const period = repeats && last > 0 && Number.isFinite(last) && times.length > 1 ? last : 0;
  const inside = (t: number): number => (period > 0 ? t - period * Math.floor(t / period) : t);
  return {
    name,
    given,
    period,
    at(t) {
      const now = inside(t);
      let [fromTime = 0, fromValue = 0] = [times[0], values[0]];
      if (now <= fromTime) {
        return fromValue;
      }
      for (let k = 1; k < times.length; k++) {
        const [time = 0, value = 0] = [times[k], values[k]];
        if (time > fromTime && now < time) {
          return time === Infinity ? fromValue : fromValue + ((value - fromValue) * (now - fromTime)) / (time - fromTime);
        }
        [fromTime, fromValue] = [time, value];
      }
      return fromValue;
    },
    corner(t) {
      const now = inside(t);
      // A corner that is reached but for rounding lies behind.
      const next = times.find((time) => time > now * (1 + 1e-12) && time - now > 1e-13 * Math.max(t, period));
      return next !== undefined ? t + (next - now) : period > 0 ? t + (period - now) + (times[0] ?? 0) : Infinity;
    },
  };
}
