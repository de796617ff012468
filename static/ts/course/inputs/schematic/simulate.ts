// Circuits are solved by modified nodal analysis: unknown are the voltage of every node but ground and the current of every element that
// sets a voltage. Diodes and transistors are made straight around the last guess until the guess stays (Newton's method). The models are
// the simple ones that graders of schematic problems have always counted on.

import { fail, inspect, Trouble, type Element } from "./elements";
import { Matrix, Singular, solve, solveAt } from "./matrix";
import { channel, junction, limitJunction, limitStep, saturation, thermal, thermalIdeal, transconductance, type Diode, type Transistor } from "./models";
import type { Source } from "./source";
import { Walk, type Storage } from "./walk";

/** Values by the name of a node, and of currents as I(NAME). */
export type Values = Map<string, number>;
export type Curves = Map<string, Float64Array>;

/** Siemens that hold a node which nothing else holds. */
const leak = 1e-12;

/** What Newton's method goes by. */
interface Settings {
  /** Conductance from every node to ground. */
  leak: number;
  /** Share of every source. */
  share: number;
  /** Conductances beyond those of the elements, and what they add to the right side. */
  extra?: { matrix: Matrix; right: Float64Array };
  seconds: number;
  most: number;
}

/** A circuit ready to be solved. */
export class Circuit {
  private readonly nodes = new Map<string, number>([["0", -1]]);
  private readonly branches = new Map<string, number>(); // unknowns of currents, by the name of their element
  private readonly size: number;
  private readonly conductances: Matrix;
  private readonly capacitances: Matrix;
  private readonly sources: { row: number; back: number; sign: number; source: Source; name: string }[] = [];
  private readonly diodes: Diode[] = [];
  private readonly transistors: Transistor[] = [];
  private readonly storages: Storage[] = [];
  private held: Float64Array | undefined; // voltages the models were last made straight around
  /** Nodes that no direct current leads to ground from. They are taken to lie at 0 V as long as nothing drives them. */
  readonly floating: string[];

  /** Throws Trouble when the circuit has no ground, a ring of sources, or a current without a way. */
  constructor(elements: readonly Element[]) {
    if (elements.length === 0) {
      throw new Trouble("empty");
    }
    for (const { nodes } of elements) {
      for (const node of nodes) {
        if (!this.nodes.has(node)) {
          this.nodes.set(node, this.nodes.size - 1);
        }
      }
    }
    let size = this.nodes.size - 1;
    for (const e of elements) {
      if (e.kind === "v" || e.kind === "a" || e.kind === "l" || e.kind === "o" || (e.kind === "r" && e.value === 0)) {
        this.branches.set(e.name, size++);
      }
    }
    this.size = size;
    this.conductances = new Matrix(size);
    this.capacitances = new Matrix(size);
    const { floating, closing } = inspect(elements);
    this.floating = floating;
    for (const node of floating) {
      this.conductances.add(this.index(node), this.index(node), leak);
    }
    elements.forEach((e) => this.stamp(e, closing.has(e.name)));
  }

  private index(node: string | undefined): number {
    return this.nodes.get(node ?? "0") ?? -1;
  }

