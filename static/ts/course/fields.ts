// Where the fields of a problem are: in the page, or in a frame in which the author's own scripts run.

import { hearFrames, type Heard } from "../frames";
import { reloadMath } from "../math";
import { answered, answerFields, fillAnswers, readAnswers, sameAnswers, type Answers } from "./answers";
import { answersOf, filesOf, type Asked } from "./frame-messages";
import { chosenFiles, type Chosen } from "./inputs/files";
import { Inputs, type Widget } from "./inputs/index";
import type { Ask } from "./inputs/preview";
import { hideAnswers, revealAnswers, type Revealed } from "./reveal";
import { reachWide } from "./wide";

/** What a reply holds for the frame alone: markup that never stands in the page. */
export interface Framed {
  html?: string;
  version?: number;
  solutions?: Record<string, string>;
}

/** The fields of one problem. */
export interface Fields {
  /** The answers now. Fails when the frame is not there. */
  read(): Promise<Answers>;
  /** The answers as far as they are known without asking. */
  known(): Answers;
  /** Lays answers over the fields; reports whether any changed. */
  fill(answers: Answers): Promise<boolean>;
  lock(on: boolean): void;
  focus(): void;
  /** Whether there is something to submit, as far as it is known without asking. */
  answered(): boolean;
  /** The files chosen when the answers were read last. */
  files(): Chosen;
  /** Why the answers that were read last cannot be submitted as they are, "" when they can. */
  complaint(): string;
  /** Shows answers; what of them is for a frame only comes along. */
  reveal(answers: Revealed, word: string, framed: Framed | undefined): void;
  hide(): void;
  /** Takes the problem drawn anew; false when the page has to put it in place itself. */
  redraw(markup: string, framed: Framed | undefined): boolean;
}

/** The editor for code, or the plain field where it cannot be fetched. */
async function codeEditor(): Promise<(box: HTMLElement) => Widget> {
  try {
    return (await import("./inputs/editor")).enhanceEditor;
  } catch {
    return (await import("./inputs/code")).enhanceCode;
  }
}

/** Fields in the page, below root. */
export class PageFields implements Fields {
  private readonly inputs: Inputs;

  constructor(
    private readonly root: HTMLElement,
    ask: Ask,
  ) {
    this.inputs = new Inputs(root, ask, async () => (await import("./inputs/schematic/index")).enhanceSchematic, codeEditor);
  }

  async read(): Promise<Answers> {
    await this.inputs.flush();
    return this.known();
  }

  known(): Answers {
    return readAnswers(this.root);
  }

  fill(answers: Answers): Promise<boolean> {
    const changed = fillAnswers(this.root, answers);
    this.inputs.sync();
    return Promise.resolve(changed);
  }

  answered(): boolean {
    return answered(this.root);
  }

  files(): Chosen {
    return chosenFiles(this.root);
  }

  complaint(): string {
    return this.inputs.complaint();
  }

  lock(on: boolean): void {
    for (const field of answerFields(this.root)) {
      field.disabled = on;
    }
  }

  focus(): void {
    answerFields(this.root)[0]?.focus({ preventScroll: true });
  }

  reveal(answers: Revealed, word: string): void {
    revealAnswers(this.root, answers, word, (place, markup) => {
      place.innerHTML = markup; // cleaned by our server
    });
    reachWide(this.root);
    void reloadMath(this.root);
  }

  hide(): void {
    hideAnswers(this.root);
  }

  redraw(): boolean {
    return false;
  }
}

/** What a frame's fields tell the problem around them. */
export interface FrameEvents {
  typed(answers: Answers): void;
  /** Whether there is something to submit is known anew. */
  looked(): void;
  check(): void;
  /** The frame wants to show how a text of an input will be read. */
  preview: Ask;
  /** A program of an input shall run. */
  run(input: string): void;
  /** The frame shows the state of another version than the page. */
  stale(): void;
  /** Of the learner's state, as the page has it. */
  version(): string;
}

