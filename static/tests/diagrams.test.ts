// Stored circuits: read, named, simulated, written; and ways for wires.

import { acResult, dcResult, readWanted, tranResult } from "../ts/course/inputs/schematic/analyses";
import { Diagram, Unreadable, isWire, key, type Piece, type Point } from "../ts/course/inputs/schematic/diagram";
import { bend, route } from "../ts/course/inputs/schematic/route";
import { Circuit } from "../ts/course/inputs/schematic/simulate";
import { near, same, thrown, type Tests } from "./run";

/** What a published course begins its question on voltage dividers with, and what a learner adds. */
const divider = `[["v",[168,144,0],{"value":"dc(1)","_json_":0},["1","0"]],["r",[296,120,0],{"r":"1","_json_":1},["1","output"]],["L",[296,168,3],{"label":"output","_json_":2},["output"]],["w",[296,216,168,216]],["w",[168,216,168,192]],["w",[168,144,168,120]],["w",[168,120,296,120]],["g",[168,216,0],{"_json_":7},["0"]],["view",-67.5,-78.5,1.6,"50","10","1G",null,"100","1","1000"]]`;
const second = `["r",[296,168,0],{"r":"1","_json_":1},["output","0"]],`;

const highPass = `[["v",[160,152,0],{"name":"v1","value":"sin(0,1,1,0,0)","_json_":0},["1","0"]],["w",[160,200,240,200]],["g",[160,200,0],{"_json_":2},["0"]],["L",[240,152,3],{"label":"NodeA","_json_":3},["NodeA"]],["s",[240,152,0],{"color":"cyan","offset":"0","_json_":4},["NodeA"]],["r",[240,152,0],{"r":"1k"},["NodeA","0"]],["c",[200,152,3],{"c":"1u"},[]],["w",[160,152,200,152]],["w",[248,152,240,152]],["view",64,54,2.5,"50","10","1G",null,"100","1","1000"]]`;

/** Three transistors pull a line down that a resistor holds up. */
const gate = `[["w",[112,96,128,96]],["w",[256,96,240,96]],["w",[192,96,240,96]],["s",[240,96,0],{"color":"cyan","offset":"","plot offset":"0","_json_":3},["Z"]],["w",[32,224,192,224]],["w",[96,48,192,48]],["L",[256,96,3],{"label":"Z","_json_":6},["Z"]],["r",[192,48,0],{"name":"Rpullup","r":"10K","_json_":7},["1","Z"]],["w",[32,144,32,192]],["w",[32,224,32,192]],["w",[48,192,32,192]],["w",[32,96,32,144]],["w",[48,144,32,144]],["w",[32,48,32,96]],["w",[48,96,32,96]],["w",[32,48,48,48]],["g",[32,224,0],{"_json_":16},["0"]],["v",[96,192,1],{"name":"VC","value":"square(3,0,250K)","_json_":17},["C","0"]],["v",[96,144,1],{"name":"VB","value":"square(3,0,500K)","_json_":18},["B","0"]],["v",[96,96,1],{"name":"VA","value":"square(3,0,1000K)","_json_":19},["A","0"]],["v",[96,48,1],{"name":"Vpwr","value":"dc(3)","_json_":20},["1","0"]],["L",[96,96,2],{"label":"A","_json_":21},["A"]],["w",[96,96,112,96]],["L",[96,144,2],{"label":"B","_json_":23},["B"]],["w",[96,144,104,144]],["L",[96,192,2],{"label":"C","_json_":25},["C"]],["w",[96,192,104,192]],["n",[192,96,0],{"W/L":"20"},[]],["w",[168,120,128,120]],["w",[128,120,128,96]],["g",[192,144,0],{},[]],["view",0,0,2,"5","10","10MEG",null,"100","4us"]]`;

function solved(d: Diagram): Record<string, number> {
  return dcResult(new Circuit(d.elements().elements).dc());
}