  private stamp(e: Element, closesRing: boolean): void {
    const [a, b, c, d] = e.nodes.map((node) => this.index(node)) as [number, number, number, number];
    const g = this.conductances;
    const branch = this.branches.get(e.name) ?? -1;
    const tie = (): void => {
      g.add(a, branch, 1);
      g.add(b, branch, -1);
      g.add(branch, a, 1);
      g.add(branch, b, -1);
    };
    switch (e.kind) {
      case "r":
        if (e.value === 0) {
          tie();
        } else {
          between(g, a, b, 1 / e.value);
        }
        return;
      case "c":
        between(this.capacitances, a, b, e.value);
        this.storages.push({ from: a, to: b });
        return;
      case "l":
        tie();
        this.capacitances.add(branch, branch, -e.value);
        this.storages.push({ from: branch, to: -1 });
        if (closesRing) {
          g.add(branch, branch, -1e-6); // a ring of coils would leave open how they share the current
        }
        return;
      case "a":
        tie();
        return;
      case "v":
        tie();
        this.sources.push({ row: branch, back: -1, sign: 1, source: e.source, name: e.name });
        return;
      case "i":
        this.sources.push({ row: a, back: b, sign: -1, source: e.source, name: e.name });
        return;
      case "d":
        this.diodes.push({ plus: a, minus: b, current: saturation * e.area, voltage: e.ideal ? thermalIdeal : thermal });
        return;
      case "n":
      case "p":
        this.transistors.push({ drain: a, gate: b, source: c, sign: e.kind === "n" ? 1 : -1, beta: transconductance * e.ratio });
        return;
      case "o":
        g.add(c, branch, 1);
        g.add(d, branch, -1);
        g.add(branch, c, 1 / e.gain);
        g.add(branch, d, -1 / e.gain);
        g.add(branch, a, -1);
        g.add(branch, b, 1);
    }
  }

  /** The operating point: what does not change while the sources stand at their value of time zero. */
  dc(): Values {
    return this.named(this.operatingPoint());
  }

  private operatingPoint(): Float64Array {
    const at: Settings = { leak: 0, share: 1, seconds: 0, most: 150 };
    const start = new Float64Array(this.size);
    return this.newton(start, at) ?? this.byLeaks(start, at) ?? this.byShares(start, at) ?? fail("diverged");
  }

  /** Begins with every node tied to ground, and loosens it step by step. */
  private byLeaks(start: Float64Array, at: Settings): Float64Array | undefined {
    let x: Float64Array | undefined = start;
    for (let power = 1; power <= 13 && x; power += 0.5) {
      x = this.newton(x, { ...at, leak: 10 ** -power });
    }
    return x && this.newton(x, at);
  }

  /** Begins without sources, and turns them up as far at once as it goes. */
  private byShares(start: Float64Array, at: Settings): Float64Array | undefined {
    let x = this.newton(start, { ...at, share: 0 });
    let step = 0.1;
    for (let share = 0; x && share < 1; ) {
      const next = Math.min(1, share + step);
      const found = this.newton(x, { ...at, share: next });
      if (found) {
        [x, share, step] = [found, next, step * 1.6];
      } else if (step < 1e-5) {
        return undefined;
      } else {
        step /= 4;
      }
    }
    return x;
  }

  /** Solves from a first guess; undefined when the guess does not settle. */
  private newton(guess: Float64Array, at: Settings): Float64Array | undefined {
    const straight = this.diodes.length + this.transistors.length === 0;
    const right = this.right(at);
    let x = guess;
    this.held = undefined;
    let settled = 0;
    for (let round = 0; round < at.most; round++) {
      const m = at.extra ? new Matrix(this.size, this.conductances.cells.map((cell, k) => cell + (at.extra?.matrix.cells[k] as number))) : this.conductances.copy();
      const b = right.slice();
      for (let node = 0; node < this.nodes.size - 1 && at.leak > 0; node++) {
        m.add(node, node, at.leak);
      }
      const limited = this.stampCurves(x, m, b);
      const next = solveHeld(m, b, this.nodes.size - 1);
      if (straight) {
        return next;
      }
      if (!next.every(Number.isFinite)) {
        return undefined;
      }
      const close = next.every((value, k) => Math.abs(value - (x[k] as number)) <= (k < this.nodes.size - 1 ? 1e-9 : 1e-13) + 1e-7 * Math.abs(value));
      x = next;
      settled = close && !limited ? settled + 1 : 0;
      if (settled === 2) {
        return x;
      }
    }
    return undefined;
  }

  /** What sources and whatever was handed over put on the right side. */
  private right(at: Settings): Float64Array {
    const b = at.extra ? at.extra.right.slice() : new Float64Array(this.size);
    for (const { row, back, sign, source } of this.sources) {
      const value = sign * at.share * source.at(at.seconds);
      if (row >= 0) {
        b[row] = (b[row] as number) + value;
      }
      if (back >= 0) {
        b[back] = (b[back] as number) - value;
      }
    }
    return b;
  }

