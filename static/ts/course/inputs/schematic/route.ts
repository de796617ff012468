// Finds a way for a wire along the grid that touches nothing it does not belong to. Wires may cross; they may not end, turn or run on
// others.

import { crosses, grid, key, same, type Diagram, type Point } from "./diagram";
import { parts, placed } from "./parts";

const turn = 5; // what a corner costs, in steps
const inside = 12; // and a step through a part
const margin = 6; // steps around the drawing
const most = 40_000; // places that are looked at

const ways: Point[] = [{ x: 1, y: 0 }, { x: 0, y: 1 }, { x: -1, y: 0 }, { x: 0, y: -1 }]; // prettier-ignore

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

interface State {
  x: number; // in steps
  y: number;
  way: number;
  cost: number;
  before: State | undefined;
}

class Search {
  private readonly blocked = new Set<string>(); // something else ends here
  private readonly taken = new Map<string, number>(); // ways a foreign wire runs through a place: 1 across, 2 down, 3 aslant
  private readonly bodies: [number, number, number, number][];
  private readonly area: [number, number, number, number];

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
    for (const p of points) {
      if (!own.has(nodes.group(p))) {
        this.blocked.add(key(p));
      }
    }
    for (const w of diagram.wires) {
      if (own.has(nodes.group(w.from))) {
        continue;
      }
      const bits = w.from.y === w.to.y ? 1 : w.from.x === w.to.x ? 2 : 3;
      for (let x = Math.min(w.from.x, w.to.x); x <= Math.max(w.from.x, w.to.x); x += grid) {
        for (let y = Math.min(w.from.y, w.to.y); y <= Math.max(w.from.y, w.to.y); y += grid) {
          if (bits < 3 || crosses(w, { x, y })) {
            this.taken.set(key({ x, y }), (this.taken.get(key({ x, y })) ?? 0) | bits);
          }
        }
      }
    }
    this.bodies = diagram.pieces.map((p) => {
      const [l, t, r, b] = parts[p.kind].box;
      const [one, two] = [placed(p, l, t), placed(p, r, b)];
      return [Math.min(one.x, two.x), Math.min(one.y, two.y), Math.max(one.x, two.x), Math.max(one.y, two.y)];
    });
    const xs = [from.x, to.x, ...points.map((p) => p.x)];
    const ys = [from.y, to.y, ...points.map((p) => p.y)];
    const step = (v: number, out: number): number => Math.round(v / grid) + out * margin;
    this.area = [step(Math.min(...xs), -1), step(Math.min(...ys), -1), step(Math.max(...xs), 1), step(Math.max(...ys), 1)];
  }

  run(): Point[] | undefined {
    const goal = { x: this.to.x / grid, y: this.to.y / grid };
    const heap = new Heap();
    heap.push({ x: this.from.x / grid, y: this.from.y / grid, way: -1, cost: 0, before: undefined });
    const done = new Set<string>();
    for (let s = heap.pop(); s && done.size < most; s = heap.pop()) {
      const name = `${s.x},${s.y},${s.way}`;
      if (done.has(name)) {
        continue;
      }
      done.add(name);
      if (s.x === goal.x && s.y === goal.y) {
        return corners(s);
      }
      for (let way = 0; way < 4; way++) {
        const next = this.step(s, way);
        if (next) {
          heap.push(next);
        }
      }
    }
    return undefined;
  }

  private step(s: State, way: number): State | undefined {
    const d = ways[way] as Point;
    const [x, y] = [s.x + d.x, s.y + d.y];
    const [left, top, right, bottom] = this.area;
    if (x < left || x > right || y < top || y > bottom || (s.way >= 0 && Math.abs(s.way - way) === 2)) {
      return undefined;
    }
    const p = { x: x * grid, y: y * grid };
    const along = d.x !== 0 ? 1 : 2;
    const here = this.taken.get(key({ x: s.x * grid, y: s.y * grid })) ?? 0;
    const there = this.taken.get(key(p)) ?? 0;
    const turns = s.way >= 0 && s.way !== way;
    if (this.blocked.has(key(p)) || (there & along) !== 0 || (here & along) !== 0 || (turns && here !== 0) || (there !== 0 && same(p, this.to))) {
      return undefined;
    }
    const through = this.bodies.some(([l, t, r, b]) => p.x > l && p.x < r && p.y > t && p.y < b) ? inside : 0;
    return { x, y, way, cost: s.cost + 1 + (turns ? turn : 0) + (there !== 0 ? 2 : 0) + through, before: s };
  }
}

function corners(end: State): Point[] {
  const out: Point[] = [{ x: end.x * grid, y: end.y * grid }];
  for (let s = end; s.before; s = s.before) {
    if (s.before.before === undefined || s.before.way !== s.way) {
      out.push({ x: s.before.x * grid, y: s.before.y * grid });
    }
  }
  return out.reverse();
}

/** States, the cheapest first. */
class Heap {
  private readonly list: State[] = [];

  push(s: State): void {
    this.list.push(s);
    for (let k = this.list.length - 1; k > 0; ) {
      const above = (k - 1) >> 1;
      if ((this.list[above] as State).cost <= (this.list[k] as State).cost) {
        return;
      }
      this.swap(k, above);
      k = above;
    }
  }

  pop(): State | undefined {
    const top = this.list[0];
    const last = this.list.pop();
    if (last && this.list.length > 0) {
      this.list[0] = last;
      for (let k = 0; ; ) {
        let least = k;
        for (const below of [2 * k + 1, 2 * k + 2]) {
          if (below < this.list.length && (this.list[below] as State).cost < (this.list[least] as State).cost) {
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
    [this.list[a], this.list[b]] = [this.list[b] as State, this.list[a] as State];
  }
}