const patience = 10_000;
const betweenPreviews = 250;
const longestPreview = 20_000;
const longestComplaint = 500;
const frames = new WeakMap<HTMLIFrameElement, FrameFields>();

/** Fields in a frame. Names are those of this problem only, so that nothing else gets into what the page sends. */
export class FrameFields implements Fields {
  private answers: Answers = [];
  private whole = false;
  private chosen: Chosen = [];
  private wrong = "";
  private typed = false;
  private there = false;
  private asked = 0;
  private previewAt = 0;
  private readonly waiting = new Map<number, (told: { answers: Answers; changed: boolean }) => void>();
  private readonly ready: Promise<void>;
  private arrived: () => void = () => undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly frame: HTMLIFrameElement,
    private readonly prefix: string,
    private readonly events: FrameEvents,
  ) {
    this.ready = new Promise((resolve) => {
      this.arrived = resolve;
    });
    frames.set(frame, this);
    hearFrames("problem", (from, said) => frames.get(from)?.hear(said));
    // The reader may choose light or dark while the page is open.
    new MutationObserver(() => this.theme()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    // It may have been there before this script was.
    const hello: Asked = { lyceum: "problem", ask: "hello" };
    frame.contentWindow?.postMessage(hello, "*");
  }

  async read(): Promise<Answers> {
    this.frame.loading = "eager";
    await inTime(this.ready);
    return (await this.ask((n) => ({ lyceum: "problem", ask: "answers", n }))).answers;
  }

  known(): Answers {
    return this.answers;
  }

  async fill(answers: Answers): Promise<boolean> {
    return (await this.ask((n) => ({ lyceum: "problem", ask: "fill", n, answers }))).changed;
  }

  lock(on: boolean): void {
    this.say({ lyceum: "problem", ask: "lock", on });
  }

  focus(): void {
    this.frame.focus({ preventScroll: true });
    this.say({ lyceum: "problem", ask: "focus" });
  }

  answered(): boolean {
    return this.whole;
  }

  files(): Chosen {
    return this.chosen;
  }

  complaint(): string {
    return this.wrong;
  }

  reveal(answers: Revealed, word: string, framed: Framed | undefined): void {
    this.say({ lyceum: "problem", ask: "reveal", answers: { ...answers, ...framed?.solutions }, word });
  }

  hide(): void {
    this.say({ lyceum: "problem", ask: "hide" });
  }

  redraw(markup: string, framed: Framed | undefined): boolean {
    if (framed?.html === undefined || !drawAround(this.root, this.frame.parentElement, markup)) {
      return false;
    }
    this.typed = false;
    const { html, version } = framed;
    void this.ask((n) => ({ lyceum: "problem", ask: "draw", n, html, version: String(version ?? "") })).catch(() => undefined);
    return true;
  }

  private theme(): void {
    this.say({ lyceum: "problem", ask: "theme", theme: document.documentElement.dataset["theme"] ?? "" });
  }

  /** A frame without an origin has no address to name; what is sent says nothing that its author's scripts could not read anyway. */
  private say(message: Asked): void {
    if (this.there) {
      this.frame.contentWindow?.postMessage(message, "*");
    }
  }

  /** Asks and waits for the answer; how long for a frame that is not there yet is up to the caller. */
  private async ask(message: (n: number) => Asked): Promise<{ answers: Answers; changed: boolean }> {
    this.frame.loading = "eager"; // somebody waits for it
    await this.ready;
    const n = ++this.asked;
    const answer = new Promise<{ answers: Answers; changed: boolean }>((resolve) => this.waiting.set(n, resolve));
    this.say(message(n));
    return inTime(answer).finally(() => this.waiting.delete(n));
  }

  private hear(said: Heard): void {
    switch (said["tell"]) {
      case "check":
        // Only because somebody just pressed a key or a button, in the frame as in the page.
        if (navigator.userActivation.isActive) {
          this.events.check();
        }
        return;
      case "run":
        if (navigator.userActivation.isActive && typeof said["input"] === "string" && `input_${said["input"]}`.startsWith(this.prefix)) {
          this.events.run(said["input"]);
        }
        return;
      case "preview":
        this.preview(said);
        return;
      case "ready":
      case "answers": {
        const answers = answersOf(said["answers"], this.prefix);
        if (!answers) {
          return;
        }
        this.whole = said["answered"] === true;
        this.events.looked();
        if (said["tell"] === "ready") {
          this.arrive(answers, said["version"]);
        } else if (typeof said["n"] === "number") {
          this.answers = answers;
          this.chosen = filesOf(said["files"], this.prefix);
          this.wrong = typeof said["complaint"] === "string" ? said["complaint"].slice(0, longestComplaint) : "";
          this.waiting.get(said["n"])?.({ answers, changed: said["changed"] === true });
        } else if (!sameAnswers(answers, this.answers)) {
          this.answers = answers;
          if (navigator.userActivation.hasBeenActive) {
            this.typed = true;
            this.events.typed(answers);
          }
        }
        return;
      }
      default:
    }
  }

  /** Passes on what a text looks like; as often as somebody types, and not more. */
  private preview({ n, input, dispatch, formula }: Heard): void {
    const now = performance.now();
    if (typeof n !== "number" || typeof input !== "string" || typeof dispatch !== "string" || typeof formula !== "string" || now < this.previewAt) {
      return;
    }
    this.previewAt = now + betweenPreviews;
    if (!`input_${input}`.startsWith(this.prefix) || formula.length > longestPreview) {
      return;
    }
    void this.events.preview(input, dispatch, formula).then(
      ({ preview = "", error = "" }) => this.say({ lyceum: "problem", ask: "previewed", n, preview, error }),
      () => undefined,
    );
  }

  private arrive(answers: Answers, version: unknown): void {
    const again = this.there;
    this.there = true;
    this.theme();
    if (version !== this.events.version()) {
      this.answers = answers;
      this.events.stale();
    } else if (again && this.typed) {
      void this.fill(this.answers).catch(() => undefined); // it was loaded again; what was typed is ours
    } else {
      this.answers = answers;
    }
    this.arrived();
  }
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error("the frame does not answer")), patience);
  });
  return Promise.race([promise, late]).finally(() => window.clearTimeout(timer));
}

