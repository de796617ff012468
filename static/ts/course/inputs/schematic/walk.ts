// The way of a circuit through time.

import { Matrix } from "./matrix";

/** What remembers: a capacitor between two nodes, or an inductor as the unknown of its current. */
export interface Storage {
  from: number;
  to: number;
}

/** The way through time: steps by the trapezoidal rule, the first after every corner by Euler's, and as long as the error allows. */
export class Walk {
  private step: number;
  private readonly least: number;
  private euler = true;
  private rate: Float64Array; // of the charges
  private readonly past: { seconds: number; x: Float64Array }[];
  private readonly most: Float64Array; // of every storage, for what counts as little

  constructor(
    private readonly charges: Matrix,
    private readonly storages: Storage[],
    start: Float64Array,
    private readonly longest: number,
    private readonly stop: number,
  ) {
    this.step = longest / 1000;
    this.least = longest * 1e-9;
    this.rate = new Float64Array(start.length);
    this.past = [{ seconds: 0, x: start }];
    this.most = new Float64Array(storages.length);
  }

  private get here(): { seconds: number; x: Float64Array } {
    return this.past[0] as { seconds: number; x: Float64Array };
  }

  /** The time to go to, and whether that is a corner. */
  next(now: number, corner: number): [seconds: number, reached: boolean] {
    if (now + this.step >= corner - this.least) {
      return [corner, true];
    }
    return [now + 1.5 * this.step > corner ? now + (corner - now) / 2 : now + this.step, false];
  }

  /** What the storages are for a step of h seconds: conductances, and currents that remember. */
  companions(h: number): { matrix: Matrix; right: Float64Array } {
    const a = (this.euler ? 1 : 2) / h;
    const charge = this.charges.times(this.here.x);
    return {
      matrix: new Matrix(this.charges.size, this.charges.cells.map((cell) => a * cell)), // prettier-ignore
      right: charge.map((q, k) => a * q + (this.euler ? 0 : (this.rate[k] as number))),
    };
  }

  /** Where things go if they go on as before. */
  guess(seconds: number): Float64Array {
    const [now, before] = this.past;
    if (!now || !before || this.euler) {
      return this.here.x;
    }
    const share = (seconds - now.seconds) / (now.seconds - before.seconds);
    return now.x.map((value, k) => value + share * (value - (before.x[k] as number)));
  }

  /** Takes a step when its error is small enough; else the next try is shorter. */
  accept(seconds: number, x: Float64Array, corner: boolean): boolean {
    const h = seconds - this.here.seconds;
    const error = this.error(seconds, x);
    if (error > 1 && h > 2 * this.least) {
      this.step = Math.max(this.least, 0.8 * h * Math.max(0.1, error ** (-1 / 3)));
      return false;
    }
    const before = this.charges.times(this.here.x);
    const after = this.charges.times(x);
    const euler = this.euler;
    this.rate = after.map((q, k) => ((euler ? 1 : 2) / h) * (q - (before[k] as number)) - (euler ? 0 : (this.rate[k] as number)));
    this.past.unshift({ seconds, x });
    this.past.length = Math.min(this.past.length, 3);
    this.storages.forEach((s, k) => (this.most[k] = Math.max(this.most[k] as number, Math.abs(stored(s, x)))));
    this.step = Math.min(this.longest, Math.max(h, this.step) * (error < 0.5 ? Math.min(2, 0.8 * Math.max(1, error ** (-1 / 3))) : 1));
    this.euler = corner;
    if (corner) {
      this.past.length = 1; // what was before tells nothing of what comes
      this.step = Math.min(this.step, Math.max(this.longest / 1000, this.stop * 1e-9));
    }
    return true;
  }

  /** Halves the step and more; false when it is as short as can be. */
  shorten(): boolean {
    if (this.step <= this.least) {
      return false;
    }
    this.step = Math.max(this.least, this.step / 8);
    this.euler = true;
    return true;
  }

  /** How far the storages are from where a parabola through the last three points leads, in what is allowed. */
  private error(seconds: number, x: Float64Array): number {
    const [a, b, c] = this.past;
    if (!a || !b) {
      return 0;
    }
    let worst = 0;
    this.storages.forEach((s, k) => {
      const now = stored(s, x);
      const [p, q] = [stored(s, a.x), stored(s, b.x)];
      let led = p + ((seconds - a.seconds) * (p - q)) / (a.seconds - b.seconds);
      if (c) {
        const bend = ((p - q) / (a.seconds - b.seconds) - (q - stored(s, c.x)) / (b.seconds - c.seconds)) / (a.seconds - c.seconds);
        led += bend * (seconds - a.seconds) * (seconds - b.seconds);
      }
      const most = Math.max(this.most[k] as number, Math.abs(now));
      worst = Math.max(worst, (0.1 * Math.abs(now - led)) / (2e-4 * most + 1e-9));
    });
    return worst;
  }
}

function stored(s: Storage, x: Float64Array): number {
  return (s.from >= 0 ? (x[s.from] as number) : 0) - (s.to >= 0 ? (x[s.to] as number) : 0);
}
