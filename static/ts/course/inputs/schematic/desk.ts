// What one does to a circuit: every act leaves it tidy, can be taken back, and is said in a sentence. Drawing, list and fields show what
// is here and call what is here.

import { phrase } from "../index";
import { Diagram, Nodes, crosses, grid, isWire, key, same, standards, type Piece, type Point, type Terminal, type Thing } from "./diagram";
import { formatNumber, parseNumber } from "./number";
import { isKind, kinds, mirrored, parts, placed, turned, type Kind } from "./parts";
import { route } from "./route";

const mostBack = 100; // acts that can be taken back

/** What was cut or copied last, on this page. */
let clipboard: Thing[] = [];

export class Desk {
  diagram = new Diagram();
  readonly chosen = new Set<number>();
  /** Where the keyboard is, and where things are pasted. */
  cursor: Point = { x: 0, y: 0 };
  private back: Diagram[] = [];
  private forth: Diagram[] = [];

  constructor(
    readonly words: Record<string, string>,
    /** Kinds one may add. */
    readonly box: Kind[],
    private readonly events: {
      /** Whether nothing may change now. */
      locked(): boolean;
      /** The circuit has changed. */
      changed(): void;
      /** What is shown has changed: the choice, the cursor. */
      show(): void;
      say(text: string): void;
    },
  ) {}

  get locked(): boolean {
    return this.events.locked();
  }

  word(name: string, ...values: (string | number)[]): string {
    return phrase(this.words[name] ?? name, ...values);
  }

  say(name: string, ...values: (string | number)[]): void {
    this.events.say(this.word(name, ...values));
  }

  /** Begins with a circuit; what was done to another one cannot be taken back. */
  begin(diagram: Diagram): void {
    this.diagram = diagram;
    this.back = [];
    this.forth = [];
    this.choose([]);
  }

  /** Does something to the circuit; false when nothing may be done, or nothing came of it. */
  act(run: (diagram: Diagram) => void): boolean {
    if (this.locked) {
      return false;
    }
    const before = this.diagram;
    const next = before.copy();
    run(next);
    next.tidy();
    if (next.write() === before.write()) {
      this.events.show();
      return false;
    }
    this.back = [...this.back, before].slice(-mostBack);
    this.forth = [];
    this.put(next);
    return true;
  }

  private put(diagram: Diagram): void {
    this.diagram = diagram;
    const there = new Set(diagram.things.map((t) => t.id));
    for (const id of this.chosen) {
      if (!there.has(id)) {
        this.chosen.delete(id);
      }
    }
    this.events.changed();
    this.events.show();
  }

  get canUndo(): boolean {
    return this.back.length > 0;
  }

  get canRedo(): boolean {
    return this.forth.length > 0;
  }

  undo(): void {
    const before = this.locked ? undefined : this.back.pop();
    if (before) {
      this.forth.push(this.diagram);
      this.put(before);
      this.say("undone");
    }
  }

  redo(): void {
    const next = this.locked ? undefined : this.forth.pop();
    if (next) {
      this.back.push(this.diagram);
      this.put(next);
      this.say("redone");
    }
  }

  choose(ids: Iterable<number>): void {
    this.chosen.clear();
    for (const id of ids) {
      this.chosen.add(id);
    }
    this.events.show();
  }

  get chosenThings(): Thing[] {
    return this.diagram.things.filter((t) => this.chosen.has(t.id));
  }

  /** The one piece that is chosen. */
  get piece(): Piece | undefined {
    const [only, other] = this.chosenThings;
    return only && !other && !isWire(only) ? only : undefined;
  }

  moveCursor(to: Point): void {
    this.cursor = to;
    this.events.show();
  }

  // names

  /** What a part is called: its own name, or its number among its kind. */
  nameOf(piece: Piece): string {
    const own = piece.settings.get("name") || (piece.kind === "L" ? `“${piece.settings.get("label") ?? ""}”` : "");
    const alike = this.diagram.pieces.filter((p) => p.kind === piece.kind);
    const kind = this.word(`kind_${piece.kind}`);
    return own || alike.length > 1 ? `${kind} ${own || alike.indexOf(piece) + 1}` : kind;
  }

