// A drawn circuit, read from the stored text and written back to it. The text is a list: parts [kind, [x, y, rotation], settings, nodes],
// wires ["w", [x1, y1, x2, y2]], one ["view", ...], and results ["dc", ...], ["ac", ...], ["transient", ...]. Nodes are named when the text is
// written: 0 is ground, then labels, then numbers. Graders read all of it.

import { parseNumber } from "./number";
import { isKind, parts, placed, type Kind } from "./parts";
import { Trouble, type Element } from "./elements";
import { parseSource } from "./source";

export interface Point {
  x: number;
  y: number;
}

/** A part on the sheet. */
export interface Piece extends Point {
  id: number;
  kind: Kind;
  rotation: number;
  settings: Map<string, string>;
}

export interface Wire {
  id: number;
  kind: "w";
  from: Point;
  to: Point;
}

export type Thing = Piece | Wire;

export const grid = 8;
const mostThings = 1500;
const farthest = 50_000;

/** The text is no circuit. */
export class Unreadable extends Error {}

/** A terminal of a piece. */
export interface Terminal extends Point {
  piece: Piece;
  k: number;
}

export function isWire(thing: Thing): thing is Wire {
  return thing.kind === "w";
}

export function same(a: Point, b: Point): boolean {
  return a.x === b.x && a.y === b.y;
}

export const key = (p: Point): string => `${p.x},${p.y}`;

/** Whether p lies inside a wire, its ends left out. */
export function crosses(wire: Wire, p: Point): boolean {
  const { from, to } = wire;
  if (same(p, from) || same(p, to)) {
    return false;
  }
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((p.x - from.x) * dx + (p.y - from.y) * dy) / (dx * dx + dy * dy);
  return along > 0 && along < 1 && Math.abs((p.x - from.x) * dy - (p.y - from.y) * dx) < Math.hypot(dx, dy);
}

export class Diagram {
  things: Thing[] = [];
  /** What follows the word view: place and scale, then what analyses begin with; see settings. */
  view: unknown[] = [0, 0, 2, "50", "10", "1G", null, "100", "1", "1000"];
  /** Entries that are not known here. They are kept as they came. */
  strange: unknown[] = [];
  /** Results that came along. */
  results = new Map<string, unknown>();
  private last = 0;

  /** Reads a stored circuit. Throws Unreadable. */
  static read(text: string): Diagram {
    const diagram = new Diagram();
    if (text.trim() === "") {
      return diagram;
    }
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch {
      throw new Unreadable("no JSON");
    }
    if (!Array.isArray(list) || list.length > mostThings) {
      throw new Unreadable("no list of parts");
    }
    // The tool that made the format reads from the end, and names nodes in that order.
    for (const entry of [...(list as unknown[])].reverse()) {
      diagram.take(entry);
    }
    diagram.strange.reverse();
    diagram.tidy();
    return diagram;
  }

