// Waits inside an author's page that is an input of a question, and calls its functions when the question around it asks. The page has no
// origin of ours and knows nothing of the learner; see course/inputs/script.ts for the other side.

import type { Call, Said } from "../course/inputs/script";

const pause = 400;

function say(message: Said): void {
  window.parent.postMessage(message, "*");
}

/** The function at a path such as app.grade, with what it is called on. */
function find(path: string): { on: unknown; run: unknown } {
  let on: unknown = window;
  let run: unknown = window;
  for (const name of path.split(".")) {
    on = run;
    // What a script declares with let or const is a global name and no member of window.
    run = on === window && !(name in window) ? declared(name) : (on as Record<string, unknown> | undefined | null)?.[name];
  }
  return { on, run };
}

function declared(name: string): unknown {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
    return undefined;
  }
  try {
    return (0, eval)(name); // a name and nothing else
  } catch {
    return undefined;
  }
}

async function answer(call: Call): Promise<void> {
  const { on, run } = find(call.call);
  if (typeof run !== "function") {
    say({ lyceum: "jsinput", said: "result", n: call.n, failed: "unknown" });
    return;
  }
  try {
    const value: unknown = await run.apply(on, call.given);
    say({ lyceum: "jsinput", said: "result", n: call.n, value });
  } catch (error) {
    say({ lyceum: "jsinput", said: "result", n: call.n, failed: String(error) });
  }
}

let there = false;

function greet(): void {
  there = true;
  say({ lyceum: "jsinput", said: "ready" });
}

window.addEventListener("message", (event: MessageEvent<Partial<Call> | null>) => {
  const call = event.data;
  if (event.source !== window.parent || call?.lyceum !== "jsinput") {
    return;
  }
  if (call.call === "") {
    if (there) {
      greet();
    }
  } else if (typeof call.call === "string") {
    void answer(call as Call);
  }
});

let timer: number | undefined;
for (const kind of ["input", "change", "click", "keyup", "pointerup"]) {
  document.addEventListener(
    kind,
    () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => say({ lyceum: "jsinput", said: "touched" }), pause);
    },
    { capture: true, passive: true },
  );
}
// Authors' own scripts come first.
window.addEventListener("load", () => window.setTimeout(greet, 0));
