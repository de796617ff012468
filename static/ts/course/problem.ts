// Problems: answers are submitted, saved, reset, hinted at and shown without leaving the page. One request is in flight at a time, and a
// submission keeps its token until it is answered, so that neither a second tap nor a lost line counts it twice.

import { announce } from "../live";
import { reloadMath } from "../math";
import { RefusedError, newToken, send, sendUntilAnswered, type RetryOptions, type SendOptions } from "../request";
import { localizeTimes } from "../time";
import { track } from "../track";
import { encodeAnswers, sameAnswers, type Answers } from "./answers";
import { Autosave, type Words as SaveWords } from "./autosave";
import { completed } from "./completion";
import { FrameFields, PageFields, type Fields, type Framed } from "./fields";
import type { Chosen } from "./inputs/files";
import type { Previewed } from "./inputs/preview";
import type { Revealed } from "./reveal";
import { reachWide } from "./wide";

interface Words extends SaveWords {
  sending: string;
  offline: string;
  change: string;
  signIn: string;
  failed: string;
  unsure: string;
  hide: string;
  show: string;
  answer: string;
  shown: string;
  nextHint: string;
  renewed: string;
  unanswered: string;
}

/** What the handlers answer. */
interface Reply {
  success?: boolean | string;
  msg?: string;
  message?: string;
  error?: string;
  contents?: string;
  html?: string;
  answers?: Revealed;
  frame?: Framed;
  hint_index?: number;
  should_enable_next_hint?: boolean;
}

/** Words of a check that was counted; anything else is a sentence about why it was not. */
const verdicts = new Set(["correct", "incorrect", "partially-correct", "submitted"]);

/** Milliseconds between two looks whether a grader is done. */
const leastPatience = 4_000;
const mostPatience = 60_000;
/** The first look after a program was sent to run. */
const soon = 1_000;
/** Milliseconds files may take on a slow line. */
const forFiles = 180_000;

/** A problem its author tries out: nothing is kept or recorded, and what an act leaves goes along with the next one. */
export interface Trial {
  /** Adds to the body of an act. */
  fill(body: URLSearchParams | FormData): void;
  /** Sees the answer to an act. */
  answered(reply: unknown): void;
}

/** Makes every problem below root work. */
export function enhanceProblems(root: ParentNode, trial?: Trial): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-problem][data-handler]")) {
    new Problem(element, trial).start();
  }
}

/** Keeps nothing. */
const keepsNothing: Pick<Autosave, "restore" | "change" | "hold" | "clear" | "resume"> = {
  restore: () => undefined,
  change: () => undefined,
  hold: () => undefined,
  clear: () => undefined,
  resume: () => undefined,
};

class Problem {
  private readonly words: Words;
  private readonly usage: string;
  private readonly autosave: typeof keepsNothing;
  private fields: Fields;
  private busy = false;
  private nextHint = 0;
  /** The submission that has not been answered, for sending the same one again. */
  private pending: { token: string; answers: Answers; files: string } | undefined;
  private afterSignIn: (() => void) | undefined;
  private readonly who = signedIn();
  private looking: number | undefined;
  private patience = leastPatience;

  constructor(
    private readonly root: HTMLElement,
    private readonly trial?: Trial,
  ) {
    this.words = JSON.parse(root.dataset["words"] ?? "{}") as Words;
    this.usage = root.dataset["usage"] ?? "";
    const draft = root.dataset["draft"];
    this.autosave = trial || !draft // pages of authors keep nothing of what they try
      ? keepsNothing
      : new Autosave({
          address: draft,
          account: root.dataset["account"] ?? "",
          usage: this.usage,
          words: this.words,
          show: (state, text) => this.showState(state, text),
          onExpired: () => this.showExpired(() => this.autosave.resume()),
        });
    this.fields = this.findFields();
  }

