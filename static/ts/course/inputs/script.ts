// An author's own page as an input. It stands in a frame without an origin of ours; its functions are called by messages, through our script
// that waits in the page (classic/jsinput.ts) or, where the page answers calls itself, in the form that existing pages know.

import { hearFrames, type Heard } from "../../frames";
import { type, type Widget } from "./index";

/** To the script in the author's page: call a function of the page by its path. */
export interface Call {
  lyceum: "jsinput";
  call: string;
  n: number;
  given: unknown[];
}

/** From it: it is there; something was done in the page; what a call gave. */
export type Said = { lyceum: "jsinput" } & ({ said: "ready" } | { said: "touched" } | { said: "result"; n: number; value?: unknown; failed?: string });

const patience = 10_000;
const greeting = 1_500; // how long our script is waited for after the page is there
const pages = new WeakMap<HTMLIFrameElement, AuthorPage>();

/** Lets an author's page ask and answer. */
export function enhanceScript(box: HTMLElement): Widget {
  const frame = box.querySelector("iframe");
  const field = box.querySelector<HTMLInputElement>("input[type=hidden]");
  if (!frame || !field) {
    return {};
  }
  const page = new AuthorPage(frame, () => void keep().catch(() => undefined));
  const value = async (): Promise<string> => {
    const answer = box.dataset["grade"] ? await page.call(box.dataset["grade"], "getGrade") : "";
    const state = box.dataset["get"] ? await page.call(box.dataset["get"], "getState") : "";
    return JSON.stringify({ answer: asText(answer), state: asText(state) });
  };
  const keep = async (): Promise<void> => type(field, await value());
  const restore = async (): Promise<void> => {
    const state = stateOf(field.value) ?? box.dataset["initial"];
    if (box.dataset["set"] && state) {
      await page.call(box.dataset["set"], "setState", state);
    }
  };
  void page.ready.then(restore).catch(() => undefined);
  return {
    sync: () => void page.ready.then(restore).catch(() => undefined),
    async flush() {
      field.value = await value();
    },
  };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

/** What the page was like when it was answered, undefined for nothing. */
function stateOf(value: string): string | undefined {
  try {
    const { state } = JSON.parse(value) as { state?: unknown };
    return state === undefined || state === "" ? undefined : asText(state);
  } catch {
    return undefined;
  }
}

class AuthorPage {
  readonly ready: Promise<void>;
  private ours = false; // our script is in it
  private calls = 0;
  private readonly waiting = new Map<number, { done(value: unknown): void; failed(why: Error): void }>();
  private arrived: () => void = () => undefined;

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly touched: () => void,
  ) {
    this.ready = new Promise((resolve) => {
      this.arrived = resolve;
    });
    pages.set(frame, this);
    hearFrames("jsinput", (from, said) => pages.get(from)?.hear(said));
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source === frame.contentWindow && typeof event.data === "string") {
        this.hearChannel(event.data);
      }
    });
    frame.addEventListener("load", () => this.loaded());
    const hello: Call = { lyceum: "jsinput", call: "", n: 0, given: [] };
    frame.contentWindow?.postMessage(hello, "*"); // it may have been there before this script was
    if (frame.src.startsWith("http") && !frame.src.startsWith(location.origin)) {
      this.loaded();
    }
  }

  /** A page of another site has no script of ours: it is there when it has had the time to say so. */
  private loaded(): void {
    window.setTimeout(() => this.arrived(), greeting);
  }

  /** Calls a function of the page, which existing pages know by another name in their own channel. */
  async call(path: string, known: string, ...given: unknown[]): Promise<unknown> {
    await inTime(this.ready);
    if (this.ours) {
      try {
        return await this.post((n) => ({ lyceum: "jsinput", call: path, n, given }));
      } catch (error) {
        if (!(error instanceof UnknownFunction)) {
          throw error;
        }
      }
    }
    return this.post((n) => JSON.stringify({ id: n, method: `JSInput::${known}`, params: given[0] ?? null }));
  }

  private async post(message: (n: number) => Call | string): Promise<unknown> {
    const n = ++this.calls;
    const result = new Promise<unknown>((done, failed) => this.waiting.set(n, { done, failed }));
    this.frame.contentWindow?.postMessage(message(n), "*");
    return inTime(result).finally(() => this.waiting.delete(n));
  }

  private hear(heard: Heard): void {
    switch (heard["said"]) {
      case "ready":
        this.ours = true;
        this.arrived();
        return;
      case "touched":
        this.touched();
        return;
      case "result": {
        const call = this.waiting.get(Number(heard["n"]));
        if (typeof heard["failed"] === "string") {
          call?.failed(heard["failed"] === "unknown" ? new UnknownFunction() : new Error(heard["failed"]));
        } else {
          call?.done(heard["value"]);
        }
      }
    }
  }

  /** Answers in the form of the channel that existing pages bring along. */
  private hearChannel(text: string): void {
    let said: { id?: unknown; method?: unknown; params?: unknown; result?: unknown; error?: unknown };
    try {
      said = JSON.parse(text) as typeof said;
    } catch {
      return;
    }
    if (said.method === "JSInput::__ready") {
      if (said.params === "ping") {
        this.frame.contentWindow?.postMessage(JSON.stringify({ method: "JSInput::__ready", params: "pong" }), "*");
      }
    } else if (said.method === undefined) {
      const call = this.waiting.get(Number(said.id));
      if (said.error !== undefined) {
        call?.failed(new Error(String(said.error)));
      } else {
        call?.done(said.result);
      }
    }
  }
}

class UnknownFunction extends Error {}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error("the page does not answer")), patience);
  });
  return Promise.race([promise, late]).finally(() => window.clearTimeout(timer));
}
