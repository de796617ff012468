// The shape of a molecule: a geometry, and an atom or a pair of electrons at each of its places. The answer is
// {"geometry": "AX3E0", "atoms": {"c0": "B", "p0": "F", ...}}: c0 is the center; p0, p1, ... stand around it where all places are alike; of
// five a0 and a1 are the axis and e0 to e2 around it; of six a0 and a1, e10 and e11, e20 and e21 are axes.

import { announce } from "../../../live";
import type { Widget } from "../index";
import { Stage, button, choice, element, parsed, start, svg } from "./stage";

/** What checkers read for a free pair of electrons. */
const pair = "(ep)";

const size = { width: 340, height: 300 };

/** A place: where it is seen, how its bond is drawn. */
interface Place {
  name: string;
  x: number;
  y: number;
  bond: "line" | "front" | "back";
}

/** A geometry is named by how many atoms and how many pairs are around the center; both need a place. */
function placesOf(geometry: string): Place[] {
  const [, x = "", e = "0"] = /^AX([1-6])(?:E([0-4]))?$/.exec(geometry) ?? [];
  const count = Number(x) + Number(e);
  const at = (name: string, dx: number, dy: number, bond: Place["bond"] = "line"): Place => ({ name, x: 170 + dx, y: 150 + dy, bond });
  switch (x === "" ? 0 : count) {
    case 1:
      return [at("p0", 110, 0)];
    case 2:
      return [at("p0", -115, 0), at("p1", 115, 0)];
    case 3:
      return [at("p0", 0, -112), at("p1", -100, 62), at("p2", 100, 62)];
    case 4:
      return [at("p0", 0, -112), at("p1", -112, 40), at("p2", 60, 92, "front"), at("p3", 112, 20, "back")];
    case 5:
      return [at("a0", 0, -116), at("a1", 0, 116), at("e0", -116, 0), at("e1", 92, 58, "front"), at("e2", 92, -48, "back")];
    case 6:
      return [at("a0", 0, -116), at("a1", 0, 116), at("e10", -110, 48, "front"), at("e11", 110, -48, "back"), at("e20", 110, 48, "front"), at("e21", -110, -48, "back")];
    default:
      return [];
  }
}

const symbol = /[A-Z][a-z]?/g;

