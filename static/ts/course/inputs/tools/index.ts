// The tools one draws an answer with. Each is fetched when the first of it is met.

import type { Widget } from "../index";

type Start = (box: HTMLElement) => Widget;

const tools: Record<string, () => Promise<Start>> = {
  crystallography: async () => (await import("./crystal")).startCrystal,
  vsepr_input: async () => (await import("./molecule")).startMolecule,
  designprotein2dinput: async () => (await import("./protein")).startProtein,
  editageneinput: async () => (await import("./gene")).startGene,
};

/** Starts the tool an element names. Without it its field does. */
export function startTool(box: HTMLElement): Widget {
  let running: Widget = {};
  const started = (tools[box.dataset["tool"] ?? ""]?.() ?? Promise.reject(new Error("no such tool")))
    .then((start) => {
      running = start(box);
    })
    .catch(() => box.classList.add("is-failed")); // its field is there
  return {
    sync: () => void started.then(() => running.sync?.()),
    flush: () => started.then(() => running.flush?.()),
    complaint: () => running.complaint?.() ?? "",
  };
}
