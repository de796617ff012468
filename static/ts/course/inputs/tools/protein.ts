// A protein is designed: amino acids are strung together and folded; its shape shall be the one the author wants. The answer is
// {"protex_answer": "CORRECT"}, or INCORRECT, or a sentence that begins with ERROR while there is nothing folded to speak of; the chain stands
// beside it under names of our own, so that it comes back.

import { announce } from "../../../live";
import type { Widget } from "../index";
import { acids, cellsOf, fold, parseShape, sameShape, type Cell, type Folded } from "./fold";
import { Stage, button, element, freshId, parsed, start, svg } from "./stage";

const longest = 16;
const oily = 0.5;
const nothing = "ERROR: There is no folded protein to check.";
const unfolded = "ERROR: The protein sequence has not been folded.";

/** Lets a protein be designed. */
export function startProtein(box: HTMLElement): Widget {
  const stage = new Stage(box);
  const target = parseShape(box.dataset["target"] ?? "");
  const wanted = target ? cellsOf(target) : [];
  const most = Math.max(longest, wanted.length);
  let bridges = false;
  let folded: Folded | undefined;
  let busy = 0;

  const id = freshId();
  const field = element("input", {
    class: "input protein__sequence",
    id,
    type: "text",
    maxlength: 3 * most,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    "aria-describedby": `${id}-names`,
  });
  const names = element("p", { class: "tool__say", id: `${id}-names` });
  const palette = element(
    "div",
    { class: "tool__palette", role: "group", "aria-label": stage.say("palette") },
    ...Object.entries(acids).map(([letter, { name, likesOil }]) => {
      const made = button(name, () => insert(letter), "button button--small protein__acid");
      made.setAttribute("aria-label", stage.say("acid", name, stage.say(likesOil > oily ? "oily" : likesOil < -3 ? "watery" : "neither")));
      made.dataset["nature"] = nature(letter);
      return made;
    }),
  );
  const bridge = element("input", { type: "checkbox" });
  const go = button(stage.say("fold"), () => void foldNow(), "button");
  const picture = svg("svg", { class: "tool__picture protein__picture", role: "img" });
  const goal = svg("svg", { class: "tool__picture protein__goal", role: "img", "aria-label": stage.say("target", wanted.length) });
  const result = element("p", { class: "tool__say", role: "status" });
  draw(goal, wanted, undefined, "", []);
  stage.place.append(
    element("div", { class: "tool__panel" }, element("label", { for: id }, stage.say("sequence", most)), field, names, palette),
    element("div", { class: "protein__acts" }, go, element("label", { class: "protein__bridges" }, bridge, element("span", {}, stage.say("bridges")))),
    element(
      "div",
      { class: "protein__shapes" },
      element("figure", {}, element("figcaption", {}, stage.say("folded")), picture),
      element("figure", {}, element("figcaption", {}, stage.say("goal")), goal),
    ),
    result,
  );

  field.addEventListener("input", () => {
    const at = field.selectionStart ?? field.value.length;
    const kept = letters(field.value.slice(0, at)).length;
    field.value = letters(field.value).slice(0, most);
    field.setSelectionRange(kept, kept);
    changed();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault(); // submits nothing
      void foldNow();
    }
  });
  bridge.addEventListener("change", () => {
    bridges = bridge.checked;
    changed();
  });

  function insert(letter: string): void {
    if (stage.locked || field.value.length >= most) {
      announce(stage.say("longest", most));
      return;
    }
    const at = field.selectionStart ?? field.value.length;
    field.setRangeText(letter, at, field.selectionEnd ?? at, "end");
    announce(acids[letter]?.name ?? "");
    changed();
  }

  function changed(): void {
    if (stage.locked) {
      return;
    }
    folded = undefined;
    busy++;
    write(field.value === "" ? nothing : unfolded);
    show();
  }

  function write(answer: string): void {
    stage.write(JSON.stringify({ protex_answer: answer, protex_sequence: field.value, protex_bridges: bridges }));
  }

  async function foldNow(): Promise<void> {
    if (stage.locked || field.value === "") {
      field.focus();
      return;
    }
    const mine = ++busy;
    result.textContent = stage.say("folding");
    go.setAttribute("aria-busy", "true");
    const got = await fold(field.value, bridges);
    if (mine !== busy) {
      return; // changed meanwhile
    }
    go.removeAttribute("aria-busy");
    folded = got;
    if (!stage.locked) {
      write(!target ? "ERROR: No target shape specified." : !got ? "ERROR: The protein cannot be folded." : sameShape(got.cells, wanted) ? "CORRECT" : "INCORRECT");
    }
    show();
    announce(result.textContent ?? "");
  }

  function show(): void {
    go.removeAttribute("aria-busy");
    names.textContent = [...field.value].map((l) => acids[l]?.name ?? "").join(" ");
    const cells = folded?.cells ?? [...field.value].map((_, x) => ({ x, y: 0 }));
    draw(picture, cells, folded, field.value, folded?.bridges ?? []);
    picture.classList.toggle("is-open", !folded);
    picture.toggleAttribute("hidden", cells.length === 0);
    picture.setAttribute("aria-label", folded ? stage.say("picture", described(folded.cells)) : stage.say("chain", field.value.length));
    result.textContent = field.value === "" ? stage.say("empty") : folded ? stage.say("done") : stage.say("fold_first");
  }

  function read(value: string): boolean {
    const got = value.trim() === "" ? {} : parsed(value);
    const sequence = got?.["protex_sequence"] ?? "";
    const readable = got !== undefined && typeof sequence === "string" && letters(sequence) === sequence && (value.trim() === "" || typeof got["protex_answer"] === "string");
    field.value = readable ? sequence : "";
    bridges = bridge.checked = readable && got["protex_bridges"] === true;
    folded = undefined;
    busy++;
    show();
    if (value.trim() === "") {
      stage.field.value = JSON.stringify({ protex_answer: nothing }); // who submits at once is told to fold first
    } else if (readable && field.value !== "" && !String(got["protex_answer"]).startsWith("ERROR")) {
      const mine = ++busy;
      void fold(field.value, bridges).then((again) => {
        if (mine === busy) {
          folded = again;
          show();
        }
      });
    }
    return readable;
  }

  return start(stage, read, {
    complaint: () => (field.value !== "" && !folded ? stage.say("fold_first") : ""),
  });
}

