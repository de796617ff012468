// What can be set about the chosen part.

import { grid, type Piece } from "./diagram";
import type { Desk } from "./desk";
import { choice, line, make, redraw } from "./dom";
import { isNumber, parseNumber } from "./number";
import { parts } from "./parts";
import { parseSource, sourceFunctions } from "./source";

/** Draws the fields of the chosen part into box, unless they are there already. */
export function drawPanel(box: HTMLElement, desk: Desk): void {
  const { piece } = desk;
  const shown = piece ? JSON.stringify([desk.nameOf(piece), piece.id, piece.x, piece.y, [...piece.settings]]) : "";
  if (box.dataset["shown"] === shown) {
    return;
  }
  box.dataset["shown"] = shown;
  box.hidden = piece === undefined;
  if (!piece) {
    box.replaceChildren();
    return;
  }
  const head = make("p", "circuit__head", desk.nameOf(piece));
  const fields = make("div", "circuit__fields");
  fields.append(...settings(desk, piece), ...places(desk, piece));
  redraw(box, head, fields);
}

function settings(desk: Desk, piece: Piece): HTMLElement[] {
  const out: HTMLElement[] = [];
  const value = (name: string): string => piece.settings.get(name) ?? "";
  if (parts[piece.kind].named) {
    out.push(line(desk.word("set_name"), value("name"), (text) => desk.set(piece.id, "name", text.trim())));
  }
  if (piece.kind === "v" || piece.kind === "i") {
    return [...out, ...source(desk, piece, value("value"))];
  }
  for (const s of parts[piece.kind].settings) {
    const label = desk.word(`set_${s.name === "W/L" ? "ratio" : s.name}`) + (s.unit ? ` (${s.unit})` : "");
    if (s.choices) {
      const choices = s.choices.map((c) => ({ value: c, label: desk.word(`choice_${c}`) }));
      out.push(choice(label, choices, value(s.name) || s.standard, (text) => desk.set(piece.id, s.name, text)));
    } else {
      out.push(line(label, value(s.name), (text) => desk.set(piece.id, s.name, text.trim()), s.number ? (text) => notANumber(desk, text) : labelNeeded(desk)));
    }
  }
  return out;
}

function labelNeeded(desk: Desk): (text: string) => string {
  return (text) => (text.trim() === "" ? desk.word("label_needed") : "");
}

function notANumber(desk: Desk, text: string): string {
  return isNumber(text) && parseNumber(text) !== undefined ? "" : desk.word("not_a_number");
}

/** The function of a source, and its arguments. */
function source(desk: Desk, piece: Piece, value: string): HTMLElement[] {
  const read = parseSource(value);
  const name = read?.name ?? "dc";
  const names = Object.keys(sourceFunctions).map((f) => ({ value: f, label: desk.word(`source_${f}`) }));
  const write = (of: string, given: readonly string[]): void => void desk.set(piece.id, "value", `${of}(${given.join(",")})`);
  const typed = /\(([^)]*)\)?/.exec(value)?.[1]?.split(",").map((s) => s.trim()) ?? [value.trim()]; // as they were written: 1k stays 1k
  const out = [
    choice(desk.word("set_source"), names, name, (chosen) => {
      const list = sourceFunctions[chosen] ?? [];
      write(chosen, list.length > 0 ? list.map(([, standard]) => String(standard)) : ["0", "0", "1", "1"]);
    }),
  ];
  const wanted = sourceFunctions[name] ?? [];
  if (wanted.length === 0) {
    const check = (text: string): string => (text.split(",").length % 2 === 0 && text.split(",").every((n) => isNumber(n)) ? "" : desk.word("not_pairs"));
    return [...out, line(desk.word("set_pairs"), typed.join(", "), (text) => write(name, text.split(",").map((s) => s.trim())), check)]; // prettier-ignore
  }
  const now = wanted.map(([, standard], k) => typed[k] || String(standard));
  wanted.forEach(([argument], k) => {
    const unit = argument === "value" || argument === "initial" || argument === "plateau" || argument === "height" || argument === "offset" || argument === "amplitude" ? ` (${piece.kind === "v" ? "V" : "A"})` : "";
    out.push(line(desk.word(`argument_${argument}`) + unit, now[k] ?? "", (text) => write(name, now.map((n, i) => (i === k ? text.trim() : n))), (text) => notANumber(desk, text)));
  });
  return out;
}

/** Where the part lies, for those who do not drag. */
function places(desk: Desk, piece: Piece): HTMLElement[] {
  const whole = (text: string): string => (/^\s*-?\d{1,4}\s*$/.test(text) ? "" : desk.word("not_whole"));
  const at = (v: number): string => String(Math.round(v / grid));
  const move = (dx: number, dy: number): void => void desk.move(dx, dy);
  return [
    line(desk.word("set_column"), at(piece.x), (text) => move(Number(text) * grid - piece.x, 0), whole),
    line(desk.word("set_row"), at(piece.y), (text) => move(0, Number(text) * grid - piece.y), whole),
  ];
}