  /** What is set about a part, in a few characters. */
  valueOf(piece: Piece): string {
    const [first] = parts[piece.kind].settings;
    if (!first || piece.kind === "L" || piece.kind === "s" || piece.kind === "a") {
      return "";
    }
    const text = piece.settings.get(first.name) ?? first.standard;
    const constant = /^\s*dc\s*\((.*)\)\s*$/i.exec(text)?.[1];
    const number = piece.kind === "v" || piece.kind === "i" ? (constant !== undefined ? parseNumber(constant) : undefined) : first.number ? parseNumber(text) : undefined;
    const unit = piece.kind === "v" ? "V" : piece.kind === "i" ? "A" : (first.unit ?? "");
    const shown = number === undefined ? text : formatNumber(number, unit, 6);
    return piece.kind === "d" && piece.settings.get("type") === "ideal" ? `${shown} ${this.word("ideal")}` : shown;
  }

  describe(piece: Piece): string {
    const value = this.valueOf(piece);
    return value ? `${this.nameOf(piece)}, ${value}` : this.nameOf(piece);
  }

  endName(t: Terminal): string {
    return this.word(`end_${parts[t.piece.kind].ends[t.k] ?? "end"}`);
  }

  nodeName(name: string): string {
    return name === "0" ? this.word("node_ground") : this.word("node", name);
  }

  /** Where something is, in steps of the grid. */
  where(p: Point): string {
    return this.word("place", Math.round(p.x / grid), Math.round(p.y / grid));
  }

  // acts

  /** Puts a new part down, where there is room when no place is given; returns its id. */
  add(kind: Kind, at?: Point): number | undefined {
    if (!this.box.includes(kind)) {
      return undefined;
    }
    let id: number | undefined;
    const done = this.act((d) => {
      const place = at ?? room(d, kind, this.cursor);
      id = d.add(kind, place, 0, standards(kind)).id;
      this.cursor = place;
    });
    if (!done || id === undefined) {
      return undefined;
    }
    this.choose([id]);
    const piece = this.piece;
    this.say("added", piece ? this.nameOf(piece) : "", this.where(this.cursor));
    return id;
  }

  remove(): void {
    const what = this.chosenWords();
    if (this.chosen.size > 0 && this.act((d) => d.remove(new Set(this.chosen)))) {
      this.say("removed", what);
    }
  }

  private chosenWords(): string {
    return this.piece ? this.nameOf(this.piece) : this.word("several", this.chosen.size);
  }

  move(dx: number, dy: number): boolean {
    const done = this.transform((p) => ({ ...p, x: p.x + dx, y: p.y + dy }), dx, dy);
    const [first] = this.chosenThings;
    if (done && first) {
      this.say("moved", this.chosenWords(), this.where(isWire(first) ? first.from : first));
    }
    return done;
  }

  rotate(): void {
    if (this.transform((p) => aboutMiddle(p, turned[p.rotation] ?? 0))) {
      this.say("rotated", this.chosenWords());
    }
  }

  mirror(): void {
    if (this.transform((p) => aboutMiddle(p, mirrored[p.rotation] ?? 0))) {
      this.say("mirrored", this.chosenWords());
    }
  }

  /** Changes where the chosen parts lie. What they were connected to they stay connected to. */
  private transform(change: (p: Piece) => Piece, dx = 0, dy = 0): boolean {
    if (this.chosen.size === 0) {
      return false;
    }
    let lost = 0;
    const done = this.act((d) => {
      lost = carry(d, this.chosen, change, dx, dy);
    });
    if (done && lost > 0) {
      this.say("lost", lost);
    }
    return done;
  }

  /** Sets something about a part; empty text takes a name away. */
  set(id: number, setting: string, value: string): boolean {
    return this.act((d) => {
      const piece = d.pieces.find((p) => p.id === id);
      if (setting === "name" && value === "") {
        piece?.settings.delete("name");
      } else if (setting === "name" && piece && !piece.settings.has("name")) {
        piece.settings = new Map([["name", value], ...piece.settings]); // it stands first in the stored text
      } else {
        piece?.settings.set(setting, value);
      }
    });
  }

  /** Joins two places by a wire; says what came of it. */
  join(from: Point, to: Point): boolean {
    if (same(from, to)) {
      return false;
    }
    let way: Point[] | undefined;
    const done = this.act((d) => {
      way = route(d, from, to);
      lay(d, way ?? []);
    });
    if (done) {
      this.say("wired", this.where(from), this.where(to));
    } else if (way === undefined && !this.locked) {
      this.say("no_way");
    }
    return done;
  }

