// The analyses: what voltages are there, how they go with the frequency, and what happens over time. The first follows every change; the
// others run when they are asked for, and before the answer is sent where its author wants their results.

import { acResult, dcResult, decibels, readWanted, tranResult, type Wanted } from "./analyses";
import { isWire, type Diagram, type Piece } from "./diagram";
import type { Desk } from "./desk";
import { button, choice, line, make } from "./dom";
import { Trouble } from "./elements";
import { formatNumber, isNumber, parseNumber } from "./number";
import { drawPlot, tableOf, unitText, type Curve } from "./plot";
import type { Notes } from "./sheet";
import { Circuit, type Curves, type Values } from "./simulate";

export type Analysis = "dc" | "ac" | "tran";

/** Elements up to which voltages follow every change. */
const small = 150;
const mostCurves = 8;

/** Places in the view's list. */
const view = { perDecade: 3, first: 4, last: 5, input: 6, points: 7, stop: 8 };
const standard: Record<number, string> = { 3: "50", 4: "10", 5: "1G", 7: "100", 8: "1" };

/** What an analysis came to: of which circuit, and either its result or why there is none. */
interface Outcome<T> {
  of: string;
  found?: T;
  why?: string;
}

export class Bench {
  private readonly wantedAC: Wanted | undefined;
  private readonly wantedTran: Wanted | undefined;
  private dc: Outcome<{ values: Values; floating: string[]; ids: Map<string, number> }> | undefined;
  private ac: Outcome<ReturnType<Circuit["ac"]>> | undefined;
  private tran: Outcome<ReturnType<Circuit["tran"]>> | undefined;
  private readonly results = make("div", "circuit__results");
  private readonly places: Record<"ac" | "tran", HTMLElement> = { ac: make("div"), tran: make("div") };
  private loaded = ""; // the circuit that the stored results are of

  constructor(
    private readonly desk: Desk,
    private readonly analyses: readonly Analysis[],
    submit: string,
  ) {
    this.wantedAC = readWanted(submit, "ac");
    this.wantedTran = readWanted(submit, "tran");
  }

  /** Notes that a circuit has just been read. */
  begin(): void {
    this.loaded = this.desk.diagram.write();
    this.dc = this.ac = this.tran = undefined;
  }

  /** Results of the circuit as it is; with all, analyses that its author asks for are run for it. */
  stored(all: boolean): Map<string, unknown> {
    const d = this.desk.diagram;
    const now = d.write();
    const out = new Map<string, unknown>();
    if (this.loaded === now) {
      d.results.forEach((value, name) => out.set(name, value));
    }
    if (this.analyses.includes("dc")) {
      this.solve(all);
      const found = this.dc?.of === now ? this.dc.found : undefined;
      if (found) {
        out.set("dc", dcResult(found.values));
      } else if (this.dc?.why !== undefined) {
        out.delete("dc");
      }
    }
    if (this.analyses.includes("ac") && this.wantedAC) {
      this.runAC(now, all);
      if (this.ac?.of === now && this.ac.found) {
        out.set("ac", acResult(this.wantedAC, this.ac.found.hertz, this.ac.found.magnitude));
      }
    }
    if (this.analyses.includes("tran") && this.wantedTran) {
      this.runTran(now, all);
      if (this.tran?.of === now && this.tran.found) {
        out.set("transient", tranResult(this.wantedTran, this.tran.found.seconds, this.tran.found.curves));
      }
    }
    return new Map(["dc", "ac", "transient"].flatMap((name) => (out.has(name) ? [[name, out.get(name)] as const] : [])));
  }

  private circuit(): { circuit: Circuit; ids: Map<string, number>; inputs: string[] } {
    const { elements, ids } = this.desk.diagram.elements();
    return { circuit: new Circuit(elements), ids, inputs: elements.filter((e) => e.kind === "v" || e.kind === "i").map((e) => e.name) };
  }

  private attempt<T>(of: string, run: () => T): Outcome<T> {
    try {
      return { of, found: run() };
    } catch (error) {
      return { of, why: this.why(error) };
    }
  }

