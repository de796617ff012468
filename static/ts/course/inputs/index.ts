// Inputs that are more than a field. All of them are fields to begin with, which hold the answer; what is done here lets one see a formula
// while it is typed, choose a place in a picture, drag things. Each kind is fetched when the first of it is met.

import type { Ask } from "./preview";

/** One input that more is done for. */
export interface Widget {
  /** Shows what its fields hold now: they were filled. */
  sync?(): void;
  /** Brings its answer into its fields; fails when what has the answer is not there. */
  flush?(): Promise<void>;
  /** Why it cannot be submitted as it is, "" when it can. */
  complaint?(): string;
}

type Enhance = (element: HTMLElement) => Widget;

/** The inputs of one problem. */
export class Inputs implements Required<Widget> {
  private readonly widgets: Widget[] = [];
  private readonly loaded: Promise<unknown>;

  /** How the editors of circuits and of code are fetched differs between a page and a frame; without one code is written in a plain field. */
  constructor(
    root: ParentNode,
    ask: Ask,
    circuits: () => Promise<Enhance>,
    code: () => Promise<Enhance> = async () => (await import("./code")).enhanceCode,
  ) {
    root.querySelectorAll<HTMLElement>("[data-text-choices]").forEach(chooseByTyping);
    const kinds: [selector: string, load: () => Promise<Enhance>][] = [
      ["[data-preview]", async () => (await import("./preview")).previewOf(ask)],
      ["[data-code]", code],
      ["[data-picture]", async () => (await import("./picture")).enhancePicture],
      ["[data-board]", async () => (await import("./board")).enhanceBoard],
      ["[data-jsinput]", async () => (await import("./script")).enhanceScript],
      ["[data-tool]", async () => (await import("./tools/index")).startTool],
      ["[data-circuit]", circuits],
      ["[data-files]", async () => (await import("./files")).enhanceFiles],
    ];
    this.loaded = Promise.all(
      kinds.map(async ([selector, load]) => {
        const found = root.querySelectorAll<HTMLElement>(selector);
        if (found.length > 0) {
          const enhance = await load();
          found.forEach((element) => this.widgets.push(enhance(element)));
        }
      }),
    ).catch(() => undefined); // the fields do without
  }

  sync(): void {
    void this.loaded.then(() => this.widgets.forEach((w) => w.sync?.()));
  }

  async flush(): Promise<void> {
    await this.loaded;
    await Promise.all(this.widgets.map((w) => w.flush?.()));
  }

  complaint(): string {
    return this.widgets.map((w) => w.complaint?.() ?? "").find(Boolean) ?? "";
  }
}

/** Who types a number into a choice chooses it. */
function chooseByTyping(group: HTMLElement): void {
  group.addEventListener("input", (event) => {
    const field = event.target as HTMLElement;
    const box = field.matches(".option__field") ? field.closest("[data-choice]")?.querySelector<HTMLInputElement>(".choice__box") : undefined;
    if (box) {
      box.checked = true;
    }
  });
}

/** Puts values into a text of ours: %1 and %2. */
export function phrase(text: string | undefined, ...values: (string | number)[]): string {
  return (text ?? "").replace(/%([12])/g, (_, n: string) => String(values[Number(n) - 1] ?? ""));
}

/** The texts of an input. */
export function wordsOf(element: HTMLElement): Record<string, string> {
  return JSON.parse(element.dataset["words"] ?? "{}") as Record<string, string>;
}

/** Sets a field as if it had been typed. */
export function type(field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, value: string): void {
  if (field.value !== value) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
