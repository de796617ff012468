// Circuits that one can work out by hand.

import { formatNumber, isNumber, parseNumber } from "../ts/course/inputs/schematic/number";
import { Trouble, type Element } from "../ts/course/inputs/schematic/elements";
import { Circuit } from "../ts/course/inputs/schematic/simulate";
import { parseSource, type Source } from "../ts/course/inputs/schematic/source";
import { near, same, thrown, type Tests } from "./run";

function source(text: string): Source {
  const read = parseSource(text);
  if (!read) {
    throw new Error(`${text} is no source`);
  }
  return read;
}

const volts = (name: string, plus: string, text: string, minus = "0"): Element => ({ kind: "v", name, nodes: [plus, minus], source: source(text) });
const amperes = (name: string, plus: string, minus: string, text: string): Element => ({ kind: "i", name, nodes: [plus, minus], source: source(text) });
const part = (kind: "r" | "c" | "l", name: string, a: string, b: string, value: number): Element => ({ kind, name, nodes: [a, b], value });
const fet = (kind: "n" | "p", name: string, drain: string, gate: string, from: string, ratio: number): Element => ({ kind, name, nodes: [drain, gate, from], ratio });
const diode = (name: string, anode: string, cathode: string, ideal = false): Element => ({ kind: "d", name, nodes: [anode, cathode], area: 1, ideal });

function reason(elements: Element[], run: (c: Circuit) => unknown = (c) => c.dc()): string {
  const error = thrown(() => run(new Circuit(elements)));
  if (!(error instanceof Trouble)) {
    throw error;
  }
  return `${error.reason} ${error.about}`.trim();
}

/** The value of a curve at a time, by a straight line between two points. */
function at(x: Float64Array, y: Float64Array | undefined, where: number): number {
  const k = Math.max(1, x.findIndex((value) => value >= where));
  const [x1, x2, y1, y2] = [x[k - 1], x[k], y?.[k - 1], y?.[k]] as [number, number, number, number];
  return y1 + ((where - x1) * (y2 - y1)) / (x2 - x1);
}