  /** Puts diodes and transistors in as straight lines around x, or around what is less far from the last guess; reports whether it was. */
  private stampCurves(x: Float64Array, m: Matrix, b: Float64Array): boolean {
    const last = this.held;
    const now = new Float64Array(this.diodes.length + 2 * this.transistors.length);
    const at = (node: number): number => (node >= 0 ? (x[node] as number) : 0);
    let limited = false;
    const limit = (k: number, wanted: number, how: (wanted: number, before: number) => number): number => {
      const taken = how(wanted, last?.[k] ?? wanted);
      limited ||= Math.abs(taken - wanted) > 1e-9;
      now[k] = taken;
      return taken;
    };
    this.diodes.forEach((d, k) => {
      const v = limit(k, at(d.plus) - at(d.minus), (wanted, before) => limitJunction(wanted, before, d));
      const [current, conductance] = junction(v, d);
      between(m, d.plus, d.minus, conductance);
      inject(b, d.plus, d.minus, conductance * v - current);
    });
    this.transistors.forEach((t, k) => {
      let [drain, source] = [t.drain, t.source];
      if (t.sign * (at(drain) - at(source)) < 0) {
        [drain, source] = [source, drain]; // they change places, as they may
      }
      const place = this.diodes.length + 2 * k;
      const vgs = limit(place, t.sign * (at(t.gate) - at(source)), limitStep);
      const vds = Math.max(0, limit(place + 1, t.sign * (at(drain) - at(source)), limitStep));
      const [current, gm, gds] = channel(vgs, vds, t.beta);
      between(m, drain, source, gds);
      for (const [row, way] of [[drain, 1], [source, -1]] as const) { // prettier-ignore
        m.add(row, t.gate, way * gm);
        m.add(row, source, -way * gm);
      }
      inject(b, drain, source, t.sign * (gm * vgs + gds * vds - current));
    });
    this.held = now;
    return limited;
  }

  private named(x: Float64Array): Values {
    const nodes = this.nodes.size - 1;
    const volts = Math.max(0, ...x.subarray(0, nodes).map(Math.abs));
    const amperes = Math.max(0, ...x.subarray(nodes).map(Math.abs));
    const out: Values = new Map();
    for (const [name, k] of this.nodes) {
      out.set(name, k < 0 ? 0 : plain(x[k] as number, volts));
    }
    for (const [name, k] of this.branches) {
      out.set(`I(${name})`, plain(x[k] as number, amperes));
    }
    return out;
  }

  /** Names of the sources that frequencies can be sent through. */
  get inputs(): string[] {
    return this.sources.map((s) => s.name);
  }

  /**
   * Small signals around the operating point: a source of amplitude 1 goes through the frequencies from first to last hertz, perDecade of
   * them a decade; all others are still. Gives magnitudes, and phases in degrees that do not jump.
   */
  ac(input: string, first: number, last: number, perDecade: number): { hertz: Float64Array; magnitude: Curves; phase: Curves } {
    const source = this.sources.find((s) => s.name === input) ?? fail("no_source", input);
    if (!(first > 0) || !(last >= first) || !(perDecade >= 1) || Math.log10(last / first) * perDecade > 20_000) {
      fail("range");
    }
    const g = this.conductances.copy();
    this.stampCurves(this.operatingPoint(), g, new Float64Array(this.size));
    const b = new Float64Array(this.size);
    inject(b, source.row, source.back, source.sign);
    const count = Math.floor(Math.log10(last / first) * perDecade + 1e-9) + 1;
    const hertz = Float64Array.from({ length: count }, (_, k) => first * 10 ** (k / perDecade));
    const at = [...hertz].map((f) => solveAt(g, this.capacitances, 2 * Math.PI * f, b));
    const magnitude: Curves = new Map();
    const phase: Curves = new Map();
    for (const [name, k] of [...this.nodes, ...[...this.branches].map(([n, i]) => [`I(${n})`, i] as const)]) {
      magnitude.set(name, Float64Array.from(at, ({ re, im }) => (k < 0 ? 0 : Math.hypot(re[k] as number, im[k] as number))));
      phase.set(name, unwrapped(Float64Array.from(at, ({ re, im }) => (k < 0 ? 0 : (180 / Math.PI) * Math.atan2(im[k] as number, re[k] as number)))));
    }
    return { hertz, magnitude, phase };
  }

