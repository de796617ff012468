// Drag and drop: things are dragged onto a picture, or picked up and put down by key or press. The list below the picture is the answer; the
// picture shows what the list says, and writes into it.

import { announce } from "../../live";
import { phrase, type, wordsOf, type Widget } from "./index";

interface Target {
  id: string;
  x: string;
  y: string;
  w: string;
  h: string;
}

interface Data {
  targets: Target[] | null;
  items: { id: string; targets?: Target[] }[] | null;
  outline: boolean;
  one: boolean; // a target takes one thing
  color: string;
  free: boolean; // no targets: anywhere
}

/** One piece of a thing, as the list has it. */
interface Piece {
  item: Item;
  fields: (HTMLInputElement | HTMLSelectElement)[]; // a place, or its two coordinates
}

interface Item {
  id: string;
  name: string;
  many: boolean;
  look: HTMLElement; // how the list shows it
  targets: Target[];
  pieces: Piece[];
}

const farEnough = 6; // pixels a pointer moves before it drags

/** Shows a board as a picture to drag things onto. */
export function enhanceBoard(box: HTMLElement): Widget {
  const board = new Board(box);
  board.draw();
  return { sync: () => board.draw() };
}

class Board {
  private readonly data: Data;
  private readonly words: Record<string, string>;
  private readonly tray: HTMLElement;
  private readonly picture: HTMLElement;
  private readonly image: HTMLImageElement;
  private readonly layer = document.createElement("div");
  private readonly items: Item[];
  private held: Piece | undefined;
  private cursor: { x: number; y: number } | undefined; // of the keyboard, where things go anywhere
  private dragged = false; // the press that ends now was a drag

  constructor(private readonly box: HTMLElement) {
    this.data = JSON.parse(box.dataset["board"] ?? "{}") as Data;
    this.words = wordsOf(box);
    this.tray = box.querySelector("[data-board-tray]") as HTMLElement;
    this.picture = box.querySelector("[data-board-picture]") as HTMLElement;
    this.image = this.picture.querySelector("img") as HTMLImageElement;
    this.items = [...box.querySelectorAll<HTMLElement>("[data-item]")].map((line, k) => this.item(line, k));
    this.layer.className = "board__layer";
    this.picture.append(this.layer);
    box.classList.toggle("has-outlines", this.data.outline);
    box.classList.add("is-live");
    this.tray.setAttribute("role", "group");
    this.tray.setAttribute("aria-label", this.words["tray"] ?? "");
    if (this.data.color) {
      box.style.setProperty("--thing", this.data.color);
    }
    const list = box.querySelector<HTMLDetailsElement>("[data-board-list]");
    list?.addEventListener("toggle", () => box.classList.toggle("is-numbered", list.open));
    list?.addEventListener("change", (event) => this.listed(event.target as HTMLElement));
    list?.addEventListener("input", () => this.draw());
    for (const image of [this.image, ...box.querySelectorAll<HTMLImageElement>("[data-item] img")]) {
      image.addEventListener("load", () => this.draw());
      image.addEventListener("error", () => this.draw());
    }
    this.picture.addEventListener("click", (event) => this.pressPicture(event));
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("pointerdown", (event) => this.startDrag(event));
    this.tray.addEventListener("click", (event) => {
      if (this.held && event.target === this.tray) {
        this.putBack();
      }
    });
  }

  /** A place was chosen in the list: what was there goes back where there is room for one. */
  private listed(field: HTMLElement): void {
    const piece = this.items.flatMap((item) => item.pieces).find((p) => p.fields.some((f) => f === field));
    const place = piece && this.placeOf(piece);
    if (piece && place && !this.data.free && this.data.one) {
      this.piecesAt(place).filter((p) => p !== piece).forEach((p) => this.setPlace(p, ""));
    }
    this.draw();
  }

