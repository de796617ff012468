// The editor of videos: a list of video files in place of lines of addresses, more transcripts, the names of course files, and the player
// as learners would see it.

import { enhanceVideo } from "../course/video";
import { send } from "../request";
import type { Body, Editing } from "./edit";

/** Milliseconds after the last change before the player is drawn anew. */
const pause = 700;

export function enhance(box: HTMLElement, editing: Editing): Body {
  const list = box.querySelector<HTMLElement>("[data-sources]");
  const sources = list ? new Sources(list) : undefined;
  const preview = box.querySelector<HTMLElement>("[data-preview]");
  if (preview) {
    drawn(preview);
    let timer = 0;
    box.addEventListener("input", (event) => {
      if ((event.target as HTMLInputElement).type !== "file") {
        window.clearTimeout(timer);
        timer = window.setTimeout(() => void draw(preview, editing), pause);
      }
    });
  }
  moreTranscripts(box, editing);
  suggestFiles(box);
  return {
    sync() {
      sources?.sync();
    },
  };
}

function drawn(preview: HTMLElement): void {
  const video = preview.querySelector<HTMLElement>("[data-video]");
  if (video) {
    enhanceVideo(video);
  }
}

async function draw(preview: HTMLElement, editing: Editing): Promise<void> {
  const body = new FormData(editing.form);
  for (const [name, value] of [...body]) {
    if (value instanceof File) {
      body.delete(name);
    }
  }
  body.set("act", "preview");
  try {
    const answer = await fetch(editing.url, { method: "POST", body, headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      preview.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
      drawn(preview);
    }
  } catch {
    // the player stays as it was; saving tells of the line
  }
}

/** Addresses as rows that can be moved; the field of lines keeps them. */
class Sources {
  private readonly field: HTMLTextAreaElement;
  private readonly rows = document.createElement("ol");

  constructor(private readonly root: HTMLElement) {
    this.field = root.querySelector("textarea") as HTMLTextAreaElement;
    this.rows.className = "video-editor__sources";
    this.field.hidden = true;
    this.field.after(this.rows);
    const add = document.createElement("button");
    add.type = "button";
    add.className = "button button--small";
    add.textContent = root.dataset["add"] ?? "+";
    add.addEventListener("click", () => this.add("").focus());
    this.rows.after(add);
    const label = root.querySelector<HTMLLabelElement>("label");
    label?.addEventListener("click", (event) => {
      event.preventDefault();
      this.rows.querySelector("input")?.focus();
    });
    this.sync();
  }

  sync(): void {
    this.rows.replaceChildren();
    for (const address of this.field.value.split("\n").filter((s) => s.trim() !== "")) {
      this.add(address);
    }
    if (this.rows.children.length === 0) {
      this.add("");
    }
  }

  private add(address: string): HTMLInputElement {
    const row = document.createElement("li");
    row.className = "video-editor__source";
    const input = document.createElement("input");
    input.className = "input";
    input.value = address;
    input.inputMode = "url";
    input.spellcheck = false;
    input.autocapitalize = "off";
    input.dir = "ltr";
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.write();
    });
    row.append(
      input,
      this.button(row, "up", "↑", () => row.previousElementSibling?.before(row)),
      this.button(row, "down", "↓", () => row.nextElementSibling?.after(row)),
      this.button(row, "remove", "×", () => {
        const near = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        if (!near) {
          this.add("").focus();
        }
        near?.querySelector("input")?.focus();
      }),
    );
    this.rows.append(row);
    this.number();
    return input;
  }

  private button(row: HTMLElement, does: string, sign: string, run: () => void): HTMLButtonElement {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button--plain button--small button--icon";
    made.textContent = sign;
    made.dataset["does"] = does;
    made.addEventListener("click", () => {
      run();
      if (row.isConnected) {
        made.focus();
      }
      this.number();
      this.write();
    });
    return made;
  }

  /** Names every row by its place. */
  private number(): void {
    [...this.rows.children].forEach((row, at) => {
      const name = (this.root.dataset["one"] ?? "%s").replace("%s", String(at + 1));
      row.querySelector("input")?.setAttribute("aria-label", name);
      for (const button of row.querySelectorAll<HTMLButtonElement>("button")) {
        const does = button.dataset["does"] ?? "";
        const words = `${this.root.dataset[does] ?? ""} (${name})`;
        button.setAttribute("aria-label", words);
        button.title = words;
        button.disabled = (does === "up" && at === 0) || (does === "down" && at === this.rows.children.length - 1);
      }
    });
  }

  private write(): void {
    this.field.value = [...this.rows.querySelectorAll("input")].map((input) => input.value.trim()).filter((s) => s !== "").join("\n");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** One more row for a transcript at each press. */
function moreTranscripts(box: HTMLElement, editing: Editing): void {
  const first = box.querySelector<HTMLElement>("[data-new-transcript]");
  const more = box.querySelector<HTMLButtonElement>("[data-more-transcripts]");
  if (!first || !more) {
    return;
  }
  let last = first;
  let count = 1;
  more.hidden = false;
  more.addEventListener("click", () => {
    const row = first.cloneNode(true) as HTMLElement;
    for (const input of row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) {
      input.name = input.name.replace("v.new.0.", `v.new.${count}.`);
      input.id = input.name;
      input.value = "";
      input.removeAttribute("aria-invalid");
    }
    for (const label of row.querySelectorAll("label")) {
      label.htmlFor = label.htmlFor.replace("v.new.0.", `v.new.${count}.`);
    }
    for (const note of row.querySelectorAll(".field__error")) {
      note.remove();
    }
    last.after(row);
    last = row;
    count++;
    row.querySelector("select")?.focus();
    editing.changed();
    more.hidden = count >= 20;
  });
}

/** Offers the names of course files where one can be named; they are fetched when somebody comes to such a field. */
function suggestFiles(box: HTMLElement): void {
  const names = box.querySelector<HTMLDataListElement>("[data-file-names]");
  const fields = box.querySelectorAll<HTMLInputElement>("[name='v.handout'], [name='v.thumbnail']");
  if (!names) {
    return;
  }
  let asked = false;
  for (const field of fields) {
    field.setAttribute("list", names.id);
    field.addEventListener("focus", () => {
      if (asked) {
        return;
      }
      asked = true;
      send<{ assets: { portable_url?: string; display_name: string }[] }>(`${box.dataset["files"] ?? ""}/?page_size=1000`, { method: "GET" }).then(
        (found) => {
          names.replaceChildren(
            ...found.assets.map((file) => {
              const option = document.createElement("option");
              option.value = file.portable_url ?? "";
              option.label = file.display_name;
              return option;
            }),
          );
        },
        () => undefined, // names can be typed
      );
    });
  }
}
