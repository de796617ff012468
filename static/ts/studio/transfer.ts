// Import, export and re-run: archives go up in stretches and go on after a lost line; what is worked is followed until it is over.

import { announce } from "../live";

/** How far a task or an upload is; see progress of web/studio. */
interface Progress {
  state?: string;
  received: number;
  total: number;
  fraction: number;
  text: string;
  url?: string;
}

/** The answer to a stretch. */
interface Taken {
  ImportStatus?: number;
  received: number;
  total: number;
  url: string;
}

/** What the server says against a stretch. */
class RefusedStretchError extends Error {
  override readonly name = "RefusedStretchError";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const stretch = 4 << 20; // bytes of a request
const lookEvery = 1000; // milliseconds between looks at a task

/** Brings a page of transfers to life. */
export function enhance(root: HTMLElement): void {
  for (const task of root.querySelectorAll<HTMLElement>("[data-task]")) {
    void follow(task);
  }
  const form = root.querySelector<HTMLFormElement>("form[data-upload]");
  if (form) {
    enhanceUpload(form);
  }
  if (root.dataset["rerun"] !== undefined) {
    nameShift(root);
  }
}

/** Shows how far a task is until it is over, and then the page anew. */
async function follow(task: HTMLElement): Promise<void> {
  const text = task.querySelector<HTMLElement>("[data-task-text]");
  const bar = task.querySelector<HTMLProgressElement>("[data-task-bar]");
  for (;;) {
    await pause(lookEvery);
    const now = await look(task.dataset["status"] ?? "").catch(() => undefined);
    if (!now) {
      continue; // the server is away; the task is not
    }
    if (now.state === "done" || now.state === "succeeded" || now.state === "failed") { // a course that is made says "succeeded"
      location.assign(now.url ?? location.href);
      return;
    }
    if (text && text.textContent !== now.text) {
      text.textContent = now.text;
    }
    if (bar) {
      bar.value = now.fraction;
    }
  }
}

async function look(url: string): Promise<Progress> {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  return (await answer.json()) as Progress;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    window.setTimeout(resolve, milliseconds);
  });
}

function enhanceUpload(form: HTMLFormElement): void {
  const words = form.querySelector<HTMLTemplateElement>("template[data-words]")?.dataset ?? {};
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  const drop = form.querySelector<HTMLElement>("[data-drop]");
  const chosen = form.querySelector<HTMLElement>("[data-chosen]");
  const box = form.querySelector<HTMLElement>("[data-progress]");
  const text = form.querySelector<HTMLElement>("[data-upload-text]");
  const bar = form.querySelector<HTMLProgressElement>("[data-upload-bar]");
  const cancel = form.querySelector<HTMLButtonElement>("[data-cancel]");
  const submit = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (!input || !drop || !box || !text || !bar || !cancel || !submit) {
    return;
  }
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file && chosen) {
      chosen.textContent = fill(words["chosen"], file.name, bytes(file.size));
    }
  });
  drop.addEventListener("dragover", () => drop.classList.add("is-over"));
  for (const over of ["dragleave", "drop"]) {
    drop.addEventListener(over, () => drop.classList.remove("is-over"));
  }
  const tell = (line: string, wrong = false): void => {
    box.hidden = false;
    text.textContent = line;
    text.classList.toggle("field__error", wrong);
  };
  let stop: AbortController | undefined;
  cancel.addEventListener("click", () => stop?.abort());
  const leaving = (event: BeforeUnloadEvent): void => event.preventDefault();
  const idle = (): void => {
    stop = undefined;
    cancel.hidden = true;
    submit.disabled = false;
    delete form.dataset["sent"];
    submit.removeAttribute("aria-busy");
    window.removeEventListener("beforeunload", leaving);
  };
  form.addEventListener("submit", (event) => {
    const file = input.files?.[0];
    if (!file) {
      return;
    }
    event.preventDefault();
    if (stop) {
      return;
    }
    const wrong = !/\.(tar\.gz|tgz)$/i.test(file.name) ? words["kind"] : file.size > Number(form.dataset["most"]) ? words["large"] : undefined;
    if (wrong) {
      tell(wrong, true);
      announce(wrong, true);
      return;
    }
    stop = new AbortController();
    cancel.hidden = false;
    submit.disabled = true;
    window.addEventListener("beforeunload", leaving);
    const show = (sent: number): void => {
      bar.value = sent / file.size;
      tell(fill(words["sent"], bytes(sent), bytes(file.size)));
    };
    send(form, file, stop.signal, {
      sent: show,
      resumed: (from) => {
        bar.value = from / file.size;
        tell(fill(words["resumed"], bytes(from), bytes(file.size)));
      },
      lost: () => tell(words["lost"] ?? ""),
    }).then(
      (taken) => {
        tell(words["begins"] ?? "");
        idle();
        location.assign(taken.url);
      },
      (error: unknown) => {
        const paused = stop?.signal.aborted ?? false;
        idle();
        const line = paused ? (words["paused"] ?? "") : error instanceof Error ? error.message : String(error);
        tell(line, !paused);
        announce(line, !paused);
      },
    );
  });
}