  /** Why a circuit cannot be simulated, in a sentence. */
  private why(error: unknown): string {
    if (!(error instanceof Trouble)) {
      return this.desk.word("trouble_diverged");
    }
    const { reason, about } = error;
    const d = this.desk.diagram;
    const piece = d.pieces.find((p) => (reason === "value" ? String(p.id) === about : d.nameOf(p) === about.replace(/′+$/, "")));
    return this.desk.word(`trouble_${reason}`, piece ? this.desk.nameOf(piece) : about);
  }

  private solve(always: boolean): void {
    const d = this.desk.diagram;
    const now = d.write();
    if (this.dc?.of === now || (!always && d.things.filter((t) => !isWire(t)).length > small)) {
      return;
    }
    this.dc = this.attempt(now, () => {
      const { circuit, ids } = this.circuit();
      return { values: circuit.dc(), floating: circuit.floating, ids };
    });
  }

  private text(k: number): string {
    const value = this.desk.diagram.view[k];
    return typeof value === "string" || typeof value === "number" ? String(value) : (standard[k] ?? "");
  }

  private number(k: number): number {
    return parseNumber(this.text(k)) ?? NaN;
  }

  private input(inputs: readonly string[]): string {
    const wish = this.text(view.input);
    return inputs.includes(wish) ? wish : (inputs[0] ?? "");
  }

  private runAC(now: string, run: boolean): void {
    if (run && this.ac?.of !== now) {
      this.ac = this.attempt(now, () => {
        const { circuit, inputs } = this.circuit();
        const perDecade = this.number(view.perDecade);
        return circuit.ac(this.input(inputs), this.number(view.first), this.number(view.last), Math.min(500, perDecade >= 1 ? perDecade : 50));
      });
    }
  }

  private runTran(now: string, run: boolean): void {
    if (run && this.tran?.of !== now) {
      const points = this.number(view.points);
      this.tran = this.attempt(now, () => this.circuit().circuit.tran(this.number(view.stop), Math.min(2000, Math.max(50, points >= 1 ? points : 100))));
    }
  }

  // drawing

  /** Notes for the sheet: what is known of the circuit as it is. */
  notes(): Notes {
    const out: Notes = { nodes: new Map(), pieces: new Map() };
    const found = this.analyses.includes("dc") && this.dc?.of === this.desk.diagram.write() ? this.dc.found : undefined;
    for (const [name, value] of found?.values ?? []) {
      const current = /^I\((.*)\)$/.exec(name)?.[1];
      const id = current === undefined ? undefined : found?.ids.get(current);
      const piece = id === undefined ? undefined : this.desk.diagram.pieces.find((p) => p.id === id);
      if (piece?.kind === "v" || piece?.kind === "a") {
        out.pieces.set(piece.id, formatNumber(value, "A", 3));
      } else if (current === undefined) {
        out.nodes.set(name, formatNumber(value, "V", 4));
      }
    }
    return out;
  }

  /** Puts everything into box, once. */
  place(box: HTMLElement): void {
    if (this.analyses.includes("dc")) {
      box.append(this.results);
    }
    for (const analysis of ["ac", "tran"] as const) {
      if (this.analyses.includes(analysis)) {
        const details = make("details", "circuit__analysis");
        details.append(make("summary", "", this.desk.word(`analysis_${analysis}`)), this.places[analysis]);
        box.append(details);
      }
    }
  }

  /** Shows what is known, and the fields of the analyses. */
  draw(): void {
    this.solve(false);
    if (this.analyses.includes("dc")) {
      this.drawDC();
    }
    if (this.analyses.includes("ac")) {
      this.drawFields("ac");
    }
    if (this.analyses.includes("tran")) {
      this.drawFields("tran");
    }
  }