  start(): void {
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.check();
    });
    this.root.addEventListener("click", (event) => {
      const act = (event.target as Element).closest<HTMLButtonElement>("button[data-act]")?.dataset["act"];
      if (act !== undefined && act !== "problem_check") {
        void this.act(act);
      }
      const program = (event.target as Element).closest<HTMLElement>("button[data-run]")?.dataset["run"];
      if (program !== undefined) {
        void this.run(program);
      }
    });
    this.root.addEventListener("input", () => this.typed(this.fields.known()));
    this.root.addEventListener("change", () => this.offerSubmit());
    this.offerSubmit();
    void this.restore();
    this.awaitGrader();
  }

  /** The fields of what is drawn now. */
  private findFields(): Fields {
    const frame = this.part<HTMLIFrameElement>("[data-question] > iframe");
    if (!frame) {
      return new PageFields(this.root, this.preview);
    }
    return new FrameFields(this.root, frame, `input_${this.root.dataset["problem"] ?? ""}_`, {
      typed: (answers) => this.typed(answers),
      looked: () => this.offerSubmit(),
      check: () => void this.check(),
      preview: this.preview,
      run: (input) => void this.run(input),
      stale: () => {
        if (!this.busy) {
          void this.renew(this.words.renewed, this.fields.known());
        }
      },
      version: () => this.version,
    });
  }

  /** Asks how a text of an input will be read. */
  private readonly preview = (input: string, dispatch: string, formula: string): Promise<Previewed> =>
    this.send<Previewed>(this.url("input_ajax"), {
      body: new URLSearchParams({ input_id: input, dispatch, formula, request_start: String(Date.now()) }),
      timeout: 10_000,
    });

  private get form(): HTMLFormElement {
    return this.root.querySelector("form") as HTMLFormElement;
  }

  private get version(): string {
    return this.form.dataset["version"] ?? "";
  }

  private part<T extends HTMLElement>(selector: string): T | null {
    return this.root.querySelector<T>(selector);
  }

  private send<T>(url: string, options: SendOptions = {}): Promise<T> {
    return this.along(options, (o) => send<T>(url, o));
  }

  private sendUntilAnswered<T>(url: string, options: RetryOptions): Promise<T> {
    return this.along(options, (o) => sendUntilAnswered<T>(url, o));
  }

  /** Sends what a trial carries along with each act. */
  private async along<O extends SendOptions, T>(options: O, run: (options: O) => Promise<T>): Promise<T> {
    if (!this.trial) {
      return run(options);
    }
    const body = options.body instanceof FormData || options.body instanceof URLSearchParams ? options.body : new URLSearchParams();
    this.trial.fill(body);
    const reply = await run({ ...options, method: "POST", body });
    this.trial.answered(reply);
    return reply;
  }

  private track(type: string, event: object | string): void {
    if (!this.trial) {
      track(type, event);
    }
  }

  private url(dispatch: string): string {
    return `${this.root.dataset["handler"] ?? ""}/${dispatch}`;
  }

  /** Brings back what was typed and not submitted. */
  private async restore(): Promise<void> {
    const kept = this.autosave.restore(this.version);
    if (!kept || !this.canAnswer()) {
      return;
    }
    if (kept.token !== undefined) {
      this.pending = { token: kept.token, answers: kept.answers, files: "" };
      this.showTrouble(this.words.unsure);
    }
    const changed = await this.fill(kept.answers);
    if (kept.token === undefined && changed) {
      this.showState("kept", this.words.restored);
    }
  }

  /** Lays answers over the fields; reports whether any changed. */
  private async fill(answers: Answers): Promise<boolean> {
    const changed = await this.fields.fill(answers).catch(() => false);
    this.offerSubmit();
    return changed;
  }

  /** Submit waits until there is something to submit. It can be reached all the same, and says then what is missing. */
  private offerSubmit(): void {
    const button = this.part<HTMLButtonElement>("[data-act='problem_check']");
    if (!button || button.disabled) {
      return;
    }
    if (this.fields.answered()) {
      button.removeAttribute("aria-disabled");
    } else {
      button.setAttribute("aria-disabled", "true");
    }
  }

  private canAnswer(): boolean {
    return this.part("[data-act='problem_check']") !== null;
  }

  private typed(answers: Answers): void {
    if (!this.canAnswer()) {
      return;
    }
    this.showTrouble("");
    this.offerSubmit();
    this.autosave.change({ version: this.version, answers });
  }

  private async check(): Promise<void> {
    if (this.busy || !this.canAnswer() || this.part<HTMLButtonElement>("[data-act='problem_check']")?.disabled) {
      return;
    }
    this.busy = true;
    const answers = await this.read();
    this.busy = false;
    if (!answers) {
      this.showTrouble(this.part("[data-missing]")?.dataset["missing"] ?? this.words.failed);
      return;
    }
    this.offerSubmit();
    const complaint = this.fields.answered() ? this.fields.complaint() : this.words.unanswered;
    if (complaint) {
      this.showTrouble(complaint);
      return;
    }
    const text = encodeAnswers(answers).toString();
    const chosen = this.fields.files();
    const files = JSON.stringify(chosen.map(([name, file]) => [name, file.name, file.size, file.lastModified]));
    // The same answers again are the same submission, as long as nobody told us how the first try ended.
    const same = this.pending && sameAnswers(this.pending.answers, answers) && this.pending.files === files;
    const again = same ? this.pending?.token : undefined;
    const token = again ?? newToken();
    this.pending = { token, answers, files };
    this.autosave.hold({ version: this.version, answers, token });
    if (again === undefined) {
      this.track("problem_check", JSON.stringify(text));
    }

    const giveUp = new AbortController();
    this.lock(true);
    this.showState("saving", this.words.sending);
    this.showTrouble("");
    const body = chosen.length > 0 ? withFiles(answers, chosen) : encodeAnswers(answers);
    body.set("submission_id", token);
    try {
      const reply = await this.sendUntilAnswered<Reply>(this.url("problem_check"), {
        body,
        token,
        signal: giveUp.signal,
        ...(chosen.length > 0 && { timeout: forFiles }),
        onWait: (_failed, _milliseconds, error) => {
          this.showState("retrying", "");
          // Too often, or too much to do: the server says which. Anything else is the line.
          const later = error instanceof RefusedError && (error.status === 429 || error.status === 503) ? error.problem?.message : undefined;
          this.showTrouble(later ?? this.words.offline, { label: this.words.change, run: () => giveUp.abort(new Error("given up")) });
        },
      });
      this.pending = undefined;
      this.lock(false);
      this.checked(reply, text, answers);
    } catch (error) {
      this.lock(false);
      this.showState("idle", "");
      if (giveUp.signal.aborted) {
        this.showTrouble("");
        this.fields.focus();
      } else if (error instanceof RefusedError && error.status === 401) {
        this.showExpired(() => void this.check());
      } else {
        this.pending = undefined; // the server has answered: this one was not taken
        this.autosave.change({ version: this.version, answers });
        this.showTrouble(error instanceof RefusedError && error.problem ? error.problem.message : this.words.failed);
      }
    }
  }

  /** The answers now, or undefined when the frame they are in is not there. */
  private async read(): Promise<Answers | undefined> {
    try {
      return await this.fields.read();
    } catch {
      return undefined;
    }
  }

  /** Shows what came of a submission. */
  private checked(reply: Reply, text: string, answers: Answers): void {
    const word = typeof reply.success === "string" ? plain(reply.success) : "";
    if (reply.contents !== undefined) {
      this.autosave.clear();
      this.replace(reply.contents, reply.frame);
      this.track("problem_graded", JSON.stringify([text, reply.contents]));
    }
    if (verdicts.has(word)) {
      completed(this.usage);
      this.toResult();
      return;
    }
    this.showState("idle", "");
    if (reply.contents === undefined) {
      this.autosave.change({ version: this.version, answers });
      void this.renew(word || this.words.failed, answers);
    } else {
      this.showTrouble(word || this.words.failed);
    }
  }

  /** Draws the problem as the server has it, with what was typed on top, and says why. */
  private async renew(why: string, answers: Answers): Promise<void> {
    try {
      const before = this.version;
      const reply = await this.send<Reply>(this.url("problem_get"));
      if (reply.html !== undefined) {
        this.replace(reply.html, reply.frame);
        if (this.version === before) {
          await this.fill(answers);
        } else {
          why = this.words.renewed;
        }
      }
    } catch {
      // the sentence below is what counts
    }
    this.showTrouble(why);
  }

  private async act(name: string): Promise<void> {
    if (this.busy) {
      return;
    }
    if (name === "problem_show" && this.part("[data-act='problem_show']")?.getAttribute("aria-expanded") === "true") {
      this.hideAnswers();
      return;
    }
    this.busy = true;
    const answers = name === "problem_save" ? await this.read() : this.fields.known();
    this.busy = false;
    if (!answers) {
      this.showTrouble(this.part("[data-missing]")?.dataset["missing"] ?? this.words.failed);
      return;
    }
    const body = name === "hint_button" ? new URLSearchParams({ hint_index: String(this.nextHint) }) : encodeAnswers(answers);
    if (name === "problem_save" || name === "problem_reset") {
      this.track(name, JSON.stringify(body.toString()));
    } else if (name === "problem_show") {
      this.track(name, { problem: this.usage });
    }
    this.lock(true, name);
    this.showTrouble("");
    try {
      const reply = await this.sendUntilAnswered<Reply>(this.url(name), { body, tries: 4 });
      this.lock(false, name);
      this.acted(name, reply, answers);
    } catch (error) {
      this.lock(false, name);
      if (error instanceof RefusedError && error.status === 401) {
        this.showExpired(() => void this.act(name));
      } else {
        this.showTrouble(error instanceof RefusedError && error.problem ? error.problem.message : this.words.failed);
      }
    }
  }

  /** Has a program run, ungraded. What it prints comes a while later, as marks of graders do. */
  private async run(input: string): Promise<void> {
    if (this.busy || !this.canAnswer()) {
      return;
    }
    this.busy = true;
    const answers = await this.read();
    this.busy = false;
    if (!answers) {
      this.showTrouble(this.part("[data-missing]")?.dataset["missing"] ?? this.words.failed);
      return;
    }
    const submission = answers.find(([name]) => name === `input_${input}`)?.[1] ?? "";
    this.lock(true, "run");
    this.showTrouble("");
    try {
      const reply = await this.send<Reply>(this.url("input_ajax"), { body: new URLSearchParams({ input_id: input, dispatch: "plot", submission }), timeout: 20_000 });
      this.lock(false, "run");
      if (reply.success !== true || reply.html === undefined) {
        this.showTrouble(plain(reply.message ?? "") || this.words.failed);
        return;
      }
      this.patience = soon;
      this.replace(reply.html, reply.frame);
      if (await this.fill(answers)) {
        this.autosave.change({ version: this.version, answers });
      }
      this.part(`[data-run="${CSS.escape(input)}"]`)?.focus({ preventScroll: true });
      announce(this.part("[data-run-state] .answer__help")?.textContent?.trim() ?? "");
    } catch (error) {
      this.lock(false, "run");
      if (error instanceof RefusedError && error.status === 401) {
        this.showExpired(() => void this.run(input));
      } else {
        this.showTrouble(error instanceof RefusedError && error.problem ? error.problem.message : this.words.failed);
      }
    }
  }

  private acted(name: string, reply: Reply, answers: Answers): void {
    switch (name) {
      case "hint_button":
        this.showHint(reply);
        return;
      case "problem_show":
        if (reply.answers) {
          this.showAnswers(reply.answers, reply.frame);
          return;
        }
        break;
      default:
        if (reply.html !== undefined) {
          this.autosave.clear();
          this.replace(reply.html, reply.frame);
          if (reply.success === false) {
            this.showTrouble(reply.error ?? reply.msg ?? this.words.failed);
          } else {
            this.toResult(reply.msg);
          }
          return;
        }
    }
    void this.renew(typeof reply.success === "string" ? reply.success : (reply.error ?? reply.msg ?? this.words.failed), answers);
  }

  /** Puts markup our server drew in place of the old. */
  private replace(markup: string, framed: Framed | undefined): void {
    if (!this.fields.redraw(markup, framed)) {
      this.root.innerHTML = markup;
      this.fields = this.findFields();
    }
    this.nextHint = 0;
    this.offerSubmit();
    this.awaitGrader();
    localizeTimes(this.root);
    reachWide(this.root);
    void reloadMath(this.root);
  }

  /** While a program elsewhere grades an answer, looks now and then whether it is done; less often the longer it takes. */
  private awaitGrader(): void {
    window.clearTimeout(this.looking);
    if (!this.form.hasAttribute("data-pending")) {
      this.patience = leastPatience;
      return;
    }
    this.looking = window.setTimeout(() => void this.lookForGrade(), this.patience);
    this.patience = Math.min(mostPatience, this.patience * 1.4);
  }

  private async lookForGrade(): Promise<void> {
    if (this.busy || document.visibilityState === "hidden") {
      this.awaitGrader();
      return;
    }
    const before = this.version;
    let reply: Reply = {};
    try {
      reply = await this.send<Reply>(this.url("problem_get"), { method: "GET" });
    } catch {
      // next time
    }
    const drawn = formOf(reply.html ?? "");
    const same = drawn?.dataset["version"] === before && drawn.hasAttribute("data-pending");
    if (reply.html === undefined || this.busy || this.version !== before || same) {
      this.awaitGrader();
      return;
    }
    const typed = this.fields.known();
    const at = this.root.contains(document.activeElement) ? document.activeElement : null;
    const within = at?.closest("[data-code]")?.querySelector("textarea")?.id ?? at?.id;
    this.replace(reply.html, reply.frame);
    if (await this.fill(typed)) {
      this.autosave.change({ version: this.version, answers: typed }); // what was kept belonged to the state before
    }
    if (within) {
      document.getElementById(within)?.focus({ preventScroll: true });
    }
    const result = this.part(".verdict__text") ?? this.part(".run__output") ?? this.part("[data-run-state] .answer__help");
    announce(result?.textContent?.trim().slice(0, 500) ?? "");
  }

  /** Brings the result into view, and the focus to it. */
  private toResult(text?: string): void {
    const result = this.part("[data-result]");
    if (!result) {
      return;
    }
    const words = (result.querySelector(".verdict__text") ?? result).textContent?.trim().replace(/\s+/g, " ") ?? "";
    announce(words || (text ?? ""));
    if (words) {
      result.focus({ preventScroll: true });
      result.scrollIntoView({ block: "nearest" });
    } else {
      this.fields.focus();
    }
  }

  private showHint(reply: Reply): void {
    const place = this.part("[data-hints]");
    const button = this.part<HTMLButtonElement>("[data-act='hint_button']");
    if (!place || reply.msg === undefined) {
      this.showTrouble(this.words.failed);
      return;
    }
    place.innerHTML = reply.msg; // cleaned by our server
    this.nextHint = (reply.hint_index ?? this.nextHint) + 1;
    void reloadMath(place);
    if (button) {
      const label = button.querySelector("span");
      if (label) {
        label.textContent = this.words.nextHint;
      }
      button.hidden = reply.should_enable_next_hint === false;
    }
  }

  private showAnswers(answers: Revealed, framed: Framed | undefined): void {
    this.fields.reveal(answers, this.words.answer, framed);
    this.setShown(true);
    announce(this.words.shown);
  }

  private hideAnswers(): void {
    this.fields.hide();
    this.setShown(false);
  }

  private setShown(shown: boolean): void {
    const button = this.part("[data-act='problem_show']");
    button?.setAttribute("aria-expanded", String(shown));
    const label = button?.querySelector("span");
    if (label) {
      label.textContent = shown ? this.words.hide : this.words.show;
    }
  }

  /** One request at a time: while it runs buttons do nothing, and fields cannot change if its answer draws them anew. */
  private lock(on: boolean, name = "problem_check"): void {
    this.busy = on;
    this.root.toggleAttribute("data-busy", on);
    const button = this.part(`[data-act="${name}"]`);
    if (on) {
      button?.setAttribute("aria-busy", "true");
    } else {
      button?.removeAttribute("aria-busy");
    }
    if (name !== "hint_button" && name !== "problem_show") {
      this.fields.lock(on);
    }
  }

  private showState(state: string, text: string): void {
    const place = this.part("[data-save-state]");
    if (place) {
      place.dataset["state"] = state;
      place.textContent = text;
    }
  }

  private showTrouble(text: string, action?: { label: string; run: () => void }): void {
    const place = this.part("[data-trouble]");
    if (!place || (place.dataset["text"] ?? "") === text) {
      return; // said already
    }
    place.dataset["text"] = text;
    place.textContent = text;
    if (text && action) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--small";
      button.textContent = action.label;
      button.addEventListener("click", action.run);
      place.append(button);
    }
  }

  /** The session has ended: the text stays, one signs in beside it, and what was wanted is done when one comes back. */
  private showExpired(then: () => void): void {
    this.showTrouble(this.words.expired);
    const place = this.part("[data-trouble]");
    if (place && !place.querySelector("a")) {
      const link = document.createElement("a");
      link.className = "button button--small";
      link.href = "/login";
      link.target = "_blank";
      link.textContent = this.words.signIn;
      place.append(link);
    }
    if (!this.afterSignIn) {
      const back = (): void => {
        if (document.visibilityState === "visible") {
          document.removeEventListener("visibilitychange", back);
          const run = this.afterSignIn;
          this.afterSignIn = undefined;
          if (signedIn() !== this.who && signedIn() !== "") {
            location.reload(); // somebody else: these answers are not theirs, and stay kept for their owner
            return;
          }
          this.showTrouble("");
          run?.();
        }
      };
      document.addEventListener("visibilitychange", back);
    }
    this.afterSignIn = then;
  }
}

/** What is told in place of a verdict is markup; only its text is shown. */
function plain(markup: string): string {
  return new DOMParser().parseFromString(markup, "text/html").body.textContent ?? "";
}

/** Answers with files beside them. */
function withFiles(answers: Answers, files: Chosen): FormData {
  const body = new FormData();
  for (const [name, value] of answers) {
    body.append(name, value);
  }
  for (const [name, file] of files) {
    body.append(name, file, file.name);
  }
  return body;
}

/** The form of a drawing: its version is that of the state it shows. */
function formOf(markup: string): HTMLFormElement | null {
  const drawn = document.createElement("template");
  drawn.innerHTML = markup;
  return drawn.content.querySelector("form");
}

/** The username that pages show beside the account menu; "" for a visitor. */
function signedIn(): string {
  return /edx-user-info=[^;]*?username\\?"\s*:\s*\\?"([^"\\]*)/.exec(document.cookie)?.[1] ?? "";
}