  private take(entry: unknown): void {
    const [kind, first, settings] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (kind === "view") {
      this.view = (entry as unknown[]).slice(1);
      return;
    }
    if (kind === "dc" || kind === "ac" || kind === "transient") {
      this.results.set(kind, first);
      return;
    }
    const numbers = Array.isArray(first) && first.every((n) => typeof n === "number" && Math.abs(n) <= farthest) ? (first as number[]) : [];
    if (kind === "w" && numbers.length === 4) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers;
      this.wire({ x: x1, y: y1 }, { x: x2, y: y2 });
    } else if (isKind(kind) && (numbers.length === 3 || numbers.length === 2)) {
      const [x = 0, y = 0, rotation = 0] = numbers;
      this.add(kind, { x, y }, ((Math.trunc(rotation) % 8) + 8) % 8, readSettings(settings));
    } else {
      this.strange.push(entry);
    }
  }

  add(kind: Kind, at: Point, rotation = 0, settings = standards(kind)): Piece {
    const piece: Piece = { id: ++this.last, kind, x: at.x, y: at.y, rotation, settings };
    this.things.push(piece);
    return piece;
  }

  wire(from: Point, to: Point): void {
    if (!same(from, to)) {
      this.things.push({ id: ++this.last, kind: "w", from: { ...from }, to: { ...to } });
    }
  }

  get pieces(): Piece[] {
    return this.things.filter((t): t is Piece => !isWire(t));
  }

  get wires(): Wire[] {
    return this.things.filter(isWire);
  }

  terminals(of: readonly Piece[] = this.pieces): Terminal[] {
    return of.flatMap((piece) => parts[piece.kind].terminals.map(([x, y], k) => ({ ...placed(piece, x, y), piece, k })));
  }

  /** How often something ends at each place, by key. */
  ends(): Map<string, number> {
    const count = new Map<string, number>();
    for (const p of [...this.terminals(), ...this.wires.flatMap((w) => [w.from, w.to])]) {
      count.set(key(p), (count.get(key(p)) ?? 0) + 1);
    }
    return count;
  }

  /** Splits wires where something ends on them, and joins those that go straight on. */
  tidy(): void {
    const points = new Map([...this.terminals(), ...this.wires.flatMap((w) => [w.from, w.to])].map((p) => [key(p), { x: p.x, y: p.y }]));
    const there = new Set<string>();
    const next: Thing[] = [];
    for (const thing of this.things) {
      if (!isWire(thing)) {
        next.push(thing);
        continue;
      }
      const { from, to } = thing;
      const far = (p: Point): number => Math.hypot(p.x - from.x, p.y - from.y);
      const stops = [from, ...[...points.values()].filter((p) => crosses(thing, p)).sort((a, b) => far(a) - far(b)), to];
      for (let k = 1; k < stops.length; k++) {
        const [a, b] = [stops[k - 1] as Point, stops[k] as Point];
        const name = [key(a), key(b)].sort().join(" ");
        if (!there.has(name)) {
          there.add(name);
          next.push({ id: stops.length === 2 ? thing.id : ++this.last, kind: "w", from: a, to: b });
        }
      }
    }
    this.things = next;
    this.straighten();
  }

  private straighten(): void {
    for (let joined = true; joined; ) {
      joined = false;
      const ends = this.ends();
      const at = new Map<string, Wire[]>();
      for (const w of this.wires) {
        for (const p of [w.from, w.to]) {
          at.set(key(p), [...(at.get(key(p)) ?? []), w]);
        }
      }
      for (const [place, [a, b]] of at) {
        if (!a || !b || ends.get(place) !== 2 || a === b || !this.things.includes(a) || !this.things.includes(b)) {
          continue;
        }
        const [p, q] = [key(a.from) === place ? a.to : a.from, key(b.from) === place ? b.to : b.from];
        const [x = 0, y = 0] = place.split(",").map(Number);
        if (p.x * (q.y - y) + q.x * (y - p.y) + x * (p.y - q.y) === 0 && !same(p, q)) {
          this.things.splice(this.things.indexOf(b), 1);
          this.things[this.things.indexOf(a)] = { ...a, from: p, to: q };
          joined = true;
        }
      }
    }
  }

  remove(gone: ReadonlySet<number>): void {
    this.things = this.things.filter((t) => !gone.has(t.id));
    this.tidy();
  }

  /** Takes away what hangs loose from one place on; returns where it ended. */
  prune(from: Point): Point {
    for (let place = from; ; ) {
      const loose: Wire[] = this.wires.filter((w) => same(w.from, place) || same(w.to, place));
      const [only] = loose;
      if (!only || loose.length > 1 || this.ends().get(key(place)) !== 1) {
        return place;
      }
      place = same(only.from, place) ? only.to : only.from;
      this.things.splice(this.things.indexOf(only), 1);
    }
  }

  /** The nodes of the circuit. */
  nodes(): Nodes {
    return new Nodes(this);
  }

  /** The stored text, with results by their words. */
  write(results: ReadonlyMap<string, unknown> = new Map()): string {
    const nodes = this.nodes();
    const list: unknown[] = this.things.map((thing, k) => {
      if (isWire(thing)) {
        return ["w", [thing.from.x, thing.from.y, thing.to.x, thing.to.y]];
      }
      const settings = Object.fromEntries([...thing.settings, ["_json_", k]]);
      return [thing.kind, [thing.x, thing.y, thing.rotation], settings, this.terminals([thing]).map((t) => nodes.at(t))];
    });
    return JSON.stringify([...list, ...this.strange, ["view", ...this.view], ...results]);
  }

  /** What currents through a piece are called by. */
  nameOf(piece: Piece): string {
    return piece.settings.get("name") || `_${this.things.indexOf(piece)}`;
  }

  /** The elements to simulate. Throws Trouble about a piece, named by its id, whose value cannot be read. */
  elements(nodes = this.nodes()): { elements: Element[]; ids: Map<string, number> } {
    const ids = new Map<string, number>();
    const elements: Element[] = [];
    // What has a current to tell of comes first, and keeps its name when another part bears the same.
    const tells = (p: Piece): number => (p.kind === "v" || p.kind === "a" ? 0 : 1);
    for (const piece of this.pieces.sort((a, b) => tells(a) - tells(b))) {
      let name = this.nameOf(piece);
      while (ids.has(name)) {
        name += "′";
      }
      const made = element(piece, name, this.terminals([piece]).map((t) => nodes.at(t)));
      if (made) {
        ids.set(name, piece.id);
        elements.push(made);
      }
    }
    return { elements, ids };
  }

  copy(): Diagram {
    const out = new Diagram();
    Object.assign(out, this);
    out.view = [...this.view];
    out.things = this.things.map((t) => (isWire(t) ? { ...t } : { ...t, settings: new Map(t.settings) }));
    return out;
  }
}