  private drawDC(): void {
    const { desk } = this;
    const now = desk.diagram.write();
    const head = make("p", "circuit__head", desk.word("analysis_dc"));
    if (this.dc?.of !== now) {
      const run = button(desk.word("run"), () => {
        this.solve(true);
        this.drawDC();
      });
      this.results.replaceChildren(head, run);
      return;
    }
    const found = this.dc.found;
    if (!found) {
      this.results.replaceChildren(head, make("p", "circuit__why", this.dc.why));
      return;
    }
    const numbers = make("details", "circuit__numbers");
    numbers.open = this.results.querySelector("details")?.open ?? true;
    const lines: string[][] = [];
    for (const [name, value] of found.values) {
      const current = /^I\((.*)\)$/.exec(name)?.[1];
      if (current === undefined) {
        lines.push([name === "0" ? desk.word("node_ground") : desk.word("voltage_at", name), formatNumber(value, "V", 6)]);
      } else {
        const id = found.ids.get(current);
        const piece = desk.diagram.pieces.find((p): p is Piece => p.id === id);
        lines.push([desk.word("current_through", piece ? desk.nameOf(piece) : current), formatNumber(value, "A", 6)]);
      }
    }
    numbers.append(make("summary", "", desk.word("numbers")), tableOf(desk.word("analysis_dc"), [desk.word("quantity"), desk.word("amount")], lines));
    const floating = found.floating.length > 0 ? [make("p", "circuit__why", desk.word("floating", found.floating.map((n) => desk.nodeName(n)).join(", ")))] : [];
    this.results.replaceChildren(head, ...floating, numbers);
  }

  private fieldsOf: Record<string, string> = {};

  private drawFields(analysis: "ac" | "tran"): void {
    const { desk } = this;
    const box = this.places[analysis];
    const inputs = this.inputs();
    const signature = JSON.stringify([desk.diagram.view, inputs, desk.locked]);
    const outcome = this[analysis];
    const stale = outcome !== undefined && outcome.of !== desk.diagram.write();
    box.querySelector(".circuit__stale")?.toggleAttribute("hidden", !stale);
    if (this.fieldsOf[analysis] === signature) {
      return;
    }
    this.fieldsOf[analysis] = signature;
    const fields = make("div", "circuit__fields");
    const setting = (word: string, k: number): HTMLElement =>
      line(desk.word(word), this.text(k), (text) => void this.setView(k, text.trim()), (text) => (isNumber(text) && (parseNumber(text) ?? 0) > 0 ? "" : desk.word("not_positive"))); // prettier-ignore
    if (analysis === "ac") {
      fields.append(
        setting("set_first", view.first),
        setting("set_last", view.last),
        choice(desk.word("set_input"), inputs.map(([value, label]) => ({ value, label })), this.input(inputs.map(([value]) => value)), (name) => void this.setView(view.input, name)), // prettier-ignore
      );
    } else {
      fields.append(setting("set_stop", view.stop));
    }
    const note = make("p", "circuit__stale circuit__why", desk.word("stale"));
    note.hidden = !stale;
    const shown = box.querySelector(".circuit__shown") ?? make("div", "circuit__shown");
    box.replaceChildren(fields, button(desk.word("run"), () => this.run(analysis)), note, shown);
  }

  private setView(k: number, value: string): void {
    if (!this.desk.act((d) => (d.view = Array.from({ length: Math.max(10, d.view.length) }, (_, i) => (i === k ? value : (d.view[i] ?? null)))))) {
      this.desk.diagram.view[k] = value; // a circuit that may not be changed can be looked at in another way
    }
  }

  private inputs(): [name: string, label: string][] {
    const { desk } = this;
    return desk.diagram.pieces.filter((p) => p.kind === "v" || p.kind === "i").map((p) => [desk.diagram.nameOf(p), desk.nameOf(p)]);
  }

  private run(analysis: "ac" | "tran"): void {
    const now = this.desk.diagram.write();
    if (analysis === "ac") {
      this.runAC(now, true);
    } else {
      this.runTran(now, true);
    }
    const box = this.places[analysis].querySelector(".circuit__shown");
    const why = this[analysis]?.why;
    if (box && why !== undefined) {
      box.replaceChildren(make("p", "circuit__why", why));
      this.desk.say("said", why);
    } else if (box) {
      box.replaceChildren(...(analysis === "ac" ? this.plotsAC() : this.plotsTran()));
      this.desk.say("ran", this.desk.word(`analysis_${analysis}`));
    }
    this.places[analysis].querySelector(".circuit__stale")?.toggleAttribute("hidden", true);
    this.onRun();
  }