  /** Connects a terminal to what is called target in the list: the group of a node. */
  connect(id: number, k: number, target: string): void {
    const found = (d: Diagram): Terminal | undefined => d.terminals(d.pieces.filter((p) => p.id === id))[k];
    let missing = false;
    const done = this.act((d) => {
      const before = found(d);
      const goal = target === "" ? [] : groupPoints(d, d.nodes(), target).filter((p) => before && !same(p, before));
      if (before) {
        disconnect(d, before);
      }
      const from = found(d);
      if (!from || target === "") {
        return;
      }
      const far = (p: Point): number => Math.abs(p.x - from.x) + Math.abs(p.y - from.y);
      const there = goal.filter((p) => d.ends().has(key(p))).sort((a, b) => far(a) - far(b));
      const way = there.slice(0, 8).reduce<Point[] | undefined>((got, p) => got ?? route(d, from, p), undefined);
      missing = way === undefined;
      lay(d, way ?? []);
    });
    const t = found(this.diagram);
    if (missing) {
      this.say("no_way");
    } else if (done && t) {
      this.say("connected", `${this.nameOf(t.piece)}, ${this.endName(t)}`, target === "" ? this.word("nothing") : this.nodeName(this.diagram.nodes().at(t)));
    }
  }

  cut(): void {
    if (this.chosen.size > 0 && !this.locked) {
      this.copy();
      this.remove();
    }
  }

  copy(): void {
    if (this.chosen.size > 0) {
      clipboard = this.chosenThings.map((t) => (isWire(t) ? { ...t } : { ...t, settings: new Map(t.settings) }));
      this.say("copied", this.chosenWords());
    }
  }

  get canPaste(): boolean {
    return clipboard.length > 0;
  }

  paste(at: Point = this.cursor): void {
    const corner = (of: "x" | "y"): number => Math.min(...clipboard.map((t) => (isWire(t) ? Math.min(t.from[of], t.to[of]) : t[of])));
    if (clipboard.length === 0) {
      return;
    }
    const [dx, dy] = [at.x - corner("x"), at.y - corner("y")];
    const ids: number[] = [];
    const done = this.act((d) => {
      for (const t of clipboard) {
        if (isWire(t)) {
          d.wire({ x: t.from.x + dx, y: t.from.y + dy }, { x: t.to.x + dx, y: t.to.y + dy });
          ids.push(d.things.at(-1)?.id ?? 0);
        } else {
          ids.push(d.add(t.kind, { x: t.x + dx, y: t.y + dy }, t.rotation, new Map(t.settings)).id);
        }
      }
    });
    if (done) {
      this.cursor = { x: at.x + 2 * grid, y: at.y + 2 * grid };
      this.choose(ids);
      this.say("pasted", this.chosenWords());
    }
  }
}

/** Turns a part about its middle, or about its one terminal. */
function aboutMiddle(p: Piece, rotation: number): Piece {
  const { terminals } = parts[p.kind];
  const middle = (k: 0 | 1): number => {
    const all = terminals.map((t) => t[k]);
    return Math.round((Math.min(...all) + Math.max(...all)) / 2 / grid) * grid;
  };
  const [before, after] = [placed(p, middle(0), middle(1)), placed({ ...p, rotation }, middle(0), middle(1))];
  return { ...p, rotation, x: p.x + before.x - after.x, y: p.y + before.y - after.y };
}

/** Lays wires from corner to corner. */
function lay(d: Diagram, way: readonly Point[]): void {
  way.slice(1).forEach((p, k) => d.wire(way[k] as Point, p));
  d.tidy();
}

/** Everything that ends somewhere on a node. */
function groupPoints(d: Diagram, nodes: Nodes, group: string): Point[] {
  const all = [...d.terminals(), ...d.wires.flatMap((w) => [w.from, w.to])];
  return [...new Map(all.filter((p) => nodes.group(p) === group).map((p) => [key(p), { x: p.x, y: p.y }])).values()];
}

/**
 * Moves or turns parts, and lays wires from where they are to where they were connected; returns how many found no way. What is put onto
 * something else is connected to that instead.
 */
function carry(d: Diagram, ids: ReadonlySet<number>, change: (p: Piece) => Piece, dx: number, dy: number, keeps = (_: Point): boolean => true): number {
  const points = (of: (t: Thing) => boolean): Point[] => d.things.filter(of).flatMap((t) => (isWire(t) ? [t.from, t.to] : d.terminals([t])));
  const before = points((t) => ids.has(t.id)).map(({ x, y }) => ({ x, y }));
  const others = new Set(points((t) => !ids.has(t.id)).map(key));
  const shift = (p: Point): Point => ({ x: p.x + dx, y: p.y + dy });
  d.things = d.things.map((t) => (!ids.has(t.id) ? t : isWire(t) ? { ...t, from: shift(t.from), to: shift(t.to) } : change(t)));
  const after = points((t) => ids.has(t.id)).map(({ x, y }) => ({ x, y }));
  const still = d.wires.filter((w) => !ids.has(w.id));
  const free = (p: Point): boolean => !others.has(key(p)) && !still.some((w) => crosses(w, p));
  const ties = new Map(before.flatMap((p, k) => (others.has(key(p)) && keeps(p) && free(after[k] as Point) ? [[key(p), [after[k] as Point, p]] as const] : [])));
  d.tidy();
  let lost = 0;
  for (const [now, then] of ties.values()) {
    const nodes = d.nodes();
    if (nodes.group(now) !== nodes.group(then)) {
      const way = again(d, now, then);
      lost += way ? 0 : 1;
      lay(d, way ?? []);
    }
  }
  before.filter((p) => others.has(key(p))).forEach((p) => d.prune(p));
  return lost;
}

