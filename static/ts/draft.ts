// Typed text that was not sent yet, kept in this browser until it was. Keys name the person and the place, so that two people at one
// computer do not find each other's words.

const prefix = "draft:";
const keepFor = 30 * 24 * 3600 * 1000;

interface Kept<T> {
  at: number;
  value: T;
}

/** One draft by key. Writes wait a moment, so that every keystroke does not cost one. */
export class DraftStore<T = Record<string, string>> {
  private readonly key: string;
  private timer: number | undefined;
  private waiting: T | undefined;

  constructor(key: string) {
    this.key = prefix + key;
    // The last chance before the page is gone.
    window.addEventListener("pagehide", () => this.flush());
  }

  /** The draft, or undefined when there is none or it is too old. */
  read(): T | undefined {
    try {
      const text = localStorage.getItem(this.key);
      if (text === null) {
        return undefined;
      }
      const kept = JSON.parse(text) as Kept<T>;
      if (typeof kept.at !== "number" || Date.now() - kept.at > keepFor) {
        this.clear();
        return undefined;
      }
      return kept.value;
    } catch {
      return undefined; // storage is off, or not ours
    }
  }

  /** Keeps value soon, or at once. */
  write(value: T, now = false): void {
    this.waiting = value;
    window.clearTimeout(this.timer);
    if (now) {
      this.flush();
    } else {
      this.timer = window.setTimeout(() => this.flush(), 300);
    }
  }

  /** Forgets the draft: what it held is saved, or given up. */
  clear(): void {
    window.clearTimeout(this.timer);
    this.waiting = undefined;
    try {
      localStorage.removeItem(this.key);
    } catch {
      // storage is off
    }
  }

  private flush(): void {
    if (this.waiting === undefined) {
      return;
    }
    const kept: Kept<T> = { at: Date.now(), value: this.waiting };
    this.waiting = undefined;
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // storage is off or full; the text is still in the field
    }
  }
}

/** Removes drafts nobody came back for. */
export function sweepDrafts(): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix)) {
        new DraftStore(key.slice(prefix.length)).read();
      }
    }
  } catch {
    // storage is off
  }
}
