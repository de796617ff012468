// The circuit as a list: every part, what its terminals are connected to, and fields to change it. All that can be drawn can be done here.

import type { Diagram, Nodes, Piece, Terminal } from "./diagram";
import type { Desk } from "./desk";
import { button, choice, make, redraw } from "./dom";
import type { Kind } from "./parts";

/** Draws the list into box. */
export function drawList(box: HTMLElement, desk: Desk, editable: boolean, edit: () => void): void {
  const d = desk.diagram;
  const nodes = d.nodes();
  const pieces = d.pieces.sort((a, b) => a.y - b.y || a.x - b.x);
  const list = make("ul", "circuit__parts");
  for (const piece of pieces) {
    list.append(row(desk, d, nodes, piece, editable, edit));
  }
  const content: HTMLElement[] = [pieces.length > 0 ? list : make("p", "circuit__none", desk.word("no_parts"))];
  if (editable && desk.box.length > 0) {
    content.push(adder(desk, edit));
  }
  redraw(box, ...content);
}

let wished: Kind | undefined;

function adder(desk: Desk, edit: () => void): HTMLElement {
  const box = make("div", "circuit__adder");
  const kinds = desk.box.map((k) => ({ value: k, label: desk.word(`kind_${k}`) }));
  const first = wished && desk.box.includes(wished) ? wished : (desk.box[0] as Kind);
  const field = choice(desk.word("add"), kinds, first, (kind) => (wished = kind as Kind));
  mark(field, "add");
  const press = button(desk.word("add_now"), () => {
    if (desk.add(wished && desk.box.includes(wished) ? wished : first) !== undefined) {
      edit();
    }
  });
  press.dataset["stop"] = "add now";
  box.append(field, press);
  return box;
}

function row(desk: Desk, d: Diagram, nodes: Nodes, piece: Piece, editable: boolean, edit: () => void): HTMLElement {
  const item = make("li", desk.chosen.has(piece.id) ? "circuit__part is-chosen" : "circuit__part");
  const head = make("div", "circuit__part-head");
  const name = make("strong", "", desk.describe(piece));
  head.append(name, make("span", "circuit__where", desk.where(piece)));
  item.append(head);
  const terminals = d.terminals([piece]);
  if (!editable) {
    const ends = make("ul", "circuit__ends");
    for (const t of terminals) {
      ends.append(make("li", "", `${desk.endName(t)}: ${joined(d, t) ? desk.nodeName(nodes.at(t)) : desk.word("open")}`));
    }
    item.append(ends);
    return item;
  }
  const tools = make("div", "circuit__part-tools");
  const tool = (word: string, run: () => void): void => {
    const press = button(desk.word(word), () => {
      desk.choose([piece.id]);
      run();
    }, "button button--small button--plain"); // prettier-ignore
    press.setAttribute("aria-label", `${desk.word(word)}: ${desk.nameOf(piece)}`);
    press.dataset["stop"] = `${word} ${piece.id}`;
    tools.append(press);
  };
  tool("edit", edit);
  tool("rotate", () => desk.rotate());
  tool("delete", () => desk.remove());
  const ends = make("div", "circuit__ends");
  for (const t of terminals) {
    ends.append(end(desk, d, nodes, t));
  }
  item.append(ends, tools);
  return item;
}

/** Whether something else ends where a terminal does. */
function joined(d: Diagram, t: Terminal): boolean {
  return (d.ends().get(`${t.x},${t.y}`) ?? 0) > 1;
}

/** What a terminal is connected to, to be chosen. */
function end(desk: Desk, d: Diagram, nodes: Nodes, t: Terminal): HTMLElement {
  const own = nodes.group(t);
  const open = !joined(d, t);
  const groups = new Map<string, Terminal[]>();
  for (const other of d.terminals()) {
    groups.set(nodes.group(other), [...(groups.get(nodes.group(other)) ?? []), other]);
  }
  const choices = [{ value: "", label: desk.word("open") }];
  for (const [group, ends] of groups) {
    const others = ends.filter((o) => o.piece !== t.piece || o.k !== t.k);
    if (others.length === 0 || (group === own && open)) {
      continue;
    }
    const names = others.slice(0, 3).map((o) => `${desk.nameOf(o.piece)}, ${desk.endName(o)}`).join("; "); // prettier-ignore
    const [only] = others;
    const single = others.length === 1 && only && !joined(d, only);
    choices.push({ value: group, label: single ? names : `${desk.nodeName(nodes.at(others[0] as Terminal))} (${names}${others.length > 3 ? " …" : ""})` });
  }
  if (!open && !choices.some((c) => c.value === own)) {
    choices.push({ value: own, label: desk.word("loose") });
  }
  const field = choice(`${desk.nameOf(t.piece)}: ${desk.endName(t)}`, choices, open ? "" : own, (group) => desk.connect(t.piece.id, t.k, group));
  mark(field, `end ${t.piece.id} ${t.k}`);
  return field;
}

function mark(field: HTMLElement, stop: string): void {
  field.querySelectorAll<HTMLElement>("select").forEach((select) => (select.dataset["stop"] = stop));
}