  /** Called when an analysis has run. */
  onRun: () => void = () => undefined;

  /** The curves worth showing: those of probes, or of labels, or all. */
  private shown(curves: Curves, kinds: readonly string[]): { name: string; key: string; ampere: boolean; offset: number }[] {
    const { desk } = this;
    const d: Diagram = desk.diagram;
    const nodes = d.nodes();
    const out = d.pieces
      .filter((p) => kinds.includes(p.kind))
      .map((p) => {
        const node = nodes.at(d.terminals([p])[0] ?? p);
        const offset = parseNumber(p.settings.get("offset") ?? "") ?? 0;
        const name = p.kind === "a" ? desk.nameOf(p) : desk.nodeName(node);
        return { name: offset === 0 ? name : desk.word("shifted", name, formatNumber(offset)), key: p.kind === "a" ? `I(${d.nameOf(p)})` : node, ampere: p.kind === "a", offset };
      })
      .filter((c) => curves.has(c.key));
    if (out.some((c) => !c.ampere)) {
      return out.slice(0, mostCurves);
    }
    const labels = new Set(d.pieces.filter((p) => p.kind === "L").map((p) => nodes.at(p)));
    const names = [...curves.keys()].filter((name) => name !== "0" && !name.startsWith("I("));
    const chosen = names.some((n) => labels.has(n)) ? names.filter((n) => labels.has(n)) : names;
    return [...out, ...chosen.map((n) => ({ name: desk.nodeName(n), key: n, ampere: false, offset: 0 }))].slice(0, mostCurves);
  }

  private plotsAC(): HTMLElement[] {
    const found = this.ac?.found;
    if (!found) {
      return [];
    }
    const { desk } = this;
    const shown = this.shown(found.magnitude, ["s"]);
    const x = found.hertz.map(Math.log10);
    const hertz = (value: number): string => formatNumber(10 ** value, "Hz", 3);
    const plot = (title: string, of: (key: string, offset: number) => Float64Array, unit: string): HTMLElement =>
      drawPlot({ title, x, xName: desk.word("frequency"), xText: hertz, yText: (y) => `${Number(y.toPrecision(4))} ${unit}`.replace("-", "−"), curves: shown.map((c): Curve => ({ name: c.name, y: of(c.key, c.offset) })) }, desk.word("numbers")); // prettier-ignore
    return [
      plot(desk.word("magnitude"), (key, offset) => (found.magnitude.get(key) as Float64Array).map((m) => decibels(m) + offset), "dB"),
      plot(desk.word("phase"), (key) => found.phase.get(key) as Float64Array, "°"),
    ];
  }

  private plotsTran(): HTMLElement[] {
    const found = this.tran?.found;
    if (!found) {
      return [];
    }
    const { desk } = this;
    const shown = this.shown(found.curves, ["s", "a"]);
    const plot = (ampere: boolean): HTMLElement[] => {
      const curves = shown.filter((c) => c.ampere === ampere).map((c): Curve => ({ name: c.name, y: (found.curves.get(c.key) as Float64Array).map((y) => y + c.offset) }));
      const title = desk.word(ampere ? "currents" : "voltages");
      return curves.length === 0 ? [] : [drawPlot({ title, x: found.seconds, xName: desk.word("time"), xText: unitText("s"), yText: unitText(ampere ? "A" : "V"), curves }, desk.word("numbers"))];
    };
    return [...plot(false), ...plot(true)];
  }
}

/** The analyses an author allows: all where nothing is said. */
export function allowedAnalyses(text: string | undefined): Analysis[] {
  const all: Analysis[] = ["dc", "ac", "tran"];
  return text === undefined || text === "None" ? all : all.filter((a) => text.split(",").map((word) => word.trim()).includes(a)); // prettier-ignore
}
