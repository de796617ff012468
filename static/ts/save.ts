// Saving that can be seen: "Saving …", "Saved 14:02", "Not saved: we keep trying". One saver a form or editor; the newest value wins, and
// a draft in this browser covers the time until the server has it.

import { DraftStore } from "./draft";
import { RefusedError, newToken, sendUntilAnswered } from "./request";
import { formatClock } from "./time";

export type SaveState = "idle" | "waiting" | "saving" | "saved" | "retrying" | "refused";

export interface SaverOptions<T> {
  url: string;
  /** Where the state is shown: a ui.SaveState element. */
  status?: HTMLElement | null;
  /** Names the draft; without one nothing is kept in the browser. */
  draftKey?: string;
  /** Milliseconds after the last change before it is sent. */
  delay?: number;
  /** Makes the body of a value; the value itself as JSON when left out. */
  body?: (value: T) => unknown;
  onSaved?: (answer: unknown, value: T) => void;
  onRefused?: (error: RefusedError, value: T) => void;
}

/** Sends changes of one thing, one after the other. */
export class Saver<T> {
  state: SaveState = "idle";
  readonly draft: DraftStore<T> | undefined;
  private next: { value: T } | undefined;
  private timer: number | undefined;
  private running = false;

  constructor(private readonly options: SaverOptions<T>) {
    this.draft = options.draftKey ? new DraftStore<T>(options.draftKey) : undefined;
    window.addEventListener("beforeunload", (event) => {
      // With a draft nothing is lost by leaving.
      if (!this.draft && (this.running || this.next)) {
        event.preventDefault();
      }
    });
  }

  /** Takes a changed value; it is sent when changes pause. */
  change(value: T): void {
    this.next = { value };
    this.draft?.write(value);
    if (!this.running) {
      this.show("waiting");
    }
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.run(), this.options.delay ?? 800);
  }

  /** Sends what is waiting at once and resolves when all is saved or refused. */
  async flush(): Promise<void> {
    window.clearTimeout(this.timer);
    await this.run();
  }

  private async run(): Promise<void> {
    if (this.running) {
      return;
    }
    this.running = true;
    try {
      while (this.next) {
        const { value } = this.next;
        this.next = undefined;
        await this.sendOne(value);
      }
    } finally {
      this.running = false;
    }
  }

  private async sendOne(value: T): Promise<void> {
    this.show("saving");
    try {
      const answer = await sendUntilAnswered<unknown>(this.options.url, {
        body: this.options.body ? this.options.body(value) : value,
        token: newToken(),
        onWait: () => this.show("retrying"),
      });
      if (!this.next) {
        this.draft?.clear();
        this.show("saved");
      }
      this.options.onSaved?.(answer, value);
    } catch (error) {
      this.show("refused");
      if (error instanceof RefusedError) {
        this.options.onRefused?.(error, value);
      }
    }
  }

  private show(state: SaveState): void {
    this.state = state;
    if (this.options.status) {
      showSaveState(this.options.status, state);
    }
  }
}

/** Writes a state into a ui.SaveState element, in the words the server put there. */
export function showSaveState(element: HTMLElement, state: SaveState): void {
  element.dataset["state"] = state;
  const words: Partial<Record<SaveState, string | undefined>> = {
    saving: element.dataset["saving"],
    saved: element.dataset["saved"]?.replace("%s", formatClock(new Date())),
    retrying: element.dataset["retrying"],
    refused: element.dataset["refused"],
  };
  element.textContent = words[state] ?? "";
}