/** Shows geometries, and lets atoms be put at their places. */
export function startMolecule(box: HTMLElement): Widget {
  const stage = new Stage(box);
  const molecules = listed(box.dataset["molecules"]);
  const geometries = listed(box.dataset["geometries"]);
  let geometry = "";
  let atoms: Record<string, string> = {};
  let held = ""; // what is put where one presses
  let molecule = "";

  const named = (name: string): string => {
    const known = stage.words[`geometry_${name.replace(/E0$/, "")}`];
    return known ? `${name} – ${known}` : name;
  };
  const which = choice(stage.say("molecule"), [["", stage.say("any")], ...molecules.map((m): [string, string] => [m, m])], (value) => {
    molecule = value;
    drawPalette();
  });
  const shape = choice(stage.say("geometry"), [["", stage.say("select")], ...geometries.map((g): [string, string] => [g, named(g)])], (value) => {
    if (!stage.locked) {
      geometry = value;
      const names = ["c0", ...placesOf(value).map((p) => p.name)];
      atoms = Object.fromEntries(Object.entries(atoms).filter(([name]) => names.includes(name)));
      change();
    }
  });
  const palette = element("div", { class: "tool__palette", role: "group", "aria-label": stage.say("palette") });
  const picture = element("div", { class: "molecule__picture", role: "group" });
  const result = element("p", { class: "tool__say" });
  stage.place.append(
    element("div", { class: "tool__side" }, picture, element("div", { class: "tool__panel" }, ...(molecules.length > 1 ? [which.row] : []), shape.row, palette, result)),
  );

  function drawPalette(): void {
    const elements = new Set<string>();
    for (const m of molecule === "" ? molecules : [molecule]) {
      for (const [found] of m.matchAll(symbol)) {
        elements.add(found);
      }
    }
    const things: [string, string][] = [...[...elements].map((e): [string, string] => [e, e]), [pair, stage.say("pair")], ["-", stage.say("nothing")]];
    palette.replaceChildren(
      ...things.map(([value, name]) => {
        const made = button(value === pair || value === "-" ? name : value, () => {
          held = held === value ? "" : value;
          announce(held ? stage.say("picked", name) : "");
          drawPalette();
          [...palette.querySelectorAll("button")].find((b) => b.dataset["atom"] === value)?.focus();
        }, "button button--small molecule__atom");
        made.dataset["atom"] = value;
        made.setAttribute("aria-pressed", String(held === value));
        return made;
      }),
    );
  }

  function put(name: string): void {
    if (stage.locked) {
      return;
    }
    if (held === "") {
      result.textContent = stage.say("pick_first");
      announce(stage.say("pick_first"));
      return;
    }
    if (held === "-") {
      delete atoms[name];
    } else {
      atoms[name] = held;
    }
    announce(label(name));
    change();
    picture.querySelector<HTMLElement>(`[data-place="${name}"]`)?.focus();
  }

  function change(): void {
    const names = ["c0", ...placesOf(geometry).map((p) => p.name)].filter((name) => atoms[name] !== undefined);
    stage.write(geometry === "" ? "" : JSON.stringify({ geometry, atoms: Object.fromEntries(names.map((name) => [name, atoms[name]])) }));
    draw();
  }

  const label = (name: string): string => {
    const place = name === "c0" ? stage.say("center") : stage.say(name.startsWith("a") ? "axial" : name.startsWith("e") ? "equatorial" : "place", numberOf(name));
    const atom = atoms[name];
    return `${place}: ${atom === undefined ? stage.say("empty") : atom === pair ? stage.say("pair") : atom}`;
  };

  function draw(): void {
    shape.select.value = geometries.includes(geometry) ? geometry : "";
    const places = placesOf(geometry);
    picture.setAttribute("aria-label", geometry === "" ? stage.say("no_geometry") : stage.say("picture", named(geometry)));
    picture.classList.toggle("is-empty", geometry === "");
    if (geometry === "") {
      picture.textContent = stage.say("no_geometry");
      result.textContent = "";
      return;
    }
    const drawing = svg("svg", { class: "tool__picture", viewBox: `0 0 ${size.width} ${size.height}`, "aria-hidden": "true" }, ...places.map(bond));
    picture.replaceChildren(drawing, ...[{ name: "c0", x: 170, y: 150, bond: "line" as const }, ...places].map(spot));
    const free = places.filter((p) => atoms[p.name] === undefined).length + (atoms["c0"] === undefined ? 1 : 0);
    result.textContent = free > 0 ? stage.say("free", free) : stage.say("full");
  }

  function spot(place: Place): HTMLElement {
    const atom = atoms[place.name];
    const made = element("button", { type: "button", class: "molecule__place", "data-place": place.name, "aria-label": label(place.name) });
    made.style.left = `${(100 * place.x) / size.width}%`;
    made.style.top = `${(100 * place.y) / size.height}%`;
    made.classList.toggle("is-filled", atom !== undefined);
    made.classList.toggle("is-pair", atom === pair);
    made.textContent = atom === undefined ? "+" : atom === pair ? "••" : atom;
    made.addEventListener("click", () => put(place.name));
    return made;
  }

  function read(value: string): boolean {
    const got = value.trim() === "" ? { geometry: "", atoms: {} } : parsed(value);
    const kind = got?.["geometry"];
    const map = got?.["atoms"] ?? {};
    const names = typeof kind === "string" ? ["c0", ...placesOf(kind).map((p) => p.name)] : [];
    const entries = typeof map === "object" && map !== null ? Object.entries(map as Record<string, unknown>) : [];
    const readable =
      typeof kind === "string" && (kind === "" || geometries.includes(kind)) && entries.every(([name, atom]) => names.includes(name) && typeof atom === "string");
    geometry = readable ? kind : "";
    atoms = readable ? Object.fromEntries(entries as [string, string][]) : {};
    draw();
    return readable;
  }

  drawPalette();
  return start(stage, read);
}

/** A bond: in the plane, toward the reader as a wedge, away from them dashed. */
function bond(place: Place): SVGElement {
  const center = { x: 170, y: 150 };
  if (place.bond === "front") {
    const far = Math.hypot(place.x - center.x, place.y - center.y);
    const across = { x: (-(place.y - center.y) / far) * 9, y: ((place.x - center.x) / far) * 9 };
    return svg("polygon", {
      class: "molecule__bond is-front",
      points: `${center.x},${center.y} ${place.x + across.x},${place.y + across.y} ${place.x - across.x},${place.y - across.y}`,
    });
  }
  return svg("line", { class: place.bond === "back" ? "molecule__bond is-back" : "molecule__bond", x1: center.x, y1: center.y, x2: place.x, y2: place.y });
}

/** People count from one. */
function numberOf(name: string): number {
  const digits = name.slice(1);
  return digits.length === 2 ? 2 * (Number(digits[0]) - 1) + Number(digits[1]) + 1 : Number(digits) + 1;
}

function listed(text: string | undefined): string[] {
  return (text ?? "").split(",").map((word) => word.trim()).filter(Boolean);
}
