// Systems of linear equations as circuits give them: a few dozen unknowns, many zeros, conductances beside ones.

/** What is left of a system that has no single solution: the unknown that nothing determines. */
export class Singular extends Error {
  constructor(readonly unknown: number) {
    super(`nothing determines unknown ${unknown}`);
  }
}

/** A square matrix, row by row. */
export class Matrix {
  readonly cells: Float64Array;

  constructor(
    readonly size: number,
    cells?: Float64Array,
  ) {
    this.cells = cells ?? new Float64Array(size * size);
  }

  /** Adds to a cell; indices below zero stand for ground, which has no equation. */
  add(row: number, column: number, value: number): void {
    if (row >= 0 && column >= 0) {
      const k = row * this.size + column;
      this.cells[k] = (this.cells[k] ?? 0) + value;
    }
  }

  copy(): Matrix {
    return new Matrix(this.size, this.cells.slice());
  }

  /** This matrix times x. */
  times(x: Float64Array): Float64Array {
    const n = this.size;
    const out = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) {
        const a = this.cells[i * n + j] as number;
        if (a !== 0) {
          sum += a * (x[j] as number);
        }
      }
      out[i] = sum;
    }
    return out;
  }
}

/** A matrix taken apart into triangles, to be solved for any right side. */
export class Factors {
  private readonly n: number;
  private readonly a: Float64Array;
  private readonly order: Int32Array;

  /** Takes m apart, with pivots that are largest in relation to their row. Throws Singular. */
  constructor(m: Matrix) {
    const n = (this.n = m.size);
    const a = (this.a = m.cells.slice());
    const order = (this.order = Int32Array.from({ length: n }, (_, k) => k));
    const scale = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        scale[i] = Math.max(scale[i] as number, Math.abs(a[i * n + j] as number));
      }
    }
    for (let k = 0; k < n; k++) {
      let best = -1;
      let most = 1e-14;
      for (let i = k; i < n; i++) {
        const row = order[i] as number;
        const weight = Math.abs(a[row * n + k] as number) / (scale[row] || 1);
        if (weight > most) {
          [best, most] = [i, weight];
        }
      }
      if (best < 0) {
        throw new Singular(k);
      }
      const pivotRow = order[best] as number;
      order[best] = order[k] as number;
      order[k] = pivotRow;
      const pivot = a[pivotRow * n + k] as number;
      for (let i = k + 1; i < n; i++) {
        const row = (order[i] as number) * n;
        const at = a[row + k] as number;
        if (at === 0) {
          continue;
        }
        const factor = at / pivot;
        a[row + k] = factor;
        for (let j = k + 1; j < n; j++) {
          const above = a[pivotRow * n + j] as number;
          if (above !== 0) {
            a[row + j] = (a[row + j] as number) - factor * above;
          }
        }
      }
    }
  }

  solve(b: Float64Array): Float64Array {
    const { n, a, order } = this;
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = order[i] as number;
      let sum = b[row] as number;
      for (let j = 0; j < i; j++) {
        sum -= (a[row * n + j] as number) * (x[j] as number);
      }
      x[i] = sum;
    }
    for (let i = n - 1; i >= 0; i--) {
      const row = order[i] as number;
      let sum = x[i] as number;
      for (let j = i + 1; j < n; j++) {
        sum -= (a[row * n + j] as number) * (x[j] as number);
      }
      x[i] = sum / (a[row * n + i] as number);
    }
    return x;
  }
}

/** Solves m x = b and once more for what rounding left over. */
export function solve(m: Matrix, b: Float64Array): Float64Array {
  const factors = new Factors(m);
  const x = factors.solve(b);
  const left = m.times(x).map((value, k) => (b[k] as number) - value);
  const correction = factors.solve(left);
  return x.map((value, k) => value + (correction[k] as number));
}

/** Solves (g + j w c) x = b for a real b; gives real and imaginary parts. The complex system is solved as a real one of twice the size. */
export function solveAt(g: Matrix, c: Matrix, w: number, b: Float64Array): { re: Float64Array; im: Float64Array } {
  const n = g.size;
  const both = new Matrix(2 * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const real = g.cells[i * n + j] as number;
      const imaginary = w * (c.cells[i * n + j] as number);
      both.cells[2 * i * 2 * n + 2 * j] = real;
      both.cells[(2 * i + 1) * 2 * n + 2 * j + 1] = real;
      both.cells[2 * i * 2 * n + 2 * j + 1] = -imaginary;
      both.cells[(2 * i + 1) * 2 * n + 2 * j] = imaginary;
    }
  }
  const right = new Float64Array(2 * n);
  b.forEach((value, k) => (right[2 * k] = value));
  const x = solve(both, right);
  return { re: Float64Array.from({ length: n }, (_, k) => x[2 * k] as number), im: Float64Array.from({ length: n }, (_, k) => x[2 * k + 1] as number) };
}