/** The letters of amino acids in a text. */
function letters(text: string): string {
  return [...text.toUpperCase()].filter((c) => c in acids).join("");
}

function nature(letter: string): string {
  const a = acids[letter];
  return !a ? "" : a.charge > 0 ? "positive" : a.charge < 0 ? "negative" : a.bonds ? "polar" : a.likesOil > oily ? "oily" : "";
}

const named: Record<string, string> = { "1,0": "E", "1,-1": "NE", "0,-1": "NW", "-1,0": "W", "-1,1": "SW", "0,1": "SE" };

/** A shape in words: the directions of its steps. */
function described(cells: Cell[]): string {
  return cells
    .slice(1)
    .map((c, i) => {
      const before = cells[i] as Cell;
      return named[`${c.x - before.x},${c.y - before.y}`] ?? "";
    })
    .join(" ");
}

const radius = 15;

/** Draws a chain: cells as disks, in their places. */
function draw(into: SVGSVGElement, cells: Cell[], folded: Folded | undefined, sequence: string, bridges: [number, number][]): void {
  const seen = cells.map(({ x, y }) => ({ x: (x + y / 2) * 2 * radius, y: y * 2 * radius * 0.866 }));
  const all = seen.length > 0 ? seen : [{ x: 0, y: 0 }];
  const margin = 1.3 * radius;
  const left = Math.min(...all.map((p) => p.x)) - margin;
  const top = Math.min(...all.map((p) => p.y)) - margin;
  const width = Math.max(...all.map((p) => p.x)) + margin - left;
  const height = Math.max(...all.map((p) => p.y)) + margin - top;
  into.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  into.style.inlineSize = `min(100%, ${Math.round(width * 1.3)}px)`;
  const line = (a: number, b: number, look: string): SVGElement =>
    svg("line", { class: look, x1: seen[a]?.x, y1: seen[a]?.y, x2: seen[b]?.x, y2: seen[b]?.y });
  into.replaceChildren(
    ...seen.map((p, i) =>
      svg(
        "g",
        { class: "protein__cell", "data-nature": nature(sequence[i] ?? "") },
        svg("circle", { cx: p.x, cy: p.y, r: radius - 0.5 }),
      ),
    ),
    ...seen.slice(1).map((_, i) => line(i, i + 1, "protein__link")),
    ...bridges.map(([a, b]) => line(a, b, "protein__bridge")),
    ...seen.map((p, i) => svg("text", { class: "protein__name", x: p.x, y: p.y }, acids[sequence[i] ?? ""]?.name ?? "")),
  );
  into.classList.toggle("is-folded", folded !== undefined);
}