/** A way from where a terminal is now: to where its wire came from, which goes, or else to where it ended. */
function again(d: Diagram, now: Point, then: Point): Point[] | undefined {
  const before = [...d.things];
  const start = d.prune(then);
  const way = (d.ends().get(key(start)) ?? 0) > 0 ? route(d, now, { x: start.x, y: start.y }) : undefined;
  if (way) {
    return way;
  }
  d.things = before;
  return route(d, now, then);
}

/** Frees a terminal: its own wire goes; where others meet, too, the part steps aside. */
function disconnect(d: Diagram, t: Terminal): void {
  const place = { x: t.x, y: t.y };
  const [own] = d.wires.filter((w) => same(w.from, place) || same(w.to, place));
  const meeting = d.ends().get(key(place)) ?? 0;
  if (own && meeting === 2) {
    d.things.splice(d.things.indexOf(own), 1);
    d.prune(same(own.from, place) ? own.to : own.from);
    d.tidy();
  }
  if (meeting < 2 || (own && meeting === 2)) {
    return;
  }
  const self = new Set([t.piece.id]);
  const busy = new Set([...d.terminals(d.pieces.filter((p) => p !== t.piece)), ...d.wires.flatMap((w) => [w.from, w.to])].map(key));
  for (const [dx, dy] of spiral(24)) {
    const moved = d.terminals([t.piece]).map((p) => ({ x: p.x + dx * grid, y: p.y + dy * grid }));
    if (moved.every((p) => !busy.has(key(p)) && !d.wires.some((w) => crosses(w, p)))) {
      carry(d, self, (p) => ({ ...p, x: p.x + dx * grid, y: p.y + dy * grid }), 0, 0, (p) => !same(p, place));
      return;
    }
  }
}

/** Steps around a place, the near ones first. */
function spiral(size: number): [number, number][] {
  const all: [number, number][] = [];
  for (let x = -size; x <= size; x++) {
    for (let y = -size; y <= size; y++) {
      all.push([x, y]);
    }
  }
  return all.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
}

/** What a piece covers, and a little around it. */
export function covered(p: Piece, around = 0): [left: number, top: number, right: number, bottom: number] {
  const [l, t, r, b] = parts[p.kind].box;
  const [one, two] = [placed(p, l, t), placed(p, r, b)];
  return [Math.min(one.x, two.x) - around, Math.min(one.y, two.y) - around, Math.max(one.x, two.x) + around, Math.max(one.y, two.y) + around];
}

/** A place near another where a new part touches nothing. */
function room(d: Diagram, kind: Kind, near: Point): Point {
  const boxes = [
    ...d.pieces.map((p) => covered(p, grid)),
    ...d.wires.map((w) => [Math.min(w.from.x, w.to.x) - grid, Math.min(w.from.y, w.to.y) - grid, Math.max(w.from.x, w.to.x) + grid, Math.max(w.from.y, w.to.y) + grid]),
  ];
  const start = { x: Math.round(near.x / grid) * grid, y: Math.round(near.y / grid) * grid };
  for (const [dx, dy] of spiral(60)) {
    const at = { x: start.x + dx * grid, y: start.y + dy * grid };
    const [l, t, r, b] = covered({ id: 0, kind, rotation: 0, settings: new Map(), ...at }, grid);
    if (boxes.every(([bl = 0, bt = 0, br = 0, bb = 0]) => r < bl || l > br || b < bt || t > bb)) {
      return at;
    }
  }
  return start;
}

/** The kinds an author allows: all where nothing is said, in the order of the author. */
export function allowed(text: string | undefined): Kind[] {
  if (text === undefined || text === "None") {
    return kinds;
  }
  return [...new Set(text.split(",").map((k) => k.trim()))].filter(isKind);
}
