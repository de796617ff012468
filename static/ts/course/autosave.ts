// What is typed into a problem and not submitted yet. It is kept in this browser at once, and on the server when typing pauses, so that it
// comes back after a reload and on another device. What the browser holds stays until the server has taken a submission.

import { DraftStore } from "../draft";
import { RefusedError, newToken, sendUntilAnswered } from "../request";
import { formatClock } from "../time";
import { type Answers, encodeAnswers } from "./answers";

/** What this browser holds of one problem. */
export interface Kept {
  /** Of the learner's state the answers were typed over. */
  version: string;
  answers: Answers;
  /** Of a submission that was sent and has not been answered. */
  token?: string;
}

/** What the page says of keeping; the words come from the server. */
export interface Words {
  saving: string;
  saved: string;
  retrying: string;
  kept: string;
  expired: string;
  restored: string;
}

export interface AutosaveOptions {
  /** Address of keep_draft. */
  address: string;
  account: string;
  usage: string;
  words: Words;
  /** Shows a state: idle, saving, saved, retrying, refused. */
  show: (state: string, text: string) => void;
  /** The session has ended. */
  onExpired: () => void;
}

const pauseBefore = 2_000;

/** Keeps the answers of one problem. */
export class Autosave {
  private readonly store: DraftStore<Kept>;
  private timer: number | undefined;
  private sending: AbortController | undefined;
  private waiting: Kept | undefined;

  constructor(private readonly options: AutosaveOptions) {
    this.store = new DraftStore<Kept>(`problem:${options.account}:${options.usage}`);
  }

  /** What is kept here, unless it was typed over another state than the page's. */
  restore(version: string): Kept | undefined {
    const kept = this.store.read();
    if (kept && kept.version !== version) {
      this.store.clear(); // it was submitted, here or elsewhere
      return undefined;
    }
    return kept;
  }

  /** Takes what is in the form now. */
  change(kept: Kept): void {
    this.store.write(kept, true);
    this.waiting = kept;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), pauseBefore);
  }

  /** Notes that a submission is on its way. */
  hold(kept: Kept): void {
    this.stop();
    this.store.write(kept, true);
  }

  /** Forgets: the server has it. */
  clear(): void {
    this.stop();
    this.store.clear();
    this.options.show("idle", "");
  }

  /** Tries again what could not be sent, after a new sign-in. */
  resume(): void {
    if (this.waiting && !this.sending) {
      void this.send();
    }
  }

  private stop(): void {
    window.clearTimeout(this.timer);
    this.waiting = undefined;
    this.sending?.abort();
    this.sending = undefined;
  }

  private async send(): Promise<void> {
    const kept = this.waiting;
    if (!kept || this.sending) {
      return; // the run under way takes what is waiting when it is done
    }
    const { words, show } = this.options;
    const sending = new AbortController();
    this.sending = sending;
    show("saving", words.saving);
    const body = encodeAnswers(kept.answers);
    body.set("state_version", kept.version);
    try {
      await sendUntilAnswered(this.options.address, {
        body,
        token: newToken(),
        signal: sending.signal,
        onWait: () => show("retrying", words.retrying),
      });
      if (this.waiting === kept) {
        this.waiting = undefined;
        show("saved", words.saved.replace("%s", formatClock(new Date())));
      }
    } catch (error) {
      if (sending.signal.aborted) {
        return;
      }
      if (error instanceof RefusedError && error.status === 401) {
        show("refused", words.kept);
        this.options.onExpired();
      } else {
        if (this.waiting === kept) {
          this.waiting = undefined;
        }
        show("refused", words.kept); // closed or changed elsewhere; it stays in this browser
      }
    } finally {
      if (this.sending === sending) {
        this.sending = undefined;
      }
    }
    if (this.waiting && this.waiting !== kept) {
      void this.send();
    }
  }
}
