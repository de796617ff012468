// The page in which an author tries a problem out, in the frame beside the editor. The editor sends what it drew by message; acts of the problem
// go to the server with the form that was drawn.

import { fillAnswers, readAnswers } from "../course/answers";
import { enhanceProblems, type Trial } from "../course/problem";
import { reachWide } from "../course/wide";
import { reloadMath } from "../math";
import type { Drawn, Sizes } from "../studio/problem-editor";

class Page {
  private fields: Drawn["fields"] = [];
  private state = "";
  private seed = "1";
  private turn = 0;
  private readonly place: HTMLElement | null;

  constructor(private readonly root: HTMLElement) {
    this.place = root.querySelector<HTMLElement>("[data-trial-place]");
  }

  start(): void {
    this.take(); // what came with the page, where the form was sent here
    this.enhance();
    window.addEventListener("message", (event: MessageEvent<Partial<Drawn> | null>) => {
      if (event.origin === location.origin && event.source === window.parent && event.data?.lyceum === "trial") {
        this.draw(event.data as Drawn);
      }
    });
    new ResizeObserver(() => this.say("size")).observe(this.root);
    this.say("ready");
  }

  private fill(body: URLSearchParams | FormData): void {
    for (const [name, value] of this.fields) {
      body.append(name, value);
    }
    body.set("trial.state", this.state);
    body.set("trial.seed", this.seed);
  }

  private answered(reply: unknown): void {
    const trial = (reply as { trial?: { state: string; seed: number } } | undefined)?.trial;
    if (trial) {
      this.state = trial.state;
      this.seed = String(trial.seed);
      this.say("acted");
    }
  }

  private take(): void {
    const kept = this.root.querySelectorAll<HTMLInputElement>("form input[type=hidden]:not([name^=input_])");
    for (const { name, value } of kept) {
      if (name === "trial.state") {
        this.state = value;
      } else if (name === "trial.seed") {
        this.seed = value;
      } else if (name) {
        this.fields.push([name, value]);
      }
    }
  }

  /** Draws the problem as it is now; what was typed into its fields stays. */
  private draw(drawn: Drawn): void {
    if (!this.place) {
      return;
    }
    const typed = drawn.afresh ? [] : readAnswers(this.place);
    this.fields = drawn.fields;
    this.state = drawn.state;
    this.seed = String(drawn.seed);
    this.turn = drawn.turn;
    this.place.innerHTML = drawn.html; // drawn and cleaned by our server
    if (typed.length > 0) {
      fillAnswers(this.place, typed);
    }
    this.enhance();
    void reloadMath(this.place).then(() => this.say("size"));
  }

  private enhance(): void {
    if (!this.place) {
      return;
    }
    this.fillFrame();
    // An answer to what was done before another variant was drawn is that one's no more.
    const turn = this.turn;
    const trial: Trial = {
      fill: (body) => this.fill(body),
      answered: (reply) => {
        if (turn === this.turn) {
          this.answered(reply);
        }
      },
    };
    enhanceProblems(this.place, trial);
    reachWide(this.place);
  }

  /** A question with its author's scripts stands in a frame without an origin; its page is made from the form. */
  private fillFrame(): void {
    const frame = this.place?.querySelector<HTMLIFrameElement>("[data-question] > iframe");
    if (!frame) {
      return;
    }
    frame.loading = "eager";
    frame.name = "trial-question";
    const form = document.createElement("form");
    form.method = "post";
    form.action = `${this.root.dataset["url"] ?? ""}/document`;
    form.target = frame.name;
    form.hidden = true;
    const data = new FormData();
    this.fill(data);
    for (const [name, value] of data) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = String(value);
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
  }

  private say(what: Sizes["say"]): void {
    const message: Sizes = { lyceum: "trial", say: what, turn: this.turn, height: Math.ceil(this.root.getBoundingClientRect().height), seed: Number(this.seed) };
    window.parent.postMessage(message, location.origin);
  }
}

const root = document.querySelector<HTMLElement>("[data-trial]");
if (root) {
  new Page(root).start();
}
