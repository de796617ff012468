// What circuits are made of, and what can be told of them before they are solved.

import type { Source } from "./source";

/** One element. Nodes are names; "0" is ground. */
export type Element = { name: string } & (
  | { kind: "r" | "c" | "l"; nodes: [string, string]; value: number }
  | { kind: "v" | "i"; nodes: [plus: string, minus: string]; source: Source }
  | { kind: "a"; nodes: [string, string] } // measures the current through it
  | { kind: "d"; nodes: [anode: string, cathode: string]; area: number; ideal: boolean }
  | { kind: "n" | "p"; nodes: [drain: string, gate: string, source: string]; ratio: number }
  | { kind: "o"; nodes: [plus: string, minus: string, output: string, ground: string]; gain: number }
);

export type Reason =
  | "empty" // nothing to simulate
  | "no_ground"
  | "loop" // sources and wires in a ring; about: one of them
  | "short" // an inductor lies across a source; about: it
  | "no_way" // a current source drives a part without connection; about: it
  | "diverged"
  | "slow"
  | "no_source" // there is nothing to vary
  | "value" // a value cannot be read; about: the piece
  | "range"; // times or frequencies from which nothing can be made

/** Why a circuit cannot be simulated. */
export class Trouble extends Error {
  constructor(
    readonly reason: Reason,
    readonly about = "",
  ) {
    super(`${reason} ${about}`);
  }
}

export function fail(reason: Reason, about = ""): never {
  throw new Trouble(reason, about);
}

/** Groups that grow together. */
class Groups {
  private readonly above = new Map<string, string>();

  of(name: string): string {
    let top = name;
    for (let next = this.above.get(top); next !== undefined; next = this.above.get(top)) {
      top = next;
    }
    return top;
  }

  /** Joins the first two of some names; false when they were together already. */
  join([a, b]: readonly string[]): boolean {
    if (a === undefined || b === undefined) {
      return false;
    }
    const [first, second] = [this.of(a), this.of(b)];
    if (first !== second) {
      this.above.set(first, second);
    }
    return first !== second;
  }
}

/** What can be told of a circuit before it is solved: nodes without a way to ground, and coils that close a ring. */
export function inspect(elements: readonly Element[]): { floating: string[]; closing: Set<string> } {
  if (!elements.some((e) => e.nodes.includes("0"))) {
    fail("no_ground");
  }
  const fixed = new Groups(); // by voltages that are set
  const joined = new Groups(); // by anything a direct current takes
  for (const e of elements) {
    if (e.kind === "v" || e.kind === "a" || (e.kind === "r" && e.value === 0)) {
      if (!fixed.join(e.nodes)) {
        fail("loop", e.name);
      }
    }
    if (e.kind === "o") {
      joined.join(e.nodes.slice(2));
    } else if (e.kind === "n" || e.kind === "p") {
      joined.join([e.nodes[0], e.nodes[2]]);
    } else if (e.kind !== "c" && e.kind !== "i") {
      joined.join(e.nodes);
    }
  }
  const closing = new Set<string>();
  const withCoils = new Groups();
  elements.forEach((e) => (e.kind === "v" || e.kind === "a" || (e.kind === "r" && e.value === 0)) && withCoils.join(e.nodes));
  for (const e of elements) {
    if (e.kind === "l") {
      if (fixed.of(e.nodes[0]) === fixed.of(e.nodes[1]) && e.nodes[0] !== e.nodes[1]) {
        fail("short", e.name);
      }
      if (!withCoils.join(e.nodes)) {
        closing.add(e.name);
      }
    }
    if (e.kind === "i" && joined.of(e.nodes[0]) !== joined.of(e.nodes[1])) {
      fail("no_way", e.name);
    }
  }
  const ground = joined.of("0");
  return { floating: [...new Set(elements.flatMap((e) => e.nodes))].filter((node) => joined.of(node) !== ground), closing };
}
