// What tests of modules use: a list of them, and claims that fail with what was found.

/** Tests by name. */
export type Tests = Record<string, () => void>;

/** Fails unless found is wanted, compared as JSON. */
export function same(found: unknown, wanted: unknown, what = ""): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) {
    throw new Error(`${what} got ${a}, want ${b}`);
  }
}

/** Fails unless found lies within a share of wanted, or within least of it. */
export function near(found: number | undefined, wanted: number, share = 1e-6, least = 1e-12, what = ""): void {
  if (found === undefined || !(Math.abs(found - wanted) <= Math.max(share * Math.abs(wanted), least))) {
    throw new Error(`${what} got ${found}, want ${wanted} within ${Math.max(share * Math.abs(wanted), least)}`);
  }
}

/** Fails unless run throws; returns what it threw. */
export function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
