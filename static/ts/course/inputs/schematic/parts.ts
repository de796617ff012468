// The parts of a circuit: where their terminals are, what can be set about them, and how they look. Kinds, terminals and names of what can
// be set are those of the stored format, which graders read; a terminal is given in eighths of the grid, from the part's own point.

export type Kind = "g" | "L" | "v" | "i" | "r" | "c" | "l" | "o" | "d" | "n" | "p" | "s" | "a";

export interface Setting {
  name: string;
  standard: string;
  unit?: string;
  /** A number is wanted. */
  number?: boolean;
  choices?: string[];
}

export interface Part {
  terminals: [x: number, y: number][];
  /** Names of the terminals, as the page's words have them. */
  ends: string[];
  /** Left, top, right, bottom of what is drawn. */
  box: [number, number, number, number];
  settings: Setting[];
  /** Lines of the symbol, as the path of an SVG. */
  path: string;
  /** Whether it can have a name. */
  named: boolean;
}

export const probeColors = ["red", "green", "blue", "cyan", "magenta", "yellow", "black", "x-axis"];

const upright: [number, number][] = [[0, 0], [0, 48]]; // prettier-ignore
const probing: Setting[] = [
  { name: "color", standard: "cyan", choices: probeColors },
  { name: "offset", standard: "0", number: true },
];
const source: Setting[] = [{ name: "value", standard: "dc(1)" }];
const channelOf = "M0 0V15H-9V33H0V48M-13 14V34";

export const parts: Record<Kind, Part> = {
  g: { terminals: [[0, 0]], ends: ["end"], box: [-8, 0, 8, 14], settings: [], named: false, path: "M0 0V7M-8 7H8M-5 10.5H5M-2 14H2" },
  L: { terminals: [[0, 0]], ends: ["end"], box: [-3, 0, 3, 9], settings: [{ name: "label", standard: "???" }], named: false, path: "M0 0V6M-3 3L0 6L3 3" },
  v: { terminals: upright, ends: ["plus", "minus"], box: [-12, 0, 12, 48], settings: source, named: true, path: "M0 0V12M0 36V48M-12 24A12 12 0 1 0 12 24A12 12 0 1 0 -12 24M-3 18H3M0 15V21M-3 30H3" },
  i: { terminals: upright, ends: ["from", "to"], box: [-12, 0, 12, 48], settings: source, named: true, path: "M0 0V12M0 36V48M-12 24A12 12 0 1 0 12 24A12 12 0 1 0 -12 24M0 16V32M-4 27L0 32L4 27" },
  r: { terminals: upright, ends: ["first", "second"], box: [-6, 0, 6, 48], settings: [{ name: "r", standard: "1", unit: "Ω", number: true }], named: true, path: "M0 0V10L5 12.5L-5 17L5 21.5L-5 26L5 30.5L-5 35L0 38V48" },
  c: { terminals: upright, ends: ["first", "second"], box: [-9, 0, 9, 48], settings: [{ name: "c", standard: "1p", unit: "F", number: true }], named: true, path: "M0 0V21M-9 21H9M-9 27H9M0 27V48" },
  l: { terminals: upright, ends: ["first", "second"], box: [-4, 0, 7, 48], settings: [{ name: "l", standard: "1n", unit: "H", number: true }], named: true, path: "M0 0V9A5 5 0 0 1 0 19A5 5 0 0 1 0 29A5 5 0 0 1 0 39V48" },
  o: { terminals: [[0, 0], [0, 16], [48, 8], [24, 32]], ends: ["noninverting", "inverting", "output", "reference"], box: [0, -10, 48, 32], settings: [{ name: "A", standard: "30000", number: true }], named: true, path: "M8 -10V26L41 8ZM0 0H8M0 16H8M41 8H48M24 17.3V32M11 0H17M14 -3V3M11 16H17" }, // prettier-ignore
  d: { terminals: upright, ends: ["anode", "cathode"], box: [-8, 0, 8, 48], settings: [{ name: "area", standard: "1", number: true }, { name: "type", standard: "normal", choices: ["normal", "ideal"] }], named: true, path: "M0 0V17M-8 17H8L0 31ZM-8 31H8M0 31V48" }, // prettier-ignore
  n: { terminals: [[0, 0], [-24, 24], [0, 48]], ends: ["drain", "gate", "source"], box: [-24, 0, 8, 48], settings: [{ name: "W/L", standard: "2", number: true }], named: true, path: channelOf + "M-24 24H-13M-6 30L0 33L-6 36" }, // prettier-ignore
  p: { terminals: [[0, 0], [-24, 24], [0, 48]], ends: ["drain", "gate", "source"], box: [-24, 0, 8, 48], settings: [{ name: "W/L", standard: "2", number: true }], named: true, path: channelOf + "M-24 24H-18M-18 24A2.5 2.5 0 1 0 -13 24A2.5 2.5 0 1 0 -18 24M-3 30L-9 33L-3 36" }, // prettier-ignore
  s: { terminals: [[0, 0]], ends: ["tip"], box: [0, -20, 20, 0], settings: probing, named: false, path: "M0 0L5 -5M3 -8L8 -3L20 -15L15 -20Z" },
  a: { terminals: [[0, 0], [16, 0]], ends: ["in", "out"], box: [0, -6, 16, 6], settings: probing, named: true, path: "M0 0H16M5 -5L11 0L5 5" }, // prettier-ignore
};

/** All kinds in the order a box of parts shows them. */
export const kinds = Object.keys(parts) as Kind[];

export function isKind(text: unknown): text is Kind {
  return typeof text === "string" && Object.hasOwn(parts, text);
}

/** Four turns and their mirror images, as the factors of x' = ax + cy, y' = bx + dy. */
export const turns: [a: number, b: number, c: number, d: number][] = [
  [1, 0, 0, 1],
  [0, 1, -1, 0],
  [-1, 0, 0, -1],
  [0, -1, 1, 0],
  [-1, 0, 0, 1],
  [0, -1, -1, 0],
  [1, 0, 0, -1],
  [0, 1, 1, 0],
];

/** A quarter turn more, and the mirror image, by what it is now. */
export const turned = [1, 2, 3, 0, 5, 6, 7, 4];
export const mirrored = [4, 7, 6, 5, 0, 3, 2, 1];

/** Where a place of a part lies on the sheet. */
export function placed(at: { x: number; y: number; rotation: number }, x: number, y: number): { x: number; y: number } {
  const [a, b, c, d] = turns[at.rotation] ?? [1, 0, 0, 1];
  return { x: at.x + a * x + c * y, y: at.y + b * x + d * y };
}
