// Folding of short proteins on a plane of hexagons. The model and its numbers are those that are published of Protex (Ethan Bolker and Brian
// White, University of Massachusetts Boston): an amino acid is a cell; a chain goes from cell to neighboring cell; sides toward water, bonds
// of hydrogen, charges and, where they are wanted, bridges of cysteines make its energy; the chain takes the shape of least energy, looked for
// eight amino acids ahead and settled four at a time, straight on where several are equal.

export const directions = ["E", "NE", "NW", "W", "SW", "SE"] as const;
export type Direction = (typeof directions)[number];

/** A cell: one step to the east is x + 1, one to the southeast y + 1. */
export interface Cell {
  x: number;
  y: number;
}

const steps: Record<Direction, Cell> = {
  E: { x: 1, y: 0 },
  NE: { x: 1, y: -1 },
  NW: { x: 0, y: -1 },
  W: { x: -1, y: 0 },
  SW: { x: -1, y: 1 },
  SE: { x: 0, y: 1 },
};

/** In which order a chain that came from somewhere tries to go on. */
const onward: Record<Direction, Direction[]> = {
  E: ["E", "NE", "SE", "NW", "SW"],
  NE: ["NE", "NW", "E", "W", "SE"],
  NW: ["NW", "W", "NE", "SW", "E"],
  W: ["W", "SW", "NW", "SE", "NE"],
  SW: ["SW", "W", "SE", "NW", "E"],
  SE: ["SE", "SW", "E", "W", "NE"],
};

/** What counts of an amino acid. */
export interface Acid {
  name: string; // three letters
  likesOil: number; // energy of a side toward water
  bonds: 0 | 1; // makes bonds of hydrogen
  charge: -1 | 0 | 1;
}

const acid = (name: string, likesOil: number, bonds: 0 | 1 = 0, charge: -1 | 0 | 1 = 0): Acid => ({ name, likesOil, bonds, charge });

/** By their letters, from the one that likes water most to those that like it least. */
export const acids: Record<string, Acid> = {
  R: acid("Arg", -15.86, 1, 1),
  D: acid("Asp", -9.66, 1, -1),
  E: acid("Glu", -7.75, 1, -1),
  N: acid("Asn", -7.58, 1),
  K: acid("Lys", -6.49, 1, 1),
  Q: acid("Gln", -6.48, 1),
  H: acid("His", -5.6, 1, 1),
  S: acid("Ser", -4.34, 1),
  T: acid("Thr", -3.51, 1),
  Y: acid("Tyr", -1.08, 1),
  G: acid("Gly", 0),
  P: acid("Pro", 0.01),
  C: acid("Cys", 0.34),
  A: acid("Ala", 0.87),
  W: acid("Trp", 1.39),
  M: acid("Met", 1.41),
  F: acid("Phe", 2.04),
  V: acid("Val", 3.1),
  I: acid("Ile", 3.98),
  L: acid("Leu", 3.98),
};

const share = { oil: 0.1, hydrogen: 0.5, charge: 1, bridge: 1.5 };
const ahead = 8;
const settled = 4;

/** A folded chain. */
export interface Folded {
  cells: Cell[];
  bridges: [number, number][]; // of cysteines, by their places in the chain
}

/** The cells of a shape told in steps; as many as there are steps, where the last of them goes nowhere. */
export function cellsOf(path: (Direction | "none")[]): Cell[] {
  const cells: Cell[] = [{ x: 0, y: 0 }];
  for (const step of path.slice(0, -1)) {
    const last = cells.at(-1) as Cell;
    const by = step === "none" ? { x: 0, y: 0 } : steps[step];
    cells.push({ x: last.x + by.x, y: last.y + by.y });
  }
  return cells;
}

/** Reads a shape, as authors write it: "E;NE;none"; undefined for what is none. */
export function parseShape(text: string): (Direction | "none")[] | undefined {
  const path = text.trim().replace(/;+$/, "").split(";").map((s) => s.trim());
  return path.every((s) => s === "none" || (directions as readonly string[]).includes(s)) ? (path as (Direction | "none")[]) : undefined;
}