/** Puts markup our server drew in place of everything in root but the frame, which would start anew if it moved. */
function drawAround(root: HTMLElement, holder: HTMLElement | null, markup: string): boolean {
  const drawn = document.createElement("template");
  drawn.innerHTML = markup;
  const place = drawn.content.querySelector("[data-question] > iframe")?.parentElement;
  if (!holder || !place || depth(holder, root) !== depth(place, drawn.content)) {
    return false;
  }
  exchange(holder, place, root);
  return true;
}

/** Puts what stands around next in place of what stands around old, up to root. */
function exchange(old: HTMLElement, next: HTMLElement, root: HTMLElement): void {
  const above = old.parentElement;
  const siblings = [...(next.parentNode?.childNodes ?? [])];
  const at = siblings.indexOf(next);
  while (old.previousSibling) {
    old.previousSibling.remove();
  }
  while (old.nextSibling) {
    old.nextSibling.remove();
  }
  const nextAbove = next.parentElement;
  old.before(...siblings.slice(0, at));
  old.after(...siblings.slice(at + 1));
  if (!above || above === root || !nextAbove) {
    return;
  }
  for (const { name, value } of nextAbove.attributes) {
    above.setAttribute(name, value);
  }
  exchange(above, nextAbove, root);
}

function depth(node: Node, root: Node): number {
  let steps = 0;
  for (let at: Node | null = node; at && at !== root; at = at.parentNode) {
    steps++;
  }
  return steps;
}