export const tests: Tests = {
  "what is read is written as it was"() {
    const d = Diagram.read(divider);
    const written = JSON.parse(d.write()) as unknown[][];
    // From the end to the beginning, as the tool that made the format has it.
    same(written.map((e) => e[0]), ["g", "w", "w", "w", "w", "L", "r", "v", "view"]);
    same(written[0], ["g", [168, 216, 0], { _json_: 0 }, ["0"]]);
    same(written[6], ["r", [296, 120, 0], { r: "1", _json_: 6 }, ["1", "output"]]);
    same(written[7], ["v", [168, 144, 0], { value: "dc(1)", _json_: 7 }, ["1", "0"]]);
    same(written[8], ["view", -67.5, -78.5, 1.6, "50", "10", "1G", null, "100", "1", "1000"]);
    same(Diagram.read(JSON.stringify(written)).pieces.length, 4);
  },

  "a divider is what its grader wants"() {
    const d = Diagram.read(divider.replace("[[", `[${second}[`));
    const dc = solved(d);
    same([dc["output"], dc["0"], dc["1"]], [0.5, 0, 1]);
    const source = d.pieces.find((p) => p.kind === "v") as Piece;
    near(dc[`I(${d.nameOf(source)})`], -0.5);
    const written = JSON.parse(d.write(new Map([["dc", dc]]))) as unknown[][];
    same((written.at(-1)?.[1] as Record<string, number>)["output"], 0.5);
    same(written.at(-1)?.[0], "dc");
  },

  "a high-pass passes what is high"() {
    const d = Diagram.read(highPass);
    same(readWanted(`{"ac":[["NodeA",1,9]]}`, "ac"), [["NodeA", [1, 9]]]);
    const run = new Circuit(d.elements().elements).ac("v1", 10, 1e9, 50);
    const found = acResult([["NodeA", [1, 9]], ["none", [1]]], run.hertz, run.magnitude); // prettier-ignore
    const [low, high] = found["NodeA"] as [number, number][];
    const x = 2 * Math.PI * 10 * 1e-3;
    near(low?.[1], 20 * Math.log10(x / Math.hypot(1, x)), 1e-6);
    near(high?.[1], 0, 0, 1e-6);
    same(found["none"], [[1, "undefined"]]);
  },

  "a gate over time"() {
    const d = Diagram.read(gate);
    const wanted = readWanted(`{"tran":[["Z",0.0000004,0.0000009,0.0000039,0.00004]]}`, "tran") ?? [];
    const run = new Circuit(d.elements().elements).tran(4e-6, 100);
    const z = tranResult(wanted, run.seconds, run.curves)["Z"] as [number, number | string][];
    // Z is the inverse of A: low, high, high; and there is nothing after the end.
    same((z[0]?.[1] as number) > 2.7 && (z[1]?.[1] as number) < 1.2, true, JSON.stringify(z));
    same(z[3]?.[1], "undefined");
  },

  "hostile texts"() {
    for (const text of ["{", "null", "7", `"x"`, "{}", `[${"[],".repeat(2000)}[]]`]) {
      same(thrown(() => Diagram.read(text)) instanceof Unreadable, true, text.slice(0, 20));
    }
    const odd = `[["r"],["r",[1],{}],["r",[1e99,0,0]],["r",[null,0,0]],["__proto__",[0,0,0]],["w",[1,2,3]],["w",[5,5,5,5]],7,null,["L",[0,0,0],{"label":"__proto__"}],["r",[0,0,0],{"r":"1","name":{"a":1},"x":[1]}],["g",[0,48,-3],[1]],["v",[0,0,9],{"value":5}],["view"],["dc",null],["whatever",{"a":1}]]`;
    const d = Diagram.read(odd);
    same(d.strange, [["r"], ["r", [1], {}], ["r", [1e99, 0, 0]], ["r", [null, 0, 0]], ["__proto__", [0, 0, 0]], ["w", [1, 2, 3]], 7, null, ["whatever", { a: 1 }]]);
    same(d.pieces.map((p) => p.kind), ["v", "g", "r", "L"]);
    const written = JSON.parse(d.write(new Map<string, unknown>([["dc", dcResult(new Map([["__proto__", 1]]))]]))) as unknown[][];
    same(Object.keys(written.at(-1)?.[1] as object), ["__proto__"]);
    same(Diagram.read("").things.length, 0);
    same(Diagram.read("[]").things.length, 0);
    for (const wanted of ["", "x", "null", "[]", `{"ac":7}`, `{"ac":[7,null,{}]}`]) {
      same(readWanted(wanted, "ac") ?? [], []);
    }
  },

  "wires split and go on straight"() {
    const d = new Diagram();
    d.wire({ x: 0, y: 0 }, { x: 80, y: 0 });
    d.wire({ x: 40, y: -40 }, { x: 40, y: 40 });
    d.tidy();
    same(d.wires.length, 2, "crossing");
    same(d.nodes().group({ x: 0, y: 0 }) === d.nodes().group({ x: 40, y: 40 }), false);
    d.add("g", { x: 40, y: 0 });
    d.tidy();
    same(d.wires.length, 4, "joined by what ends there");
    d.remove(new Set(d.pieces.map((p) => p.id)));
    same(d.wires.length, 4);
    const line = new Diagram();
    line.wire({ x: 0, y: 0 }, { x: 8, y: 0 });
    line.wire({ x: 8, y: 0 }, { x: 24, y: 0 });
    line.wire({ x: 4, y: 0 }, { x: 16, y: 0 });
    line.tidy();
    same(line.wires.map((w) => [w.from.x, w.to.x].sort((a, b) => a - b)), [[0, 24]]);
    line.prune({ x: 24, y: 0 });
    same(line.wires.length, 0);
  },

  "names of nodes"() {
    const d = new Diagram();
    d.add("L", { x: 0, y: 0 }, 0, new Map([["label", "1"]]));
    const r = d.add("r", { x: 0, y: 0 });
    d.add("r", { x: 80, y: 0 });
    same(d.terminals([r]).map((t) => d.nodes().at(t)), ["1", "4"]);
    d.add("L", { x: 0, y: 0 }, 0, new Map([["label", "two"]]));
    same(d.nodes().conflicts, [["two", "1"]]);
    // The same label in two places is one node.
    const apart = Diagram.read(`[["v",[0,0,0],{"value":"2"}],["g",[0,48,0]],["L",[0,0,0],{"label":"a"}],["r",[80,0,0],{"r":"1"}],["L",[80,0,0],{"label":"a"}],["g",[80,48,0]]]`);
    near(solved(apart)["I(_5)"], -2);
    same(solved(Diagram.read(`[["v",[0,0,0],{"value":"2","name":"X"}],["g",[0,48,0]],["r",[0,0,0],{"r":"1","name":"X"}],["g",[0,48,0]]]`))["I(X)"] !== undefined, true);
  },

  "ways for wires touch nothing else"() {
    const d = Diagram.read(divider);
    // From the open end of the resistor around everything to ground.
    const way = route(d, { x: 296, y: 168 }, { x: 168, y: 216 }) as Point[];
    same([key(way[0] as Point), key(way.at(-1) as Point)], ["296,168", "168,216"]);
    d.wire({ x: -80, y: 300 }, { x: 500, y: 300 });
    for (const [from, to] of [[{ x: 296, y: 168 }, { x: 168, y: 216 }], [{ x: 168, y: 144 }, { x: 240, y: 400 }], [{ x: 40, y: 40 }, { x: 296, y: 168 }]] as [Point, Point][]) { // prettier-ignore
      const before = new Map(d.terminals().map((t) => [key(t) + t.k, d.nodes().at(t)]));
      const next = d.copy();
      const path = route(d, from, to) as Point[];
      path.slice(1).forEach((p, k) => next.wire(path[k] as Point, p));
      next.tidy();
      const nodes = next.nodes();
      same(nodes.group(from), nodes.group(to));
      const joined = new Set([d.nodes().at(from), d.nodes().at(to)]);
      for (const t of next.terminals()) {
        const was = before.get(key(t) + t.k) ?? "";
        same(joined.has(was) || nodes.at(t) === was || nodes.group(t) !== nodes.group(from), true, `${was} at ${key(t)}`);
      }
    }
    same(route(d, { x: 1, y: 0 }, { x: 8, y: 8 }), undefined);
    same(bend({ x: 0, y: 0 }, { x: 8, y: 8 }).length, 3);
  },

  "a piece turns about its point"() {
    const d = new Diagram();
    for (let rotation = 0; rotation < 8; rotation++) {
      d.add("o", { x: 0, y: 0 }, rotation);
    }
    same(d.terminals().filter((t) => t.k === 2).map((t) => [t.x, t.y]), [[48, 8], [-8, 48], [-48, -8], [8, -48], [-48, 8], [-8, -48], [48, -8], [8, 48]]); // prettier-ignore
    same(d.things.some(isWire), false);
  },
};