/** Which places belong together, and their names. */
export class Nodes {
  private readonly above = new Map<string, string>();
  private readonly names = new Map<string, string>();
  /** Pairs of labels on one node. */
  readonly conflicts: [string, string][] = [];

  constructor(diagram: Diagram) {
    for (const w of diagram.wires) {
      const [a, b] = [this.group(w.from), this.group(w.to)];
      if (a !== b) {
        this.above.set(a, b);
      }
    }
    const backwards = diagram.pieces.reverse();
    for (const ground of diagram.terminals(backwards.filter((p) => p.kind === "g"))) {
      this.names.set(this.group(ground), "0");
    }
    for (const label of diagram.terminals(backwards.filter((p) => p.kind === "L"))) {
      const [group, name] = [this.group(label), label.piece.settings.get("label") ?? ""];
      const before = this.names.get(group);
      if (before === undefined) {
        this.names.set(group, name);
      } else if (before !== "0" && name !== "0" && before !== name) {
        this.conflicts.push([before, name]);
      }
    }
    const taken = new Set(this.names.values());
    let number = 0;
    for (const piece of backwards) {
      for (const t of diagram.terminals([piece]).reverse()) {
        const group = this.group(t);
        if (!this.names.has(group)) {
          do {
            number++;
          } while (taken.has(String(number)));
          this.names.set(group, String(number));
        }
      }
    }
  }

  /** One name for all places that are joined by wires. */
  group(p: Point): string {
    let top = key(p);
    for (let next = this.above.get(top); next !== undefined; next = this.above.get(top)) {
      top = next;
    }
    return top;
  }

  /** The name of the node at a place, "" for none. */
  at(p: Point): string {
    return this.names.get(this.group(p)) ?? "";
  }
}

/** The settings of a new part. */
export function standards(kind: Kind): Map<string, string> {
  return new Map(parts[kind].settings.map((s) => [s.name, s.standard]));
}

function readSettings(from: unknown): Map<string, string> {
  const out = new Map<string, string>();
  if (typeof from === "object" && from !== null && !Array.isArray(from)) {
    for (const [name, value] of Object.entries(from)) {
      if (name !== "_json_" && (typeof value === "string" || typeof value === "number")) {
        out.set(name, String(value)); // however long: it is written back whole
      }
    }
  }
  return out;
}

function element(piece: Piece, name: string, nodes: string[]): Element | undefined {
  const [a = "", b = "", c = "", d = ""] = nodes;
  const text = (setting: string): string => piece.settings.get(setting) ?? parts[piece.kind].settings.find((s) => s.name === setting)?.standard ?? "";
  const number = (setting: string): number => parseNumber(text(setting)) ?? fault(piece);
  switch (piece.kind) {
    case "r":
    case "c":
    case "l":
      return { kind: piece.kind, name, nodes: [a, b], value: number(piece.kind) };
    case "v":
    case "i":
      return { kind: piece.kind, name, nodes: [a, b], source: parseSource(text("value")) ?? fault(piece) };
    case "a":
      return { kind: "a", name, nodes: [a, b] };
    case "d": {
      const area = number("area");
      return area === 0 ? undefined : { kind: "d", name, nodes: [a, b], area: area > 0 ? area : fault(piece), ideal: text("type") !== "normal" };
    }
    case "n":
    case "p":
      return { kind: piece.kind, name, nodes: [a, b, c], ratio: number("W/L") };
    case "o":
      return { kind: "o", name, nodes: [a, b, c, d], gain: number("A") || fault(piece) };
    default:
      return undefined;
  }
}

function fault(piece: Piece): never {
  throw new Trouble("value", String(piece.id));
}
