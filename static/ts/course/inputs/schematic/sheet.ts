// The sheet a circuit is drawn on. A pointer drags parts, and wires from terminal to terminal; two presses do instead of a drag. With the
// keyboard the arrow keys move what is chosen, or a cursor when nothing is.

import { isWire, grid, key, same, type Diagram, type Nodes, type Piece, type Point } from "./diagram";
import { covered, type Desk } from "./desk";
import { parts, placed, turns, type Kind } from "./parts";
import { bend, route } from "./route";

export type Tool = "select" | "wire" | "pan";

const mostScale = 4;
const leastScale = 0.4;
const farEnough = 5; // pixels a pointer moves before it drags

/** Notes on nodes and parts: voltages by node, currents by part. */
export interface Notes {
  nodes: Map<string, string>;
  pieces: Map<number, string>;
}

interface Press {
  id: number;
  start: Point; // in the window
  at: Point; // on the sheet
  kind: "part" | "wire" | "area" | "pan" | "tap";
  moved: boolean;
  last: Point;
  add: boolean;
}

export class Sheet {
  readonly svg = shape("svg", "sheet__svg") as SVGSVGElement;
  tool: Tool = "select";
  /** A part that is picked up from the box, to be put down. */
  holding: Kind | undefined;
  notes: Notes = { nodes: new Map(), pieces: new Map() };
  private readonly layer = shape("g");
  private readonly over = shape("g");
  private origin: Point = { x: 0, y: 0 };
  private scale = 1.5;
  private press: Press | undefined;
  private wireFrom: Point | undefined;
  private wireTo: Point | undefined;
  private preview: { of: Diagram; from: Point; to: Point; way: Point[] | undefined } | undefined;
  private readonly touches = new Map<number, Point>();
  private pinch: { distance: number; scale: number } | undefined;
  private fitted = false;
  private viewed = false; // somebody has chosen the view

  constructor(
    private readonly desk: Desk,
    private readonly editable: boolean,
    private readonly events: { tool(): void; edit(): void },
  ) {
    const { svg } = this;
    svg.append(this.pattern(), this.layer, this.over);
    svg.setAttribute("tabindex", "0");
    this.layer.setAttribute("aria-hidden", "true");
    this.over.setAttribute("aria-hidden", "true");
    new ResizeObserver(() => this.resized()).observe(svg);
    svg.addEventListener("focus", () => this.draw());
    svg.addEventListener("blur", () => this.draw());
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("touchstart", (event) => this.touched(event), { passive: false });
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", (event) => this.up(event));
    svg.addEventListener("pointercancel", (event) => this.cancel(event));
    svg.addEventListener("dblclick", () => this.desk.piece && this.editable && this.events.edit());
    if (editable) {
      svg.setAttribute("role", "application");
      svg.addEventListener("keydown", (event) => this.key(event));
    } else {
      svg.setAttribute("role", "img");
      svg.addEventListener("keydown", (event) => this.panKey(event));
    }
  }

  /** Dots of the grid. */
  private pattern(): SVGElement {
    const id = `grid-${Math.random().toString(36).slice(2)}`;
    const group = shape("g");
    const defs = shape("defs");
    const pattern = shape("pattern");
    set(pattern, { id, width: grid, height: grid, patternUnits: "userSpaceOnUse", x: -grid / 2, y: -grid / 2 });
    const dot = shape("circle", "sheet__dot");
    set(dot, { cx: grid / 2, cy: grid / 2, r: 0.6 });
    pattern.append(dot);
    defs.append(pattern);
    const ground = shape("rect", "sheet__ground");
    set(ground, { x: -60_000, y: -60_000, width: 120_000, height: 120_000, fill: `url(#${id})` });
    group.append(defs, ground);
    group.setAttribute("aria-hidden", "true");
    return group;
  }

  // view

  private get size(): { width: number; height: number } {
    return { width: this.svg.clientWidth || 600, height: this.svg.clientHeight || 400 };
  }

