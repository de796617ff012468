// Finds a way for a wire along the grid that touches nothing it does not belong to. Wires may cross; they may not end, turn or run on
// others.

import { crosses, grid, same, type Diagram, type Point } from "./diagram";
import { parts, placed } from "./parts";

const turn = 5; // what a corner costs, in steps
const inside = 12; // and a step through a part
const margin = 6; // steps around the drawing
const largest = 400_000; // places of an area that is searched

const ways = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const; // prettier-ignore

/** The corners of a way from one place to another, ends included; undefined when there is none. */
export function route(diagram: Diagram, from: Point, to: Point): Point[] | undefined {
  if ([from.x, from.y, to.x, to.y].some((v) => v % grid !== 0)) {
    return undefined;
  }
  if (same(from, to)) {
    return [];
  }
  return new Search(diagram, from, to).run();
}

/** A way that always is: at most one corner. */
export function bend(from: Point, to: Point): Point[] {
  return from.x === to.x || from.y === to.y ? [from, to] : [from, { x: to.x, y: from.y }, to];
}

/** What a place of the area holds: something else ends here; a foreign wire runs across, down; the inside of a part. */
const [ends, across, down, body] = [1, 2, 4, 8];

class Search {
  private readonly left: number; // of the area, in steps
  private readonly top: number;
  private readonly width: number;
  private readonly height: number;
  private readonly map: Uint8Array;

  constructor(
    diagram: Diagram,
    private readonly from: Point,
    private readonly to: Point,
  ) {
    const nodes = diagram.nodes();
    const own = new Set([nodes.group(from), nodes.group(to)]);
    // What lies on a wire belongs to it.
    for (const w of diagram.wires) {
      if (crosses(w, from) || crosses(w, to)) {
        own.add(nodes.group(w.from));
      }
    }
    const points = [...diagram.terminals(), ...diagram.wires.flatMap((w) => [w.from, w.to])];
    const all = [from, to, ...points];
    const steps = (v: number): number => Math.round(v / grid);
    const least = (of: (p: Point) => number): number => steps(all.reduce((m, p) => Math.min(m, of(p)), Infinity)) - margin;
    const far = (of: (p: Point) => number): number => steps(all.reduce((m, p) => Math.max(m, of(p)), -Infinity)) + margin;
    [this.left, this.top] = [least((p) => p.x), least((p) => p.y)];
    [this.width, this.height] = [far((p) => p.x) - this.left + 1, far((p) => p.y) - this.top + 1];
    this.map = new Uint8Array(this.width * this.height <= largest ? this.width * this.height : 0);
    if (this.map.length === 0) {
      return;
    }
    for (const p of points) {
      if (!own.has(nodes.group(p))) {
        this.mark(p.x, p.y, ends);
      }
    }
    for (const w of diagram.wires.filter((wire) => !own.has(nodes.group(wire.from)))) {
      const bits = w.from.y === w.to.y ? across : w.from.x === w.to.x ? down : across | down;
      for (let x = onGrid(Math.min(w.from.x, w.to.x)); x <= Math.max(w.from.x, w.to.x); x += grid) {
        for (let y = onGrid(Math.min(w.from.y, w.to.y)); y <= Math.max(w.from.y, w.to.y); y += grid) {
          if (bits !== (across | down) || crosses(w, { x, y })) {
            this.mark(x, y, bits);
          }
        }
      }
    }
    for (const p of diagram.pieces) {
      const [l, t, r, b] = parts[p.kind].box;
      const [one, two] = [placed(p, l, t), placed(p, r, b)];
      for (let x = onGrid(Math.min(one.x, two.x) + 1); x < Math.max(one.x, two.x); x += grid) {
        for (let y = onGrid(Math.min(one.y, two.y) + 1); y < Math.max(one.y, two.y); y += grid) {
          this.mark(x, y, body);
        }
      }
    }
  }

  private mark(x: number, y: number, bit: number): void {
    const [column, row] = [x / grid - this.left, y / grid - this.top];
    if (Number.isInteger(column) && Number.isInteger(row) && column >= 0 && row >= 0 && column < this.width && row < this.height) {
      const k = row * this.width + column;
      this.map[k] = (this.map[k] as number) | bit;
    }
  }

  private place(p: Point): number {
    return (p.y / grid - this.top) * this.width + p.x / grid - this.left;
  }

