// A plane in the unit cell of a crystal: three points, on edges by pointer or anywhere by their coordinates, and the kind of lattice. The
// answer is {"lattice": "bcc", "points": [["0.50", "0.00", "0.00"], ...]}, in edges of the cell.

import { announce } from "../../../live";
import type { Widget } from "../index";
import { atoms, edges, section, type Point } from "./plane";
import { Stage, button, choice, element, parsed, start, svg } from "./stage";

const size = { width: 380, height: 350 };
const origin = { x: 150, y: 228 };
const unit = 165;
const step = 0.05; // what checkers tell apart
const axes = ["x", "y", "z"] as const;

/** Shows the cell, and lets a plane be chosen in it. */
export function startCrystal(box: HTMLElement): Widget {
  const stage = new Stage(box);
  let lattice = "";
  let points: Point[] = [];

  const picture = svg("svg", { class: "tool__picture", viewBox: `0 0 ${size.width} ${size.height}`, role: "img" });
  const kinds = choice(
    stage.say("lattice"),
    ["", "sc", "bcc", "fcc"].map((value) => [value, stage.say(`lattice_${value || "none"}`)]),
    (value) => {
      if (!stage.locked) {
        lattice = value;
        change();
      }
    },
  );
  const rows = [0, 1, 2].map((k) => row(k));
  const result = element("p", { class: "tool__say" });
  stage.place.append(
    element("div", { class: "tool__side" }, picture, element("div", { class: "tool__panel" }, kinds.row, ...rows.map((r) => r.line), result)),
  );

  /** The coordinates of one point. */
  function row(k: number): { line: HTMLElement; fields: HTMLInputElement[]; clear: HTMLButtonElement } {
    const fields = axes.map((axis) => {
      const field = element("input", {
        class: "input crystal__number",
        type: "number",
        inputmode: "decimal",
        min: 0,
        max: 1,
        step,
        autocomplete: "off",
        "aria-label": stage.say("coordinate", k + 1, axis),
        placeholder: axis,
      });
      field.addEventListener("change", typed);
      return field;
    });
    const clear = button("×", () => remove(k), "button button--small crystal__clear");
    clear.setAttribute("aria-label", stage.say("clear", k + 1));
    const line = element("div", { class: "crystal__point", role: "group", "aria-label": stage.say("point", k + 1) }, element("span", { class: "crystal__name" }, String(k + 1)), ...fields, clear);
    return { line, fields, clear };
  }

  /** Coordinates were typed: those of whole points count. */
  function typed(): void {
    if (stage.locked) {
      return;
    }
    const got = rows.map(({ fields }) => fields.map((f) => f.value));
    if (got.some((row) => row.some((v) => v !== "") && row.some((v) => v === ""))) {
      return; // somebody is still writing a point
    }
    points = got.filter((row) => row[0] !== "").map((row) => row.map((v) => within(Number(v))) as Point);
    change();
  }

  function remove(k: number): void {
    if (stage.locked) {
      return;
    }
    points.splice(k, 1);
    rows[k]?.fields.forEach((f) => (f.value = ""));
    change();
    rows[k]?.fields[0]?.focus();
  }

  /** A new point; of four the first goes. */
  function add(p: Point): void {
    points = [...points, p].slice(-3);
    change();
    announce(stage.say("chosen", p.map((v) => v.toFixed(2)).join(", ")));
  }

  function change(): void {
    stage.write(lattice === "" && points.length === 0 ? "" : JSON.stringify({ lattice, points: points.map((p) => p.map((v) => v.toFixed(2))) }));
    draw();
  }

  function draw(): void {
    kinds.select.value = lattice;
    rows.forEach(({ fields, clear }, k) => {
      fields.forEach((f, axis) => {
        f.value = points[k]?.[axis]?.toFixed(2) ?? "";
      });
      clear.hidden = !points[k];
    });
    const cut = points.length === 3 ? section(points) : undefined;
    const flat = points.length === 3 && !cut;
    result.textContent = flat ? stage.say("line") : cut ? stage.say("section", cut.length) : stage.say("missing", 3 - points.length);
    result.classList.toggle("is-wrong", flat);
    picture.setAttribute("aria-label", stage.say("picture", stage.say(`lattice_${lattice || "none"}`), points.length));
    picture.replaceChildren(...frame(), ...spheres(lattice), ...(cut ? [polygon(cut)] : []), ...points.map(mark));
  }

  picture.addEventListener("click", (event) => {
    const p = nearest(event);
    if (p && !stage.locked) {
      add(p);
    }
  });

  /** The point on an edge nearest to a press, undefined for one far from all. */
  function nearest(event: MouseEvent): Point | undefined {
    const area = picture.getBoundingClientRect();
    const at = { x: ((event.clientX - area.left) * size.width) / area.width, y: ((event.clientY - area.top) * size.height) / area.height };
    let best: { far: number; point: Point } | undefined;
    for (const [from, to] of edges) {
      const a = seen(from);
      const b = seen(to);
      const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
      const share = within(((at.x - a.x) * (b.x - a.x) + (at.y - a.y) * (b.y - a.y)) / length);
      const on = { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
      const far = Math.hypot(at.x - on.x, at.y - on.y);
      if (!best || far < best.far) {
        best = { far, point: from.map((v, axis) => within(v + share * ((to[axis] ?? 0) - v))) as Point };
      }
    }
    return best && best.far < 24 ? best.point : undefined;
  }

  function read(value: string): boolean {
    const got = value.trim() === "" ? { lattice: "", points: [] } : parsed(value);
    const kind = got?.["lattice"];
    const list = got?.["points"] ?? [];
    const known = (typeof kind === "string" && ["", "sc", "bcc", "fcc"].includes(kind) && Array.isArray(list) && list.length <= 3) as boolean;
    const places = known ? (list as unknown[]).map((p) => (Array.isArray(p) && p.length === 3 ? (p.map(Number) as Point) : undefined)) : [];
    const readable = known && places.every((p) => p?.every((v) => v >= 0 && v <= 1));
    lattice = readable ? (kind as string) : "";
    points = readable ? (places as Point[]) : [];
    draw();
    return readable;
  }

  return start(stage, read);
}

/** A coordinate a checker tells apart. */
function within(v: number): number {
  return Math.round(Math.max(0, Math.min(1, Number.isFinite(v) ? v : 0)) / step) * step;
}

/** Where a point of the cell is seen: y to the right, z upward, x toward the reader. */
function seen([x, y, z]: Point): { x: number; y: number } {
  return { x: origin.x + unit * (y - 0.5 * x), y: origin.y + unit * (0.42 * x - z) };
}

/** The edges of the cell, those behind it dashed, and its axes. */
function frame(): SVGElement[] {
  const lines = edges.map(([from, to]) => {
    const a = seen(from);
    const b = seen(to);
    const hidden = from.every((v) => v === 0);
    return svg("line", { class: hidden ? "crystal__edge is-hidden" : "crystal__edge", x1: a.x, y1: a.y, x2: b.x, y2: b.y });
  });
  const names = axes.map((axis, k) => {
    const tip = seen(([0, 1, 2] as const).map((n) => (n === k ? 1.24 : 0)) as Point);
    const end = seen(([0, 1, 2] as const).map((n) => (n === k ? 1.14 : 0)) as Point);
    const corner = seen(([0, 1, 2] as const).map((n) => (n === k ? 1 : 0)) as Point);
    return [
      svg("line", { class: "crystal__axis", x1: corner.x, y1: corner.y, x2: end.x, y2: end.y }),
      svg("text", { class: "tool__label", x: tip.x, y: tip.y }, axis),
    ];
  });
  return [...lines, ...names.flat()];
}

function spheres(lattice: string): SVGElement[] {
  return [...atoms(lattice)]
    .sort((p, q) => p[0] - q[0] || p[1] - q[1])
    .map((p) => {
      const at = seen(p);
      return svg("circle", { class: p.every((v) => v === 0 || v === 1) ? "crystal__atom" : "crystal__atom is-inner", cx: at.x, cy: at.y, r: 9 });
    });
}

function polygon(cut: Point[]): SVGElement {
  return svg("polygon", { class: "crystal__plane", points: cut.map((p) => `${seen(p).x},${seen(p).y}`).join(" ") });
}

function mark(p: Point, k: number): SVGElement {
  const at = seen(p);
  return svg("g", { class: "crystal__mark" }, svg("circle", { cx: at.x, cy: at.y, r: 10 }), svg("text", { x: at.x, y: at.y }, String(k + 1)));
}