  private resized(): void {
    if (!this.fitted || !this.viewed) {
      this.fit();
    } else {
      this.look();
    }
  }

  /** Shows everything, also when the window changes. */
  fit(): void {
    this.viewed = false;
    const boxes = this.desk.diagram.things.map((t): [number, number, number, number] =>
      isWire(t) ? [Math.min(t.from.x, t.to.x), Math.min(t.from.y, t.to.y), Math.max(t.from.x, t.to.x), Math.max(t.from.y, t.to.y)] : covered(t),
    );
    this.fitted = this.svg.clientWidth > 0;
    const [l, t, r, b] = [0, 1, 2, 3].map((k) => Math[k < 2 ? "min" : "max"](...boxes.map((box) => box[k] as number))) as [number, number, number, number];
    if (boxes.length === 0) {
      this.scale = 1.5;
      this.origin = { x: -this.size.width / 3, y: -this.size.height / 3 };
    } else {
      const { width, height } = this.size;
      // Values stand at the right of parts.
      const [before, after] = [25, 65];
      this.scale = Math.min(2, Math.max(leastScale, Math.min(width / (r - l + before + after), height / (b - t + 60))));
      this.origin = { x: (l + r + after - before) / 2 - width / this.scale / 2, y: (t + b) / 2 - height / this.scale / 2 };
      this.desk.cursor = snap({ x: (l + r) / 2, y: (t + b) / 2 });
    }
    this.look();
  }

  zoom(factor: number, around?: Point): void {
    this.viewed = true;
    const { width, height } = this.size;
    const middle = around ?? { x: this.origin.x + width / this.scale / 2, y: this.origin.y + height / this.scale / 2 };
    const next = Math.min(mostScale, Math.max(leastScale, this.scale * factor));
    this.origin = { x: middle.x - ((middle.x - this.origin.x) * this.scale) / next, y: middle.y - ((middle.y - this.origin.y) * this.scale) / next };
    this.scale = next;
    this.look();
  }

  /** How high letters are, so that they can be read from afar. */
  private get textSize(): number {
    return Math.max(8, 11 / this.scale);
  }

  private look(): void {
    const { width, height } = this.size;
    this.svg.style.setProperty("--letters", `${this.textSize}px`);
    this.svg.setAttribute("viewBox", `${this.origin.x} ${this.origin.y} ${width / this.scale} ${height / this.scale}`);
    this.draw();
  }

  /** Brings a place into view. */
  private reveal(p: Point): void {
    const { width, height } = this.size;
    const [w, h, edge] = [width / this.scale, height / this.scale, 3 * grid];
    const x = Math.min(Math.max(this.origin.x, p.x - w + edge), p.x - edge);
    const y = Math.min(Math.max(this.origin.y, p.y - h + edge), p.y - edge);
    if (x !== this.origin.x || y !== this.origin.y) {
      this.origin = { x, y };
      this.viewed = true;
      this.look();
    }
  }

  private at(event: { clientX: number; clientY: number }): Point {
    const box = this.svg.getBoundingClientRect();
    return { x: this.origin.x + (event.clientX - box.left) / this.scale, y: this.origin.y + (event.clientY - box.top) / this.scale };
  }

  // drawing

  draw(): void {
    const { desk } = this;
    const d = desk.diagram;
    const nodes = d.nodes();
    const items: SVGElement[] = [];
    const ends = d.ends();
    for (const w of d.wires) {
      items.push(this.line(w.from, w.to, desk.chosen.has(w.id) ? "sheet__wire is-chosen" : "sheet__wire", w.id));
    }
    for (const piece of d.pieces) {
      items.push(this.piece(piece));
    }
    const seen = new Set<string>();
    for (const p of [...d.terminals(), ...d.wires.flatMap((w) => [w.from, w.to])]) {
      const count = ends.get(key(p)) ?? 0;
      if (!seen.has(key(p)) && count !== 2) {
        items.push(circle(p, count > 2 ? 2 : 2.4, count > 2 ? "sheet__joint" : "sheet__open"));
      }
      seen.add(key(p));
    }
    if (this.editable) {
      for (const t of new Map(d.terminals().map((t) => [key(t), t])).values()) {
        items.push(circle(t, Math.max(7, 12 / this.scale), "sheet__reach"));
      }
    }
    items.push(...this.voltages(d, nodes));
    this.layer.replaceChildren(...items);
    this.drawOver();
  }