  /**
   * What happens from the operating point on until stop seconds, in at least points steps for every period of the fastest source. Gives
   * up with Trouble after patience milliseconds.
   */
  tran(stop: number, points: number, patience = 8_000): { seconds: Float64Array; curves: Curves } {
    if (!(stop > 0) || !Number.isFinite(stop) || !(points >= 1)) {
      fail("range");
    }
    const until = performance.now() + patience;
    const fastest = Math.min(stop, ...this.sources.map((s) => s.source.period).filter((p) => p > 0));
    const longest = stop / (Math.ceil(stop / fastest - 1e-9) * points);
    if (stop / longest > 300_000) {
      fail("slow");
    }
    const start = this.operatingPoint();
    const walk = new Walk(this.capacitances, this.storages, start, longest, stop);
    const seconds = [0];
    const states = [start];
    for (let now = 0; now < stop; ) {
      if (performance.now() > until || seconds.length > 600_000) {
        fail("slow");
      }
      const corner = Math.min(stop, ...this.sources.map((s) => s.source.corner(now)));
      const found = this.step(walk, now, corner);
      now = found.seconds;
      seconds.push(now);
      states.push(found.x);
    }
    const curves: Curves = new Map();
    for (const [name, k] of this.nodes) {
      curves.set(name, Float64Array.from(states, (x) => (k < 0 ? 0 : (x[k] as number))));
    }
    for (const [name, k] of this.branches) {
      curves.set(`I(${name})`, Float64Array.from(states, (x) => x[k] as number));
    }
    return { seconds: Float64Array.from(seconds), curves };
  }

  /** One step that is short enough to be true. */
  private step(walk: Walk, now: number, corner: number): { seconds: number; x: Float64Array } {
    for (;;) {
      const [next, reached] = walk.next(now, corner);
      const x = this.newton(walk.guess(next), { leak: 0, share: 1, seconds: next, most: 60, extra: walk.companions(next - now) });
      if (x && walk.accept(next, x, reached)) {
        return { seconds: next, x };
      }
      if (!x && !walk.shorten()) {
        fail("diverged");
      }
    }
  }
}

function between(m: Matrix, a: number, b: number, value: number): void {
  m.add(a, a, value);
  m.add(b, b, value);
  m.add(a, b, -value);
  m.add(b, a, -value);
}

function inject(b: Float64Array, into: number, from: number, value: number): void {
  if (into >= 0) {
    b[into] = (b[into] as number) + value;
  }
  if (from >= 0) {
    b[from] = (b[from] as number) - value;
  }
}

/** Solves, and where something is left open, with every node held a little. */
function solveHeld(m: Matrix, b: Float64Array, nodes: number): Float64Array {
  try {
    return solve(m, b);
  } catch (error) {
    if (!(error instanceof Singular)) {
      throw error;
    }
  }
  for (let node = 0; node < nodes; node++) {
    m.add(node, node, leak);
  }
  try {
    return solve(m, b);
  } catch (error) {
    throw error instanceof Singular ? new Trouble("diverged") : error;
  }
}

/** Takes away what only rounding put there: 0.49999999999999994 is meant to be 0.5. */
function plain(value: number, beside: number): number {
  if (Math.abs(value) < 1e-15 * beside || Math.abs(value) < 1e-24) {
    return 0;
  }
  const short = Number(value.toPrecision(12));
  return Math.abs(short - value) <= 1e-14 * Math.abs(value) ? short : value;
}

/** Phases without the jumps of a whole turn. */
function unwrapped(degrees: Float64Array): Float64Array {
  let turns = 0;
  return degrees.map((phase, k) => {
    if (k > 0) {
      turns -= 360 * Math.round((phase - (degrees[k - 1] as number)) / 360);
    }
    return phase + turns;
  });
}
