// What one does to a circuit, without a page.

import { Desk, allowed } from "../ts/course/inputs/schematic/desk";
import { Diagram, isWire, type Piece } from "../ts/course/inputs/schematic/diagram";
import { Circuit } from "../ts/course/inputs/schematic/simulate";
import { near, same, type Tests } from "./run";

const half = `[["v",[0,0,0],{"value":"dc(1)"}],["g",[0,48,0],{}],["w",[0,0,64,0]],["r",[64,0,0],{"r":"1"}],["L",[64,48,3],{"label":"out"}],["w",[64,48,128,48]],["r",[128,48,0],{"r":"1"}],["w",[128,96,0,96]],["w",[0,96,0,48]]]`;

function desk(text: string): Desk {
  const made = new Desk({}, allowed(undefined), { locked: () => false, changed: () => undefined, show: () => undefined, say: () => undefined });
  made.begin(Diagram.read(text));
  return made;
}

function out(d: Desk): number | undefined {
  return new Circuit(d.diagram.elements().elements).dc().get("out");
}

const second = (d: Desk): Piece => d.diagram.pieces.find((p) => p.kind === "r" && p.x > 90) as Piece;

/** Reproducible numbers from 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

export const tests: Tests = {
  "what is moved or turned stays connected"() {
    const d = desk(half);
    near(out(d), 0.5);
    for (const [dx, dy] of [[40, 0], [0, 64], [-16, -24], [64, 8]] as const) { // prettier-ignore
      d.choose([second(d).id]);
      d.move(dx, dy);
      near(out(d), 0.5, 1e-9, 0, `${dx} ${dy}`);
      d.rotate();
      near(out(d), 0.5, 1e-9, 0, `turned after ${dx} ${dy}`);
      d.mirror();
      near(out(d), 0.5, 1e-9, 0, `mirrored after ${dx} ${dy}`);
    }
  },

  "undo and redo"() {
    const d = desk(half);
    const before = d.diagram.write();
    d.choose([second(d).id]);
    d.remove();
    near(out(d), 1);
    const after = d.diagram.write();
    d.undo();
    same(d.diagram.write(), before);
    d.redo();
    same(d.diagram.write(), after);
    d.undo();
    d.set(second(d).id, "r", "3");
    near(out(d), 0.75);
    d.redo(); // there is nothing to do again after another act
    near(out(d), 0.75);
  },

  "terminals are connected by name"() {
    const d = desk(half);
    d.choose([second(d).id]);
    d.remove();
    const id = d.add("r") as number;
    const group = (name: string): string => {
      const t = d.diagram.terminals().find((p) => d.diagram.nodes().at(p) === name);
      return t ? d.diagram.nodes().group(t) : "";
    };
    d.connect(id, 0, group("out"));
    d.connect(id, 1, group("0"));
    near(out(d), 0.5, 0, 1e-9, "connected");
    d.connect(id, 1, "");
    near(out(d), 1, 0, 1e-9, "open");
    d.connect(id, 1, group("1"));
    near(out(d), 1, 0, 1e-9, "elsewhere");
    d.connect(id, 1, group("0"));
    near(out(d), 0.5, 0, 1e-9, "back");
    // A part that touches another directly steps aside.
    const touching = d.add("g", { x: 64, y: 48 }) as number;
    near(out(d) ?? 0, 0);
    d.connect(touching, 0, "");
    near(out(d), 0.5, 0, 1e-9, "aside");
  },

  "names stand first in what is stored"() {
    const d = desk(half);
    d.set(second(d).id, "name", "R2");
    same([...second(d).settings.keys()], ["name", "r"]);
    d.set(second(d).id, "name", "");
    same([...second(d).settings.keys()], ["r"]);
  },

  "what is cut comes back where it is pasted"() {
    const d = desk(half);
    d.choose(d.diagram.things.map((t) => t.id));
    d.cut();
    same(d.diagram.things.length, 0);
    d.paste({ x: 400, y: 400 });
    near(out(d), 0.5);
    same(Math.min(...d.diagram.pieces.map((p) => p.x)), 400);
  },

  "only what is allowed"() {
    same(allowed("g,r"), ["g", "r"]);
    same(allowed("r, r,__proto__,x"), ["r"]);
    same(allowed(""), []);
    same(allowed("None").length, 13);
    same(allowed(undefined).length, 13);
  },

  "a thousand acts by chance leave a tidy circuit"() {
    for (let seed = 1; seed <= 8; seed++) {
      const chance = random(seed);
      const d = desk(half);
      for (let k = 0; k < 60; k++) {
        const things = d.diagram.things;
        const one = things[Math.floor(chance() * things.length)];
        d.choose(one ? [one.id] : []);
        const step = (): number => Math.round((chance() - 0.5) * 20) * 8;
        const acts = [
          () => d.move(step(), step()),
          () => d.rotate(),
          () => d.mirror(),
          () => d.add(d.box[Math.floor(chance() * d.box.length)] ?? "r", chance() < 0.5 ? undefined : { x: step(), y: step() }),
          () => d.join({ x: step(), y: step() }, { x: step(), y: step() }),
          () => chance() < 0.3 && d.remove(),
          () => d.undo(),
          () => d.redo(),
          () => d.copy(),
          () => chance() < 0.2 && things.length < 40 && d.paste({ x: step(), y: step() }),
          () => one && !isWire(one) && d.connect(one.id, 0, chance() < 0.3 ? "" : d.diagram.nodes().group(d.diagram.terminals()[0] ?? { x: 0, y: 0 })),
        ];
        acts[Math.floor(chance() * acts.length)]?.();
        // What is written is read back as the same: nothing hangs in between.
        const text = d.diagram.write();
        const again = Diagram.read(text);
        same(again.things.length, d.diagram.things.length, `seed ${seed}, act ${k}`);
        same(again.strange, [], `seed ${seed}, act ${k}`);
        for (const w of d.diagram.wires) {
          same(w.from.x === w.to.x && w.from.y === w.to.y, false, `seed ${seed}, act ${k}`);
        }
        try {
          new Circuit(d.diagram.elements().elements).dc();
        } catch (error) {
          same((error as Error).constructor.name.startsWith("Trouble"), true, String(error));
        }
      }
    }
  },
};