  /** The voltage of every node but ground, once, where no label stands in its way. */
  private voltages(d: Diagram, nodes: Nodes): SVGElement[] {
    const labels = new Set(d.terminals(d.pieces.filter((p) => p.kind === "L" || p.kind === "s")).map(key));
    const out = new Map<string, SVGElement>();
    for (const t of d.terminals().sort((a, b) => Number(labels.has(key(a))) - Number(labels.has(key(b))) || a.y - b.y || a.x - b.x)) {
      const name = nodes.at(t);
      const note = this.notes.nodes.get(name);
      if (note !== undefined && name !== "0" && !out.has(name)) {
        const left = labels.has(key(t));
        out.set(name, words(note, t.x + (left ? -4 : 3), t.y - 3, left ? "end" : "start", "sheet__note"));
      }
    }
    return [...out.values()];
  }

  private line(from: Point, to: Point, name: string, id?: number): SVGElement {
    const group = shape("g", name);
    for (const part of id !== undefined && this.editable ? ["sheet__hit", "sheet__stroke"] : ["sheet__stroke"]) {
      const line = shape("line", part);
      set(line, { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
      group.append(line);
    }
    return group;
  }

  private piece(piece: Piece): SVGElement {
    const { desk } = this;
    const group = shape("g", desk.chosen.has(piece.id) ? "sheet__piece is-chosen" : "sheet__piece");
    group.append(symbol(piece));
    const [l, t, r, b] = covered(piece, 2);
    if (this.editable) {
      const hit = shape("rect", "sheet__hit");
      set(hit, { x: l, y: t, width: r - l, height: b - t });
      group.append(hit);
    }
    const note = this.notes.pieces.get(piece.id);
    const name = piece.settings.get("name") ?? "";
    const lines = [name, desk.valueOf(piece), ...(piece.kind === "L" ? [piece.settings.get("label") ?? ""] : []), ...(note === undefined ? [] : [note])].filter(Boolean);
    if (piece.kind === "L") {
      const end = placed(piece, 0, 13);
      const anchor = end.x > piece.x ? "start" : end.x < piece.x ? "end" : "middle";
      group.append(words(lines.join(" "), end.x, end.y + (end.y > piece.y ? 5 : end.y < piece.y ? -1 : 3), anchor, "sheet__label"));
      return group;
    }
    // Beside a part that stands, above one that lies.
    const lies = r - l > b - t;
    lines.forEach((text, k) => {
      const step = 1.12 * this.textSize;
      const [x, y] = lies ? [(l + r) / 2, t - 1 - step * (lines.length - 1 - k)] : [r + 2, (t + b) / 2 + 3 + step * (k - (lines.length - 1) / 2)];
      group.append(words(text, x, y, lies ? "middle" : "start", text === note ? "sheet__note" : "sheet__text"));
    });
    return group;
  }

  /** What is not of the circuit: the cursor, the wire that is being drawn, the area that is chosen. */
  private drawOver(): void {
    const items: SVGElement[] = [];
    const { press } = this;
    if (this.wireFrom && this.wireTo) {
      const way = this.previewed(this.wireFrom, this.wireTo);
      const points = way ?? bend(this.wireFrom, this.wireTo);
      points.slice(1).forEach((p, k) => items.push(this.line(points[k] as Point, p, way ? "sheet__new" : "sheet__new is-lost")));
      items.push(circle(this.wireFrom, 3, "sheet__joint"));
    }
    if (press?.kind === "area" && press.moved) {
      const area = shape("rect", "sheet__area");
      set(area, { x: Math.min(press.at.x, press.last.x), y: Math.min(press.at.y, press.last.y), width: Math.abs(press.at.x - press.last.x), height: Math.abs(press.at.y - press.last.y) });
      items.push(area);
    }
    if (press?.kind === "part" && press.moved) {
      const [dx, dy] = this.shift(press);
      for (const t of this.desk.chosenThings) {
        const ghost = isWire(t) ? this.line(t.from, t.to, "sheet__new") : symbol(t);
        const group = shape("g", "sheet__ghost");
        group.setAttribute("transform", `translate(${dx} ${dy})`);
        group.append(ghost);
        items.push(group);
      }
    }
    if (this.holding && this.wireTo) {
      const ghost = symbol({ id: 0, kind: this.holding, rotation: 0, settings: new Map(), ...this.wireTo });
      const group = shape("g", "sheet__ghost");
      group.append(ghost);
      items.push(group);
    }
    if (this.editable && document.activeElement === this.svg && this.desk.chosen.size === 0) {
      const { x, y } = this.desk.cursor;
      const cross = shape("path", "sheet__cursor");
      set(cross, { d: `M${x - 6} ${y}H${x + 6}M${x} ${y - 6}V${y + 6}` });
      items.push(cross);
    }
    this.over.replaceChildren(...items);
    this.svg.classList.toggle("is-busy", this.tool !== "select" || this.holding !== undefined);
    this.svg.dataset["mode"] = this.holding ? "put" : this.tool;
  }

  /** The way a wire will take; looked for once. */
  private previewed(from: Point, to: Point): Point[] | undefined {
    const { diagram } = this.desk;
    if (!this.preview || this.preview.of !== diagram || !same(this.preview.from, from) || !same(this.preview.to, to)) {
      this.preview = { of: diagram, from, to, way: route(diagram, from, to) };
    }
    return this.preview.way;
  }

  private shift(press: Press): [number, number] {
    const snapped = snap({ x: press.last.x - press.at.x, y: press.last.y - press.at.y });
    return [snapped.x, snapped.y];
  }

  // pointers

  private down(event: PointerEvent): void {
    this.touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.touches.size === 2) {
      this.startPinch();
      return;
    }
    if (event.button > 1 || this.press) {
      return;
    }
    const at = this.at(event);
    const place = snap(at);
    const press: Press = { id: event.pointerId, start: { x: event.clientX, y: event.clientY }, at, last: at, kind: "tap", moved: false, add: event.shiftKey };
    if (event.button === 1 || this.tool === "pan" || !this.editable) {
      press.kind = "pan";
      if (!this.editable && event.pointerType === "touch") {
        return; // the page scrolls
      }
    } else if (this.holding) {
      press.kind = "tap";
    } else if (this.desk.locked) {
      return;
    } else {
      press.kind = this.aim(at, place, event);
    }
    this.press = press;
    this.svg.setPointerCapture(event.pointerId);
    if (event.pointerType === "mouse") {
      event.preventDefault(); // no text is selected
      this.svg.focus({ preventScroll: true });
    }
  }

  /** A finger on a part or a terminal draws, and two fingers zoom; on the empty sheet the page scrolls. */
  private touched(event: TouchEvent): void {
    if (this.touches.size > 1 || this.holding || (this.press && this.press.kind !== "tap")) {
      event.preventDefault();
    }
  }

  /** What a press at a place begins. */
  private aim(at: Point, place: Point, event: PointerEvent): Press["kind"] {
    const { desk } = this;
    if (this.tool === "wire") {
      if (!this.wireFrom) {
        this.wireFrom = this.near(at) ?? place;
      }
      this.wireTo = place;
      return "wire";
    }
    const terminal = event.shiftKey ? undefined : this.near(at);
    if (terminal) {
      this.wireFrom = terminal;
      this.wireTo = undefined;
      return "wire";
    }
    const hit = this.hit(at);
    if (hit === undefined) {
      return event.pointerType === "touch" ? "tap" : "area";
    }
    if (event.shiftKey) {
      desk.choose(desk.chosen.has(hit) ? [...desk.chosen].filter((id) => id !== hit) : [...desk.chosen, hit]);
    } else if (!desk.chosen.has(hit)) {
      desk.choose([hit]);
    }
    return "part";
  }

  private move(event: PointerEvent): void {
    if (this.touches.has(event.pointerId)) {
      this.touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    }
    if (this.pinch) {
      this.pinched();
      return;
    }
    const { press } = this;
    const at = this.at(event);
    if (!press) {
      if (this.holding || (this.tool === "wire" && this.wireFrom)) {
        this.wireTo = snap(at);
        this.drawOver();
      }
      return;
    }
    if (event.pointerId !== press.id) {
      return;
    }
    press.moved ||= Math.hypot(event.clientX - press.start.x, event.clientY - press.start.y) > farEnough;
    if (!press.moved) {
      return;
    }
    press.last = at;
    if (press.kind === "pan") {
      this.viewed = true;
      this.origin = { x: this.origin.x - (at.x - press.at.x), y: this.origin.y - (at.y - press.at.y) };
      press.last = press.at;
      this.look();
      return;
    }
    if (press.kind === "wire" || this.holding) {
      this.wireTo = this.near(at) ?? snap(at);
    }
    this.drawOver();
  }

  private up(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    this.pinch = undefined;
    const { press } = this;
    if (press?.id !== event.pointerId) {
      return;
    }
    this.press = undefined;
    const at = this.at(event);
    const place = snap(at);
    this.desk.cursor = place;
    if (this.holding) {
      this.put(place);
    } else {
      this.end(press, at, place);
    }
    this.draw();
  }

  private end(press: Press, at: Point, place: Point): void {
    const { desk } = this;
    switch (press.kind) {
      case "part":
        if (press.moved) {
          const [dx, dy] = this.shift({ ...press, last: at });
          desk.move(dx, dy);
        } else {
          this.pressed(at, press);
        }
        return;
      case "wire": {
        const to = this.near(at) ?? place;
        if (this.wireFrom && (press.moved || this.tool === "wire") && !same(this.wireFrom, to)) {
          desk.join(this.wireFrom, to);
          this.wireFrom = this.wireTo = undefined;
        } else if (this.tool !== "wire") {
          this.wireFrom = this.wireTo = undefined;
          this.pressed(at, press);
        } else {
          desk.say("wire_from", desk.where(to));
        }
        return;
      }
      case "area":
        if (press.moved) {
          this.chooseArea(press.at, at, press.add);
        } else if (!press.add) {
          desk.choose([]);
        }
        return;
      case "tap":
        if (!press.moved) {
          desk.choose([]);
        }
        return;
      default:
    }
  }

  private pressed(at: Point, press: Press): void {
    const hit = this.hit(at);
    if (!press.add) {
      this.desk.choose(hit === undefined ? [] : [hit]);
    }
    const { piece } = this.desk;
    if (piece) {
      this.desk.say("chosen", this.desk.describe(piece));
    }
  }

  private cancel(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    this.pinch = undefined;
    this.press = undefined;
    if (this.tool !== "wire") {
      this.wireFrom = this.wireTo = undefined;
    }
    this.draw();
  }

  private startPinch(): void {
    this.press = undefined;
    this.wireFrom = this.wireTo = undefined;
    const [a, b] = [...this.touches.values()];
    if (a && b) {
      this.pinch = { distance: Math.hypot(a.x - b.x, a.y - b.y) || 1, scale: this.scale };
    }
  }

  private pinched(): void {
    const [a, b] = [...this.touches.values()];
    if (a && b && this.pinch) {
      const middle = this.at({ clientX: (a.x + b.x) / 2, clientY: (a.y + b.y) / 2 });
      this.zoom((this.pinch.scale * Math.hypot(a.x - b.x, a.y - b.y)) / this.pinch.distance / this.scale, middle);
    }
  }

  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault(); // the page would grow instead
      this.zoom(Math.exp(-event.deltaY / 300), this.at(event));
    }
  }

  /** The terminal or end of a wire that is meant by a press. */
  private near(at: Point): Point | undefined {
    const d = this.desk.diagram;
    const reach = Math.max(4, 11 / this.scale);
    const [best] = [...d.terminals(), ...d.wires.flatMap((w) => [w.from, w.to])]
      .map((p) => ({ p: { x: p.x, y: p.y }, far: Math.hypot(p.x - at.x, p.y - at.y) }))
      .filter((c) => c.far <= reach)
      .sort((a, b) => a.far - b.far);
    return best?.p;
  }

  /** What lies under a place: parts before wires, small ones first. */
  private hit(at: Point): number | undefined {
    const d = this.desk.diagram;
    const area = (p: Piece): number => ((box) => (box[2] - box[0]) * (box[3] - box[1]))(covered(p));
    const piece = d.pieces
      .filter((p) => ((box) => at.x >= box[0] && at.x <= box[2] && at.y >= box[1] && at.y <= box[3])(covered(p, Math.max(2, 6 / this.scale))))
      .sort((a, b) => area(a) - area(b))[0];
    const wire = d.wires.find((w) => distance(at, w.from, w.to) <= Math.max(3, 8 / this.scale));
    return (piece ?? wire)?.id;
  }

  private chooseArea(a: Point, b: Point, more: boolean): void {
    const [l, r, t, u] = [Math.min(a.x, b.x), Math.max(a.x, b.x), Math.min(a.y, b.y), Math.max(a.y, b.y)];
    const inside = (p: Point): boolean => p.x >= l && p.x <= r && p.y >= t && p.y <= u;
    const found = this.desk.diagram.things.filter((thing) => {
      if (isWire(thing)) {
        return inside(thing.from) && inside(thing.to);
      }
      const box = covered(thing);
      return box[0] <= r && box[2] >= l && box[1] <= u && box[3] >= t;
    });
    this.desk.choose([...(more ? this.desk.chosen : []), ...found.map((thing) => thing.id)]);
    this.desk.say("chosen", this.desk.word("several", this.desk.chosen.size));
  }

  // tools

  pick(tool: Tool): void {
    this.tool = tool;
    this.holding = this.wireFrom = this.wireTo = undefined;
    this.events.tool();
    this.draw();
  }

  /** Picks a part up, to be put down where the sheet is pressed. */
  hold(kind: Kind): void {
    this.tool = "select";
    this.holding = this.holding === kind ? undefined : kind;
    this.wireFrom = this.wireTo = undefined;
    this.events.tool();
    this.drawOver();
    if (this.holding) {
      this.desk.say("holding", this.desk.word(`kind_${kind}`));
    }
  }

  private put(place: Point): void {
    const kind = this.holding;
    this.holding = this.wireTo = undefined;
    this.events.tool();
    if (kind) {
      this.desk.add(kind, place);
    }
  }

  /** Follows a pointer that drags a part from the box; ends where it is let go. */
  dragged(kind: Kind, event: PointerEvent): void {
    const over = (e: PointerEvent): boolean => ((box) => e.clientX > box.left && e.clientX < box.right && e.clientY > box.top && e.clientY < box.bottom)(this.svg.getBoundingClientRect());
    const stop = new AbortController();
    const follow = (e: PointerEvent): void => {
      this.holding = kind;
      this.wireTo = over(e) ? snap(this.at(e)) : undefined;
      this.drawOver();
    };
    const { signal } = stop;
    window.addEventListener("pointermove", (e) => e.pointerId === event.pointerId && follow(e), { signal });
    window.addEventListener("pointercancel", () => stop.abort(), { signal });
    window.addEventListener(
      "pointerup",
      (e) => {
        stop.abort();
        if (over(e) && this.holding === kind) {
          this.put(snap(this.at(e)));
        } else if (Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) > farEnough) {
          this.holding = this.wireTo = undefined;
          this.events.tool();
          this.drawOver();
        }
      },
      { signal },
    );
  }

  // keys

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.isComposing) {
      return;
    }
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      event.stopPropagation(); // letters turn pages elsewhere
    }
    const run = event.ctrlKey || event.metaKey ? this.command(event) : this.plain(event);
    if (run) {
      event.preventDefault();
      event.stopPropagation(); // the page has keys of its own
      run();
    }
  }

  private command(event: KeyboardEvent): (() => void) | undefined {
    const { desk } = this;
    switch (event.key.toLowerCase()) {
      case "z":
        return () => (event.shiftKey ? desk.redo() : desk.undo());
      case "y":
        return () => desk.redo();
      case "x":
        return () => desk.cut();
      case "c":
        return () => desk.copy();
      case "v":
        return () => desk.paste();
      case "a":
        return () => desk.choose(desk.diagram.things.map((t) => t.id));
      default:
        return undefined;
    }
  }

  private plain(event: KeyboardEvent): (() => void) | undefined {
    const { desk } = this;
    const arrow = arrows[event.key];
    if (arrow) {
      const by = event.shiftKey ? 5 * grid : grid;
      return () => this.arrow(arrow[0] * by, arrow[1] * by);
    }
    switch (event.key) {
      case "Enter":
      case " ":
        return () => this.enter();
      case "Escape":
        if (!this.wireFrom && !this.holding && desk.chosen.size === 0) {
          return undefined;
        }
        return () => this.escape();
      case "Delete":
      case "Backspace":
        return () => desk.remove();
      case "PageDown":
      case "PageUp":
        return () => this.next(event.key === "PageDown" ? 1 : -1);
      case "r":
      case "R":
        return () => desk.rotate();
      case "m":
      case "M":
        return () => desk.mirror();
      case "w":
      case "W":
        return () => this.wireHere();
      case "e":
      case "E":
        return () => desk.piece && this.events.edit();
      case "+":
        return () => this.zoom(1.25);
      case "-":
        return () => this.zoom(0.8);
      case "0":
        return () => this.fit();
      default:
        return undefined;
    }
  }

  private panKey(event: KeyboardEvent): void {
    const arrow = arrows[event.key];
    if (arrow && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.origin = { x: this.origin.x + arrow[0] * 4 * grid, y: this.origin.y + arrow[1] * 4 * grid };
      this.look();
    }
  }

  private arrow(dx: number, dy: number): void {
    const { desk } = this;
    if (desk.chosen.size > 0 && !this.wireFrom) {
      desk.move(dx, dy);
      const [first] = desk.chosenThings;
      if (first) {
        this.reveal(isWire(first) ? first.from : first);
      }
      return;
    }
    const to = snap({ x: desk.cursor.x + dx, y: desk.cursor.y + dy });
    if (this.wireFrom || this.holding) {
      this.wireTo = to;
    }
    desk.moveCursor(to);
    this.reveal(to);
    desk.say("cursor", this.under(to));
  }

  /** What is at a place, in words. */
  private under(p: Point): string {
    const { desk } = this;
    const d = desk.diagram;
    const there = d.terminals().filter((t) => same(t, p));
    if (there.length > 0) {
      return there.map((t) => `${desk.nameOf(t.piece)}, ${desk.endName(t)}`).join("; ");
    }
    const hit = d.things.find((t) => t.id === this.hit(p));
    return hit === undefined ? desk.where(p) : isWire(hit) ? `${desk.word("wire")}, ${desk.nodeName(d.nodes().at(hit.from))}` : desk.nameOf(hit);
  }

  private enter(): void {
    const { desk } = this;
    if (this.holding) {
      this.put(desk.cursor);
    } else if (this.wireFrom) {
      this.wireHere();
    } else if (desk.piece) {
      this.events.edit();
    } else {
      const hit = this.hit(desk.cursor);
      desk.choose(hit === undefined ? [] : [hit]);
      desk.say("chosen", desk.piece ? desk.describe(desk.piece) : desk.word(hit === undefined ? "nothing" : "wire"));
    }
  }

  /** Begins a wire at the cursor, or ends it there. */
  private wireHere(): void {
    const { desk } = this;
    const piece = desk.piece;
    if (piece && !this.wireFrom) {
      desk.cursor = snap(desk.diagram.terminals([piece])[0] ?? desk.cursor);
    }
    desk.choose([]);
    if (!this.wireFrom) {
      this.wireFrom = this.wireTo = { ...desk.cursor };
      desk.say("wire_from", this.under(desk.cursor));
    } else {
      const from = this.wireFrom;
      this.wireFrom = this.wireTo = undefined;
      desk.join(from, { ...desk.cursor });
    }
    this.draw();
  }

  private escape(): void {
    if (this.wireFrom || this.holding) {
      this.wireFrom = this.wireTo = this.holding = undefined;
      this.events.tool();
      this.desk.say("given_up");
    } else {
      const piece = this.desk.piece;
      if (piece) {
        this.desk.cursor = snap(piece);
      }
      this.desk.choose([]);
      this.desk.say("chosen", this.desk.word("nothing"));
    }
    this.draw();
  }

  /** Chooses the next part, in the order of reading. */
  private next(way: number): void {
    const { desk } = this;
    const list = desk.diagram.pieces.sort((a, b) => a.y - b.y || a.x - b.x);
    const at = desk.piece ? list.findIndex((p) => p.id === desk.piece?.id) : way > 0 ? -1 : 0;
    const piece = list[(at + way + list.length) % Math.max(1, list.length)];
    if (piece) {
      desk.choose([piece.id]);
      this.reveal(piece);
      desk.say("chosen", `${desk.describe(piece)}, ${desk.where(piece)}`);
    }
  }
}