/** Whether two shapes cover the same cells, turned in steps of 60 degrees and moved. Mirrored ones do not. */
export function sameShape(a: Cell[], b: Cell[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  const want = fingerprint(b);
  let turned = a;
  for (let k = 0; k < 6; k++) {
    if (fingerprint(turned) === want) {
      return true;
    }
    turned = turned.map(({ x, y }) => ({ x: x + y, y: -x })); // E becomes NE
  }
  return false;
}

function fingerprint(cells: Cell[]): string {
  const left = Math.min(...cells.map((c) => c.x));
  const top = Math.min(...cells.map((c) => c.y));
  return [...new Set(cells.map((c) => `${c.x - left},${c.y - top}`))].sort().join(" ");
}

/** Folds a chain of letters; bridges says whether cysteines make any. Gives way to the page now and then. Undefined where the chain runs
 * into itself and cannot go on. */
export async function fold(sequence: string, bridges: boolean): Promise<Folded | undefined> {
  const chain = [...sequence].map((letter) => acids[letter] as Acid);
  const search = new Search(chain, bridges);
  return (await search.run()) ? search.result() : undefined;
}

class Search {
  private readonly width: number;
  private readonly grid: Int8Array; // which amino acid is in a cell, from 1
  private readonly at: number[] = []; // cells of those that have a place
  private readonly came: Direction[] = []; // how each was reached
  private readonly offsets: number[];
  private readonly by: Record<Direction, number>;
  private least = Infinity;
  private best: { at: number[]; came: Direction[] } | undefined;
  private bridgesNow: [number, number][] = [];

  constructor(
    private readonly chain: Acid[],
    private readonly bridges: boolean,
  ) {
    this.width = 2 * chain.length + 3;
    this.grid = new Int8Array(this.width * this.width);
    const offset = ({ x, y }: Cell): number => y * this.width + x;
    this.by = Object.fromEntries(directions.map((d) => [d, offset(steps[d])])) as Record<Direction, number>;
    this.offsets = directions.map((d) => this.by[d]);
  }

  async run(): Promise<boolean> {
    const middle = Math.floor(this.width / 2) * (this.width + 1);
    const n = this.chain.length;
    if (n > 0) {
      this.put(0, middle, "E");
    }
    if (n > 1) {
      this.put(1, middle + this.by.E, "E");
    }
    for (let next = 2; next < n; next += settled) {
      const stop = Math.min(next + ahead, n);
      this.least = Infinity;
      this.best = undefined;
      for (const direction of onward[this.came[next - 1] as Direction]) {
        await new Promise((resolve) => setTimeout(resolve));
        this.go(direction, next, stop);
      }
      const best = this.best as { at: number[]; came: Direction[] } | undefined;
      if (!best) {
        return false;
      }
      for (let i = next; i < Math.min(next + settled, stop); i++) {
        this.put(i, best.at[i] as number, best.came[i] as Direction);
      }
    }
    this.energy(n); // for its bridges
    return true;
  }

  result(): Folded {
    return { cells: this.at.map((p) => ({ x: p % this.width, y: Math.floor(p / this.width) })), bridges: this.bridgesNow };
  }

  private put(i: number, p: number, came: Direction): void {
    this.at[i] = p;
    this.came[i] = came;
    this.grid[p] = i + 1;
  }

  private go(direction: Direction, i: number, stop: number): void {
    const p = (this.at[i - 1] as number) + this.by[direction];
    if (this.grid[p] !== 0) {
      return;
    }
    this.put(i, p, direction);
    if (i + 1 === stop) {
      const energy = this.energy(stop);
      if (energy < this.least) {
        this.least = energy;
        this.best = { at: this.at.slice(0, stop), came: this.came.slice(0, stop) };
      }
    } else {
      for (const next of onward[direction]) {
        this.go(next, i + 1, stop);
      }
    }
    this.grid[p] = 0;
  }

  /** The energy of the first amino acids. The order of the sums decides between shapes that are equal on paper, and is kept. */
  private energy(count: number): number {
    let energy = 0;
    const used = this.bridges ? new Array<boolean>(count).fill(false) : undefined;
    this.bridgesNow = [];
    for (let i = 0; i < count; i++) {
      const own = this.chain[i] as Acid;
      let free = 0;
      let hydrogen = 0;
      let charges = 0;
      let bridged = 0;
      for (const offset of this.offsets) {
        const k = (this.grid[(this.at[i] as number) + offset] as number) - 1;
        if (k < 0) {
          free++;
          continue;
        }
        const other = this.chain[k] as Acid;
        hydrogen += own.bonds * other.bonds;
        charges -= own.charge * other.charge;
        if (used && own.name === "Cys" && other.name === "Cys" && !used[i] && !used[k] && Math.abs(i - k) !== 1) {
          bridged++;
          used[i] = used[k] = true;
          this.bridgesNow.push([i, k]);
        }
      }
      energy += free * own.likesOil * share.oil - hydrogen * share.hydrogen - charges * share.charge - bridged * (this.bridges ? share.bridge : 0);
    }
    return energy;
  }
}