  private item(line: HTMLElement, k: number): Item {
    const item: Item = {
      id: line.dataset["item"] ?? "",
      name: line.dataset["name"] ?? "",
      many: line.hasAttribute("data-many"),
      look: line.querySelector(".board__item") as HTMLElement,
      targets: this.data.items?.[k]?.targets ?? [],
      pieces: [],
    };
    item.pieces = [...line.querySelectorAll<HTMLElement>("[data-row]")].map((row) => ({
      item,
      fields: [...row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")],
    }));
    return item;
  }

  /** Size of the picture in its own pixels; where it cannot be shown, of what is on it. */
  private size(): { width: number; height: number } {
    if (this.image.naturalWidth > 0) {
      return { width: this.image.naturalWidth, height: this.image.naturalHeight };
    }
    const far = (of: (t: Target) => number): number => Math.max(0, ...(this.data.targets ?? []).map(of));
    return { width: far((t) => Number(t.x) + Number(t.w)) + 20 || 640, height: far((t) => Number(t.y) + Number(t.h)) + 20 || 400 };
  }

  private placeOf(piece: Piece): string {
    return piece.fields.some((f) => f.value === "") ? "" : piece.fields.map((f) => f.value).join(",");
  }

  private setPlace(piece: Piece, ...values: string[]): void {
    piece.fields.forEach((field, k) => type(field, values[k] ?? ""));
  }

  private piecesAt(place: string): Piece[] {
    return this.items.flatMap((item) => item.pieces).filter((piece) => this.placeOf(piece) === place);
  }

  private get locked(): boolean {
    return this.items.some((item) => item.pieces.some((piece) => piece.fields.some((f) => f.disabled)));
  }

  /** Draws everything as the list has it. */
  draw(focus?: string): void {
    const had = focus ?? (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("[data-board] [data-stop]")?.dataset["stop"];
    const { width, height } = this.size();
    this.picture.style.aspectRatio = this.image.naturalWidth > 0 ? "" : `${width} / ${height}`;
    this.picture.classList.toggle("is-missing", this.image.complete && this.image.naturalWidth === 0);
    this.box.classList.toggle("is-holding", this.held !== undefined);
    this.drawTray();
    this.layer.replaceChildren();
    if (this.data.free) {
      this.drawPoints();
    } else {
      (this.data.targets ?? []).forEach((target, k) => this.drawTarget(this.layer, target, JSON.stringify(target.id), k, { width, height }));
    }
    if (had !== undefined && this.box.contains(document.activeElement ?? null) !== true) {
      this.box.querySelector<HTMLElement>(`[data-stop="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
    }
  }

  private drawTray(): void {
    const things = this.items.flatMap((item, k) => {
      const free = item.pieces.find((piece) => this.placeOf(piece) === "");
      return free ? [this.thing(free, `item ${k}`)] : [];
    });
    if (this.held && this.placeOf(this.held) !== "") {
      const back = button("board__back", "back", phrase(this.words["put_back"], this.held.item.name));
      back.textContent = back.getAttribute("aria-label");
      back.addEventListener("click", () => this.putBack());
      things.push(back);
    }
    this.tray.replaceChildren(...things);
  }

  /** A thing that can be picked up. */
  private thing(piece: Piece, stop: string): HTMLButtonElement {
    const thing = button("thing", stop, piece.item.name);
    thing.append(this.look(piece.item));
    thing.setAttribute("aria-pressed", String(this.held === piece));
    thing.addEventListener("click", (event) => {
      event.stopPropagation();
      if (this.pressed()) {
        this.pick(this.held === piece ? undefined : piece, event.detail === 0);
      }
    });
    held.set(thing, piece);
    return thing;
  }

  private look(item: Item): HTMLElement {
    const look = item.look.cloneNode(true) as HTMLElement;
    look.setAttribute("aria-hidden", "true");
    const icon = look.querySelector("img");
    if (icon && icon.naturalWidth > 0) {
      icon.style.inlineSize = `min(${icon.naturalWidth}px, 100%)`;
    }
    return look;
  }

  private drawTarget(layer: HTMLElement, target: Target, place: string, k: number, whole: { width: number; height: number }, on?: Item): void {
    const inside = this.piecesAt(place);
    const name = this.placeName(place, k);
    const label =
      inside.length > 0 ? phrase(this.words["holds"], name, inside.map((p) => p.item.name).join(", ")) : phrase(this.words["empty"], name);
    const spot = button("board__place", `place ${place}`, label);
    const share = (value: string, of: number): string => `${(100 * (Number(value) || 0)) / of}%`;
    Object.assign(spot.style, { left: share(target.x, whole.width), top: share(target.y, whole.height), width: share(target.w, whole.width), height: share(target.h, whole.height) });
    spot.dataset["place"] = place;
    spot.dataset["number"] = String(k + 1);
    spot.classList.toggle("is-filled", inside.length > 0);
    spot.classList.toggle("is-held", inside.some((p) => p === this.held));
    const last = inside.at(-1);
    if (last) {
      held.set(spot, last);
    }
    spot.addEventListener("click", (event) => {
      event.stopPropagation();
      if (!this.pressed()) {
        return;
      }
      if (this.held) {
        this.put(place);
      } else if (last) {
        this.pick(last, event.detail === 0);
      }
    });
    layer.append(spot);
    if (inside.length > 0) {
      const shown = document.createElement("span");
      shown.className = "board__pieces";
      shown.setAttribute("aria-hidden", "true");
      Object.assign(shown.style, { left: spot.style.left, top: spot.style.top, width: spot.style.width, height: spot.style.height });
      shown.append(...inside.map((p) => this.look(p.item)));
      layer.append(shown);
      for (const { item } of inside) {
        if (on === undefined) {
          this.drawHolder(spot, item, layer);
        }
      }
    }
  }

  /** Places on a thing that stands on the picture. */
  private drawHolder(spot: HTMLElement, item: Item, layer: HTMLElement): void {
    if (item.targets.length === 0) {
      return;
    }
    const icon = item.look.querySelector("img");
    const whole = {
      width: icon?.naturalWidth || Math.max(...item.targets.map((t) => Number(t.x) + Number(t.w))),
      height: icon?.naturalHeight || Math.max(...item.targets.map((t) => Number(t.y) + Number(t.h))),
    };
    const inner = document.createElement("div");
    inner.className = "board__inner";
    Object.assign(inner.style, { left: spot.style.left, top: spot.style.top, width: spot.style.width, height: spot.style.height });
    item.targets.forEach((target, k) => {
      this.drawTarget(inner, target, `{${JSON.stringify(target.id)}:{${JSON.stringify(item.id)}:null}}`, k, whole, item);
    });
    layer.append(inner);
  }

  private placeName(place: string, k: number): string {
    for (const option of this.box.querySelectorAll("option")) {
      if (option.value === place) {
        return option.text.trim();
      }
    }
    return String(k + 1);
  }

  /** Things where there are no targets: each at its point. */
  private drawPoints(): void {
    const { width, height } = this.size();
    this.items.forEach((item, i) =>
      item.pieces.forEach((piece, k) => {
        const [x, y] = piece.fields.map((f) => f.value);
        if (this.placeOf(piece) === "" || piece === this.held) {
          return;
        }
        const thing = this.thing(piece, `point ${i} ${k}`);
        thing.classList.add("thing--point");
        thing.setAttribute("aria-label", `${item.name}: ${phrase(this.words["at"], x ?? "", y ?? "")}`);
        Object.assign(thing.style, { left: `${(100 * Number(x)) / width}%`, top: `${(100 * Number(y)) / height}%` });
        this.layer.append(thing);
      }),
    );
    this.picture.toggleAttribute("data-stop", this.held !== undefined);
    if (this.held && this.cursor) {
      const at = document.createElement("span");
      at.className = "board__cursor";
      at.append(this.look(this.held.item));
      Object.assign(at.style, { left: `${(100 * this.cursor.x) / width}%`, top: `${(100 * this.cursor.y) / height}%` });
      this.layer.append(at);
    }
    if (this.held) {
      this.picture.tabIndex = 0;
      this.picture.dataset["stop"] = "picture";
      this.picture.setAttribute("role", "application");
      this.picture.setAttribute("aria-label", phrase(this.words["free"], this.held.item.name));
    } else {
      for (const name of ["tabindex", "role", "aria-label", "data-stop"]) {
        this.picture.removeAttribute(name);
      }
    }
  }

  /** Whether a click is one, and not the end of a drag. */
  private pressed(): boolean {
    const was = this.dragged;
    this.dragged = false;
    return !was && !this.locked;
  }

  private pick(piece: Piece | undefined, byKey: boolean): void {
    this.held = piece;
    if (!piece) {
      this.cursor = undefined;
      this.draw();
      return;
    }
    announce(phrase(this.words["picked"], piece.item.name));
    if (!byKey) {
      this.draw();
      return;
    }
    if (this.data.free) {
      const { width, height } = this.size();
      const [x, y] = piece.fields.map((f) => f.value);
      this.cursor = this.placeOf(piece) === "" ? { x: Math.round(width / 2), y: Math.round(height / 2) } : { x: Number(x), y: Number(y) };
      this.draw();
      this.picture.focus();
      return;
    }
    this.draw();
    const spots = [...this.layer.querySelectorAll<HTMLElement>(".board__place")];
    (spots.find((s) => !s.classList.contains("is-filled")) ?? spots[0])?.focus();
  }

  /** Puts what is held at a target. What was there goes back where there is room for one. */
  private put(place: string): void {
    const piece = this.held;
    if (!piece || !piece.fields.some((f) => f instanceof HTMLSelectElement && [...f.options].some((o) => o.value === place))) {
      return; // nothing stands on itself
    }
    if (this.data.one) {
      this.piecesAt(place).filter((p) => p !== piece).forEach((p) => this.setPlace(p, ""));
    }
    this.held = undefined;
    this.setPlace(piece, place);
    announce(phrase(this.words["placed"], piece.item.name, this.placeName(place, 0)));
    this.draw(`place ${place}`);
    this.box.querySelector<HTMLElement>(`[data-stop="${CSS.escape(`place ${place}`)}"]`)?.focus({ preventScroll: true });
  }

  /** Puts what is held at a point. */
  private putAt(x: number, y: number): void {
    const piece = this.held;
    const { width, height } = this.size();
    if (!piece || x < 0 || y < 0 || x > width || y > height) {
      return;
    }
    this.held = this.cursor = undefined;
    this.setPlace(piece, String(Math.round(x)), String(Math.round(y)));
    announce(phrase(this.words["placed"], piece.item.name, phrase(this.words["at"], Math.round(x), Math.round(y))));
    const i = this.items.indexOf(piece.item);
    const stop = `point ${i} ${piece.item.pieces.indexOf(piece)}`;
    this.draw(stop);
    this.box.querySelector<HTMLElement>(`[data-stop="${stop}"]`)?.focus({ preventScroll: true });
  }

  private putBack(): void {
    const piece = this.held;
    if (!piece) {
      return;
    }
    this.held = this.cursor = undefined;
    if (this.placeOf(piece) !== "") {
      this.setPlace(piece, "", "");
      announce(phrase(this.words["back"], piece.item.name));
    }
    this.draw();
    this.box.querySelector<HTMLElement>(`[data-stop="item ${this.items.indexOf(piece.item)}"]`)?.focus({ preventScroll: true });
  }

  private pressPicture(event: MouseEvent): void {
    if (this.data.free && this.held && this.pressed()) {
      const at = this.pointOf(event.clientX, event.clientY);
      this.putAt(at.x, at.y);
    }
  }

  /** A point of the window in pixels of the picture. */
  private pointOf(x: number, y: number): { x: number; y: number } {
    const frame = this.layer.getBoundingClientRect();
    const { width, height } = this.size();
    return { x: ((x - frame.left) * width) / frame.width, y: ((y - frame.top) * height) / frame.height };
  }

  private key(event: KeyboardEvent): void {
    this.dragged = false; // timers may be late, a key ends no drag
    if (event.key === "Escape" && this.held) {
      event.preventDefault();
      this.putBack();
      return;
    }
    const stop = (event.target as Element).closest<HTMLElement>("[data-stop]");
    if ((event.key === "Delete" || event.key === "Backspace") && stop && !this.locked) {
      const piece = held.get(stop);
      if (piece && this.placeOf(piece) !== "") {
        event.preventDefault();
        this.held = piece;
        this.putBack();
      }
      return;
    }
    if (event.target !== this.picture || !this.held || !this.cursor || this.locked) {
      return;
    }
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.putAt(this.cursor.x, this.cursor.y);
    } else if (step) {
      event.preventDefault();
      const { width, height } = this.size();
      const by = event.shiftKey ? 25 : 5;
      this.cursor = {
        x: Math.max(0, Math.min(width, this.cursor.x + (step[0] ?? 0) * by)),
        y: Math.max(0, Math.min(height, this.cursor.y + (step[1] ?? 0) * by)),
      };
      announce(phrase(this.words["at"], this.cursor.x, this.cursor.y));
      this.draw();
    }
  }

  /** Follows a pointer that drags a thing, until it lets go. */
  private startDrag(event: PointerEvent): void {
    this.dragged = false;
    const from = (event.target as Element).closest<HTMLElement>(".thing, .board__place");
    const piece = from && held.get(from);
    if (!from || !piece || this.held || event.button !== 0 || this.locked) {
      return;
    }
    const start = { x: event.clientX, y: event.clientY };
    let ghost: HTMLElement | undefined;
    const over = new AbortController();
    const { signal } = over;
    const move = (now: PointerEvent): void => {
      if (now.pointerId !== event.pointerId) {
        return;
      }
      if (!ghost && Math.hypot(now.clientX - start.x, now.clientY - start.y) >= farEnough) {
        ghost = document.createElement("div");
        ghost.className = "board__ghost";
        ghost.append(this.look(piece.item));
        this.box.append(ghost);
        this.box.classList.add("is-dragging");
        from.classList.add("is-away");
      }
      if (ghost) {
        now.preventDefault();
        ghost.style.left = `${now.clientX}px`;
        ghost.style.top = `${now.clientY}px`;
      }
    };
    const end = (now: PointerEvent): void => {
      if (now.pointerId !== event.pointerId) {
        return;
      }
      over.abort();
      const dropped = ghost !== undefined;
      ghost?.remove();
      this.box.classList.remove("is-dragging");
      from.classList.remove("is-away");
      if (!dropped) {
        return; // a click, which is heard for itself
      }
      this.dragged = true;
      window.setTimeout(() => {
        this.dragged = false; // the click that ends a drag comes at once
      }, 0);
      if (now.type !== "pointercancel") {
        this.drop(piece, now.clientX, now.clientY);
      }
    };
    window.addEventListener("pointermove", move, { signal, passive: false });
    window.addEventListener("pointerup", end, { signal });
    window.addEventListener("pointercancel", end, { signal });
  }

  private drop(piece: Piece, x: number, y: number): void {
    this.held = piece;
    const under = document.elementFromPoint(x, y);
    const place = under?.closest<HTMLElement>(".board__place");
    if (place && this.box.contains(place)) {
      this.put(place.dataset["place"] ?? "");
    } else if (this.data.free && under && this.picture.contains(under)) {
      const at = this.pointOf(x, y);
      this.putAt(at.x, at.y);
    }
    if (this.held) {
      this.putBack();
    }
  }
}

/** Which piece a thing or a place on the page has. */
const held = new WeakMap<Element, Piece>();

function button(name: string, stop: string, label: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.dataset["stop"] = stop;
  made.setAttribute("aria-label", label);
  return made;
}
