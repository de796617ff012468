// Each act of an author can be taken back: a notice offers it for a while, Control with Z does it as long as the page is open.

import { announce, toast } from "../live";

/** One act that can be taken back, see POST /part/KEY with act=undo. */
interface Undoable {
  part: string;
  was: string;
}

/** Offers to take the last act back. */
export class Undoing {
  private last: Undoable | undefined;
  private dismiss: (() => void) | undefined;

  /** run takes an act back, and says whether it did. */
  constructor(
    private readonly label: string,
    private readonly run: (act: Undoable) => Promise<string | undefined>,
  ) {
    document.addEventListener("keydown", (event) => {
      const at = event.target as Element;
      if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.defaultPrevented || !this.last) {
        return;
      }
      if (at.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) {
        return; // text has an undo of its own
      }
      event.preventDefault();
      void this.undo();
    });
  }

  /** Says what was done, and offers to take it back where that is possible. The offer before it goes. */
  offer(words: string, part: string, was: string | undefined, error = false): void {
    this.dismiss?.();
    this.last = was ? { part, was } : undefined;
    const kind = error ? "error" : "info";
    this.dismiss = was ? toast(words, { kind, action: { label: this.label, run: () => void this.undo() } }) : toast(words, { kind });
  }

  private async undo(): Promise<void> {
    const act = this.last;
    if (!act) {
      return;
    }
    this.last = undefined;
    this.dismiss?.();
    const words = await this.run(act);
    if (words) {
      announce(words);
    }
  }
}