export const tests: Tests = {
  numbers() {
    const read: Record<string, number | undefined> = {
      "1k": 1e3, "2u": 2e-6, "3meg": 3e6, "10MEG": 1e7, "1M": 1e6, "1m": 1e-3, "4.7K": 4700, "0.1u": 1e-7, ".5": 0.5, "-2.5e3": -2500, "1e-3k": 1, "22p": 22e-12,
      "1G": 1e9, "1T": 1e12, "5f": 5e-15, "1kohm": 1e3, "0x1F": 31, "0b101": 5, " 7 ": 7, "1µ": 1e-6, "10MEGohm": 1e7, "100 n": 1e-7, "": undefined, k: undefined, ".": undefined, "1e999": undefined,
    }; // prettier-ignore
    for (const [text, value] of Object.entries(read)) {
      same(parseNumber(text), value, text);
    }
    same(["1k", "1 kΩ", "10MEGohm", "2 uF", "50%", "4us", "1,5", "1k 2", "3kone", "one"].map(isNumber), [true, true, true, true, true, true, false, false, false, false]);
    same(
      [0.5, 4700, -2.5e-3, 0, 1e-19, 999.99, 999999, 1e-12, 1.5e9, 1e20, NaN].map((value) => formatNumber(value, "V", 4)),
      ["500 mV", "4.7 kV", "−2.5 mV", "0 V", "0 V", "1 kV", "1 MV", "1 pV", "1.5 GV", "1.000e+20 V", "?"],
    );
  },

  sources() {
    const square = source("square(3,0,1000K)");
    same([0, 0.25e-6, 0.75e-6, 1.25e-6].map((t) => square.at(t)), [3, 0, 3, 0], "square");
    near(square.period, 1e-6);
    near(square.corner(0), 0.01e-6);
    near(square.corner(0.25e-6), 0.5e-6, 1e-9);
    near(square.corner(1.25e-6), 1.5e-6, 1e-9);
    near(source("sin(1,2,50,0,90)").at(0), 3);
    near(source("sin(0,1,1k,1m)").at(1.25e-3), 1);
    same([0, 0.5, 1, 2, 5].map((t) => source("pwl(0,0,1,2,2,4)").at(t)), [0, 1, 2, 4, 4], "pwl");
    same([0.5, 2.5].map((t) => source("pwl_repeating(0,0,1,2,2,0)").at(t)), [1, 1], "pwl_repeating");
    same([0, 1, 1.5, 2, 3, 3.5].map((t) => source("pulse(1,5,1,1,1,1,10)").at(t)), [1, 1, 3, 5, 5, 3], "pulse");
    same([0, 1, 1.5, 3].map((t) => source("step(0,2,1,1)").at(t)), [0, 0, 1, 2], "step");
    near(source("triangle(0,4,1)").at(0.25), 2);
    near(source("impulse(2,4)").at(2), 2);
    same(source("5").at(1), 5);
    same(source("dc()").at(1), 0);
    same(source("sin(,,7)").given, [0, 1, 7, 0, 0]);
    same(["constructor(1)", "noise(1)", "dc(x)", "", "sin(1"].map((text) => parseSource(text)?.name), [undefined, undefined, undefined, undefined, "sin"]);
  },

  "a divider divides exactly"() {
    for (const ohms of [1, 3, 1e3, 4.7e3, 1e6, 0.1]) {
      const found = new Circuit([volts("V", "in", "dc(1)"), part("r", "R1", "in", "out", ohms), part("r", "R2", "out", "0", ohms)]).dc();
      same(found.get("out"), 0.5, `${ohms} ohms`);
      near(found.get("I(V)"), -1 / (2 * ohms));
    }
    same(new Circuit([volts("V", "in", "dc(10)"), part("r", "R1", "in", "out", 7e3), part("r", "R2", "out", "0", 3e3)]).dc().get("out"), 3);
  },

  "a bridge, currents and a wire of no resistance"() {
    const found = new Circuit([
      amperes("I", "0", "a", "2m"), part("r", "R1", "a", "b", 1e3), part("r", "R2", "a", "c", 2e3), part("r", "R3", "b", "0", 2e3), part("r", "R4", "c", "0", 1e3),
      part("r", "short", "b", "c", 0), { kind: "a", name: "meter", nodes: ["0", "x"] }, part("r", "R5", "x", "a", 1e3),
    ]).dc(); // prettier-ignore
    // a over (1k|2k) and (2k|1k) to ground: 4/3 k; beside 1k: 4/7 k.
    near(found.get("a"), 2e-3 * (4e3 / 7));
    near(found.get("I(meter)"), -(2e-3 * (4e3 / 7)) / 1e3);
    near(found.get("I(short)"), ((2e-3 * 4e3) / 7 / (4e3 / 3)) * (2 / 3 - 1 / 3));
  },

  "a step charges a capacitor"() {
    const { seconds, curves } = new Circuit([volts("V", "in", "step(0,1)"), part("r", "R", "in", "out", 1e3), part("c", "C", "out", "0", 1e-6)]).tran(5e-3, 100);
    for (const t of [0.5e-3, 1e-3, 2e-3, 4e-3]) {
      near(at(seconds, curves.get("out"), t), 1 - Math.exp(-t / 1e-3), 0, 5e-4, `at ${t}`);
    }
    near(seconds.at(-1), 5e-3);
    near(at(seconds, curves.get("I(V)"), 1e-3), -Math.exp(-1) / 1e3, 2e-3);
  },

  "a coil and a capacitor ring"() {
    // 1 mH, 1 uF, 10 ohms in series, from 0 to 1 V.
    const { seconds, curves } = new Circuit([
      volts("V", "in", "step(0,1)"), part("r", "R", "in", "a", 10), part("l", "L", "a", "out", 1e-3), part("c", "C", "out", "0", 1e-6),
    ]).tran(1e-3, 200); // prettier-ignore
    const [alpha, omega] = [10 / 2e-3, Math.sqrt(1e9 - (10 / 2e-3) ** 2)];
    for (const t of [0.05e-3, 0.1e-3, 0.3e-3, 0.8e-3]) {
      near(at(seconds, curves.get("out"), t), 1 - Math.exp(-alpha * t) * (Math.cos(omega * t) + (alpha / omega) * Math.sin(omega * t)), 0, 5e-3, `at ${t}`);
    }
  },

  "resonance and filters over frequency"() {
    const series = new Circuit([volts("V", "in", "dc(0)"), part("l", "L", "in", "a", 1e-3), part("c", "C", "a", "out", 1e-9), part("r", "R", "out", "0", 100)]);
    const { hertz, magnitude } = series.ac("V", 1e4, 1e7, 400);
    const peak = (magnitude.get("out") as Float64Array).reduce((best, value, k, all) => (value > (all[best] as number) ? k : best), 0);
    near(hertz[peak], 1 / (2 * Math.PI * Math.sqrt(1e-12)), 5e-3);
    near(magnitude.get("out")?.[peak], 1, 1e-3);
    // At one octave off: |Z| by hand.
    const off = hertz.findIndex((f) => f >= 3e5);
    const w = 2 * Math.PI * (hertz[off] as number);
    near(magnitude.get("out")?.[off], 100 / Math.hypot(100, w * 1e-3 - 1 / (w * 1e-9)), 1e-9);

    const pass = new Circuit([volts("V", "in", "sin(0,1,1)"), part("c", "C", "in", "out", 1e-6), part("r", "R", "out", "0", 1e3)]).ac("V", 10, 1e9, 50);
    same(pass.hertz.length, 401);
    near(pass.hertz.at(-1), 1e9);
    const k = pass.hertz.findIndex((f) => f >= 1 / (2 * Math.PI * 1e-3));
    const x = 2 * Math.PI * (pass.hertz[k] as number) * 1e-3;
    near(pass.magnitude.get("out")?.[k], x / Math.hypot(1, x), 1e-9);
    near(pass.phase.get("out")?.[k], (Math.atan(1 / x) * 180) / Math.PI, 1e-9);
    same(reason([volts("V", "in", "1"), part("r", "R", "in", "0", 1)], (c) => c.ac("W", 1, 10, 10)), "no_source W");
    same(reason([volts("V", "in", "1"), part("r", "R", "in", "0", 1)], (c) => c.ac("V", 10, 1, 10)), "range");
  },

  "a diode, and an ideal one"() {
    const ohms = 1e3;
    const found = new Circuit([volts("V", "in", "5"), part("r", "R", "in", "a", ohms), diode("D", "a", "0")]).dc();
    const v = found.get("a") as number;
    near(1e-14 * (Math.exp(v / 25.8e-3) - 1), (5 - v) / ohms, 1e-6);
    near(v, 0.692, 2e-3); // 25.8 mV ln(4.31 mA / 1e-14 A)
    near(new Circuit([volts("V", "in", "-5"), part("r", "R", "in", "a", ohms), diode("D", "a", "0")]).dc().get("a"), -5, 1e-9);
    const ideal = new Circuit([volts("V", "in", "5"), part("r", "R", "in", "a", ohms), diode("D", "a", "0", true)]).dc();
    near(ideal.get("a"), 2.7e-3, 0, 1e-4);
    near(ideal.get("I(V)"), -5e-3, 1e-3);
    // A bridge of four.
    const bridge = new Circuit([volts("V", "p", "10", "q"), part("r", "Rq", "q", "0", 1e6), diode("D1", "p", "top"), diode("D2", "q", "top"), diode("D3", "low", "p"), diode("D4", "low", "q"), part("r", "R", "top", "low", 1e3)]).dc();
    near((bridge.get("top") as number) - (bridge.get("low") as number), 10 - 2 * 0.71, 2e-2);
  },

  "a rectifier over time"() {
    const { seconds, curves } = new Circuit([volts("V", "in", "sin(0,10,50)"), diode("D", "in", "out"), part("c", "C", "out", "0", 100e-6), part("r", "R", "out", "0", 1e4)]).tran(0.1, 100);
    const late = [...(curves.get("out") as Float64Array)].filter((_, k) => (seconds[k] as number) > 0.05);
    near(Math.max(...late), 9.2, 0, 0.2);
    near(Math.max(...late) - Math.min(...late), (9.2 * 0.019) / 1, 0, 0.05); // discharges for not quite 20 ms of 1 s
  },

  "transistors"() {
    // Saturation: 0.5 * 20u * 2 * (1.5)^2 * (1 + 0.05 v), over 10 k from 5 V.
    const nmos = new Circuit([volts("VD", "vdd", "5"), volts("VG", "g", "2"), part("r", "R", "vdd", "d", 1e4), fet("n", "M", "d", "g", "0", 2)]).dc();
    const k = 0.5 * 20e-6 * 2 * 1.5 ** 2;
    near(nmos.get("d"), (5 - 1e4 * k) / (1 + 1e4 * k * 0.05), 1e-6);
    const inverter = (gate: string): Element[] => [volts("VDD", "vdd", "3"), volts("VIN", "in", gate), fet("p", "MP", "out", "in", "vdd", 4), fet("n", "MN", "out", "in", "0", 2), part("r", "RL", "out", "0", 1e9)];
    near(new Circuit(inverter("0")).dc().get("out"), 3, 1e-3);
    near(new Circuit(inverter("3")).dc().get("out"), 0, 0, 1e-3);
    const even = new Circuit([volts("VDD", "vdd", "3"), volts("VIN", "in", "1.5"), fet("p", "MP", "out", "in", "vdd", 2), fet("n", "MN", "out", "in", "0", 2)]).dc();
    near(even.get("out"), 1.5, 1e-6);
    // Drain and source change places.
    near(new Circuit([volts("VD", "d", "-1"), volts("VG", "g", "1"), fet("n", "M", "d", "g", "s", 2), part("r", "R", "s", "0", 1e6)]).dc().get("s"), -1, 0.05);
  },

  "gates that a grader knows"() {
    // Z is high when no input is: three transistors in a row pull against 10 k, as courses ask for.
    const gate = (a: string, b: string): number | undefined =>
      new Circuit([volts("V", "vdd", "3"), volts("A", "a", a), volts("B", "b", b), part("r", "R", "vdd", "z", 1e4), fet("n", "M1", "z", "a", "m", 100), fet("n", "M2", "m", "b", "0", 100)]).dc().get("z");
    near(gate("0", "0"), 3, 1e-6);
    near(gate("3", "0"), 3, 1e-6);
    near(gate("0", "3"), 3, 1e-6);
    same((gate("3", "3") ?? 9) < 0.25, true, "both high");
  },

  "op amps"() {
    const inverting = new Circuit([volts("V", "in", "0.5"), part("r", "R1", "in", "n", 1e3), part("r", "R2", "n", "out", 1e4), { kind: "o", name: "A", nodes: ["0", "n", "out", "0"], gain: 30000 }]);
    near(inverting.dc().get("out"), -5, 1e-3);
    near(inverting.ac("V", 1, 1e3, 10).magnitude.get("out")?.[5], 10, 1e-3);
    near(new Circuit([volts("V", "in", "2"), { kind: "o", name: "A", nodes: ["in", "out", "out", "0"], gain: 30000 }, part("r", "R", "out", "0", 50)]).dc().get("out"), (2 * 30000) / 30001, 1e-9);
  },

  "what cannot be simulated says why"() {
    same(reason([]), "empty");
    same(reason([volts("V", "a", "1", "b"), part("r", "R", "a", "b", 1)]), "no_ground");
    same(reason([volts("V1", "a", "1"), volts("V2", "a", "2"), part("r", "R", "a", "0", 1)]), "loop V2");
    same(reason([volts("V1", "a", "1"), part("r", "R0", "a", "0", 0)]), "loop R0");
    same(reason([volts("V1", "a", "1"), part("l", "L", "a", "0", 1e-3)]), "short L");
    same(reason([amperes("I1", "0", "a", "1"), part("c", "C", "a", "0", 1e-6)]), "no_way I1");
    same(reason([volts("V", "a", "sin(0,1,1G)"), part("r", "R", "a", "0", 1)], (c) => c.tran(1, 100)), "slow");
    same(reason([volts("V", "a", "1"), part("r", "R", "a", "0", 1)], (c) => c.tran(0, 100)), "range");
  },

  "nodes that nothing holds lie at zero"() {
    const circuit = new Circuit([volts("V", "a", "1"), part("c", "C1", "a", "m", 1e-6), part("c", "C2", "m", "0", 1e-6), part("r", "R", "a", "open", 1e3)]);
    same(circuit.floating, ["m"]);
    const found = circuit.dc();
    same(found.get("m"), 0);
    same(found.get("open"), 1);
    const coils = new Circuit([amperes("I", "0", "a", "1"), part("l", "L1", "a", "0", 1e-3), part("l", "L2", "a", "0", 1e-3)]).dc();
    near(coils.get("I(L1)"), 0.5, 1e-2, 1);
    near(coils.get("a"), 0, 0, 1e-5);
  },

  "hard beginnings"() {
    // A latch of two inverters with a nudge, and a chain of diodes at high voltage.
    const latch = new Circuit([volts("V", "vdd", "3"), fet("p", "P1", "x", "y", "vdd", 4), fet("n", "N1", "x", "y", "0", 2), fet("p", "P2", "y", "x", "vdd", 4), fet("n", "N2", "y", "x", "0", 2), part("r", "R", "x", "0", 1e5)]).dc();
    same((latch.get("x") as number) < 3 && (latch.get("y") as number) > -1e-6, true);
    const chain: Element[] = [volts("V", "n0", "1000"), part("r", "R", "n9", "0", 100)];
    for (let k = 0; k < 9; k++) {
      chain.push(diode(`D${k}`, `n${k}`, `n${k + 1}`));
    }
    near(new Circuit(chain).dc().get("n9"), 1000 - 9 * 0.89, 1e-3);
  },

  "an oscillation keeps its size"() {
    const { seconds, curves } = new Circuit([volts("V", "in", "sin(0,1,1k)"), part("r", "R", "in", "out", 1e3), part("c", "C", "out", "0", 159.155e-9)]).tran(10e-3, 100);
    const late = [...(curves.get("out") as Float64Array)].filter((_, k) => (seconds[k] as number) > 5e-3);
    near(Math.max(...late), Math.SQRT1_2, 2e-3);
  },
};