  /** Looks for the cheapest way; a state is a place and the way one came there, the fourth being none. */
  run(): Point[] | undefined {
    if (this.map.length === 0) {
      return undefined;
    }
    const cost = new Float64Array(this.map.length * 5).fill(Infinity);
    const before = new Int32Array(this.map.length * 5).fill(-1);
    const done = new Uint8Array(this.map.length * 5);
    const goal = this.place(this.to);
    const heap = new Heap();
    const start = this.place(this.from) * 5 + 4;
    cost[start] = 0;
    heap.push(start, 0);
    for (let s = heap.pop(); s >= 0; s = heap.pop()) {
      if (done[s]) {
        continue;
      }
      done[s] = 1;
      if (Math.floor(s / 5) === goal) {
        return this.corners(s, before);
      }
      for (let way = 0; way < 4; way++) {
        const [next, more] = this.step(s, way, goal);
        if (next >= 0 && (cost[s] as number) + more < (cost[next] as number)) {
          cost[next] = (cost[s] as number) + more;
          before[next] = s;
          heap.push(next, cost[next] as number);
        }
      }
    }
    return undefined;
  }

  /** The state one step on, -1 where none may go, and what that costs. */
  private step(s: number, way: number, goal: number): [next: number, cost: number] {
    const [at, came] = [Math.floor(s / 5), s % 5];
    const [dx, dy] = ways[way] as readonly [number, number];
    const [column, row] = [(at % this.width) + dx, Math.floor(at / this.width) + dy];
    if (column < 0 || row < 0 || column >= this.width || row >= this.height || (came < 4 && Math.abs(came - way) === 2)) {
      return [-1, 0];
    }
    const next = row * this.width + column;
    const [here, there] = [this.map[at] as number, this.map[next] as number];
    const along = dx !== 0 ? across : down;
    const wires = there & (across | down);
    const turns = came < 4 && came !== way;
    if ((there & ends) !== 0 || ((here | there) & along) !== 0 || (turns && (here & (across | down)) !== 0) || (wires !== 0 && next === goal)) {
      return [-1, 0];
    }
    return [next * 5 + way, 1 + (turns ? turn : 0) + (wires !== 0 ? 2 : 0) + ((there & body) !== 0 ? inside : 0)];
  }

  private corners(end: number, before: Int32Array): Point[] {
    const point = (s: number): Point => {
      const at = Math.floor(s / 5);
      return { x: ((at % this.width) + this.left) * grid, y: (Math.floor(at / this.width) + this.top) * grid };
    };
    const out = [point(end)];
    for (let s = end; (before[s] as number) >= 0; s = before[s] as number) {
      const last = before[s] as number;
      if ((before[last] as number) < 0 || last % 5 !== s % 5) {
        out.push(point(last));
      }
    }
    return out.reverse();
  }
}

function onGrid(v: number): number {
  return Math.ceil(v / grid) * grid;
}

/** States, the cheapest first. */
class Heap {
  private readonly states: number[] = [];
  private readonly costs: number[] = [];

  push(state: number, cost: number): void {
    let k = this.states.push(state) - 1;
    this.costs.push(cost);
    for (; k > 0; k = (k - 1) >> 1) {
      const above = (k - 1) >> 1;
      if ((this.costs[above] as number) <= (this.costs[k] as number)) {
        return;
      }
      this.swap(k, above);
    }
  }

  /** Takes the cheapest out; -1 when there is none. */
  pop(): number {
    const [top] = this.states;
    const [state, cost] = [this.states.pop(), this.costs.pop()];
    if (top === undefined || state === undefined || cost === undefined) {
      return -1;
    }
    if (this.states.length > 0) {
      [this.states[0], this.costs[0]] = [state, cost];
      for (let k = 0; ; ) {
        let least = k;
        for (const below of [2 * k + 1, 2 * k + 2]) {
          if (below < this.states.length && (this.costs[below] as number) < (this.costs[least] as number)) {
            least = below;
          }
        }
        if (least === k) {
          break;
        }
        this.swap(k, least);
        k = least;
      }
    }
    return top;
  }

  private swap(a: number, b: number): void {
    [this.states[a], this.states[b]] = [this.states[b] as number, this.states[a] as number];
    [this.costs[a], this.costs[b]] = [this.costs[b] as number, this.costs[a] as number];
  }
}