interface Told {
  sent: (bytes: number) => void;
  resumed: (from: number) => void;
  lost: () => void;
}

/** Sends a file from where it had arrived. A lost line is waited for; only a refusal or the reader ends it. */
async function send(form: HTMLFormElement, file: File, signal: AbortSignal, told: Told): Promise<Taken> {
  const status = (form.dataset["status"] ?? "") + encodeURIComponent(file.name);
  let from = -1;
  let gaps = 0;
  for (let failed = 0; ; ) {
    try {
      if (from < 0) {
        const now = await look(status);
        from = now.state === "uploading" && now.total === file.size ? now.received : 0;
        if (from > 0) {
          told.resumed(from);
        }
      }
      const to = Math.min(from + stretch, file.size);
      const start = from;
      const taken = await sendStretch(form, file, start, to, signal, (n) => told.sent(Math.min(start + n, file.size)));
      failed = 0;
      if (taken.ImportStatus) {
        return taken;
      }
      from = taken.received;
      told.sent(from);
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
      if (error instanceof RefusedStretchError && error.status < 500 && error.status !== 429 && error.status !== 408) {
        if (error.status !== 409 || ++gaps > 3) {
          throw error;
        }
        from = -1; // something else arrived meanwhile: ask how much
        continue;
      }
      failed++;
      from = -1;
      told.lost();
      await waitForLine(Math.min(15_000, 500 * 2 ** Math.min(failed, 5)), signal);
    }
  }
}

function sendStretch(form: HTMLFormElement, file: File, from: number, to: number, signal: AbortSignal, progress: (bytes: number) => void): Promise<Taken> {
  const data = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") {
      data.append(name, value);
    }
  }
  data.append("course-data", file.slice(from, to), file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much was sent
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("Content-Range", `bytes ${from}-${to - 1}/${file.size}`);
    request.timeout = 120_000;
    const stop = (): void => request.abort();
    signal.addEventListener("abort", stop);
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    const lost = (): void => reject(new TypeError("no connection"));
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    request.addEventListener("abort", lost);
    request.addEventListener("loadend", () => signal.removeEventListener("abort", stop));
    request.addEventListener("load", () => {
      let answer: unknown;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = undefined;
      }
      if (request.status >= 200 && request.status < 300 && answer) {
        resolve(answer as Taken);
        return;
      }
      const said = answer as { message?: string; fields?: Record<string, string> } | undefined;
      reject(new RefusedStretchError(request.status, Object.values(said?.fields ?? {})[0] ?? said?.message ?? `status ${request.status}`));
    });
    request.send(data);
  });
}

/** Waits, but not longer than until the connection is back. */
function waitForLine(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      window.clearTimeout(timer);
      window.removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = window.setTimeout(over, milliseconds);
    window.addEventListener("online", over);
    signal.addEventListener("abort", over);
  });
}

function fill(text: string | undefined, ...args: string[]): string {
  return (text ?? "").replace(/%(\d)/g, (_, n: string) => args[Number(n) - 1] ?? "");
}

/** "12.3 MB". */
function bytes(n: number): string {
  const lang = document.documentElement.lang || "en";
  const [unit, value] = n < 1_000_000 ? ["kilobyte", Math.round(n / 1000)] : ["megabyte", n / 1_000_000];
  return new Intl.NumberFormat(lang, { style: "unit", unit: String(unit), maximumFractionDigits: n < 100_000_000 ? 1 : 0 }).format(Number(value));
}

/** Says by how much the dates of a re-run move. */
function nameShift(form: HTMLElement): void {
  const said = form.querySelector<HTMLElement>("[data-shift]");
  const start = form.querySelector<HTMLInputElement>("input[name=start]");
  if (!said || !start) {
    return;
  }
  const say = (): void => {
    const moves = form.querySelector<HTMLInputElement>("input[name=dates][value=shift]")?.checked ?? false;
    const to = new Date(start.value + "Z").getTime();
    const by = to - new Date(said.dataset["from"] ?? "").getTime();
    if (!moves || Number.isNaN(by)) {
      said.textContent = "";
      return;
    }
    const words = by === 0 ? said.dataset["same"] : by > 0 ? said.dataset["later"] : said.dataset["earlier"];
    said.textContent = (words ?? "").replace("%s", span(Math.abs(by)));
  };
  form.addEventListener("input", say);
  say();
}

/** "364 days", "2 days, 3 hours". */
function span(milliseconds: number): string {
  const lang = document.documentElement.lang || "en";
  const minutes = Math.round(milliseconds / 60_000);
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), "day"],
    [Math.floor(minutes / 60) % 24, "hour"],
    [minutes % 60, "minute"],
  ];
  const shown = parts.filter(([n]) => n > 0).map(([n, unit]) => new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(n));
  return new Intl.ListFormat(lang, { type: "unit" }).format(shown);
}