const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A circuit as a picture, for showing one that is not to be changed. */
export function picture(desk: Desk, diagram: Diagram): SVGSVGElement {
  desk.begin(diagram);
  const sheet = new Sheet(desk, false, { tool: () => undefined, edit: () => undefined });
  return sheet.svg;
}

/** The symbol of a part, where it lies. */
export function symbol(piece: Piece): SVGElement {
  const [a, b, c, d] = turns[piece.rotation] ?? [1, 0, 0, 1];
  const group = shape("g", "sheet__symbol");
  group.setAttribute("transform", `matrix(${a} ${b} ${c} ${d} ${piece.x} ${piece.y})`);
  const path = shape("path");
  path.setAttribute("d", parts[piece.kind].path);
  const color = piece.settings.get("color") ?? "";
  if (piece.kind === "s" || piece.kind === "a") {
    path.setAttribute("class", `is-${/^[a-z-]+$/.test(color) ? color : "cyan"}`);
  }
  group.append(path);
  if (piece.kind === "d" && piece.settings.get("type") === "ideal") {
    const frame = shape("path");
    frame.setAttribute("d", "M-11 12H11V36H-11Z");
    group.append(frame);
  }
  return group;
}

function snap(p: Point): Point {
  const near = (v: number): number => Math.round(v / grid) * grid + 0;
  return { x: near(p.x), y: near(p.y) };
}

function distance(p: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const share = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(p.x - a.x - share * dx, p.y - a.y - share * dy);
}

export function shape(name: string, className = ""): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  if (className) {
    made.setAttribute("class", className);
  }
  return made;
}

export function set(element: SVGElement, values: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(values)) {
    element.setAttribute(name, String(value));
  }
}

function circle(p: Point, r: number, name: string): SVGElement {
  const made = shape("circle", name);
  set(made, { cx: p.x, cy: p.y, r });
  return made;
}

export function words(text: string, x: number, y: number, anchor: string, name: string): SVGElement {
  const made = shape("text", name);
  set(made, { x, y, "text-anchor": anchor });
  made.textContent = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return made;
}
