// What a page and the frame of a question say to each other. The page believes nothing of it: it looks at every message before it uses it,
// and what it then does is what its learner could do with the same fields.

import type { Answers } from "./answers";
import type { Chosen } from "./inputs/files";
import type { Revealed } from "./reveal";

/** From the page. The frame answers asks that have a number. */
export type Asked = { lyceum: "problem" } & (
  | { ask: "hello" }
  | { ask: "answers"; n: number }
  | { ask: "fill"; n: number; answers: Answers }
  | { ask: "draw"; n: number; html: string; version: string }
  | { ask: "reveal"; answers: Revealed; word: string }
  | { ask: "hide" }
  | { ask: "lock"; on: boolean }
  | { ask: "focus" }
  | { ask: "theme"; theme: string }
  | { ask: "previewed"; n: number; preview: string; error: string }
);

/**
 * A chosen file. Its bytes come along: the file itself stays with the frame, and a browser does not let the page send what was chosen in a
 * document of another origin.
 */
export interface Sent {
  field: string;
  name: string;
  modified: number;
  bytes: ArrayBuffer;
}

/** How the fields stand. Files and what is wrong with them are told when somebody asks: then they are about to be sent. */
export interface Fields {
  answers: Answers;
  /** Whether there is something to submit. */
  answered: boolean;
  files?: Sent[];
  /** Why the answers cannot be submitted as they are, "" when they can. */
  complaint?: string;
}

/** From the frame: it is there; this is how its fields stand, of its own accord or because it was asked; Enter was pressed in a field, or
 * a button that runs a program; it wants to show how a text of an input will be read. */
export type Told = { lyceum: "problem" } & (
  | ({ tell: "ready"; version: string } & Fields)
  | ({ tell: "answers"; n?: number; changed?: boolean } & Fields)
  | { tell: "check" }
  | { tell: "run"; input: string }
  | { tell: "preview"; n: number; input: string; dispatch: string; formula: string }
);

const mostFields = 1_000;
const longestName = 300;
const mostText = 1 << 20; // as the server takes
const mostFiles = 100;

/** Files ready to be told. */
export async function sendable(chosen: Chosen): Promise<Sent[]> {
  return Promise.all(chosen.map(async ([field, f]) => ({ field, name: f.name, modified: f.lastModified, bytes: await f.arrayBuffer() })));
}

/** Answers a frame told, or undefined when they are none: pairs of strings, names that begin so, 1 MiB at most in all. */
export function answersOf(told: unknown, prefix: string): Answers | undefined {
  if (!Array.isArray(told) || told.length > mostFields) {
    return undefined;
  }
  const answers: Answers = [];
  let size = 0;
  for (const pair of told as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      return undefined;
    }
    const [name, value] = pair as [unknown, unknown];
    if (typeof name !== "string" || typeof value !== "string" || !name.startsWith(prefix) || name.length > longestName) {
      return undefined;
    }
    size += name.length + value.length;
    if (size > mostText) {
      return undefined;
    }
    answers.push([name, value]);
  }
  return answers;
}

/** Files a frame told, with names that begin so; what is none is left out. */
export function filesOf(told: unknown, prefix: string): Chosen {
  if (!Array.isArray(told)) {
    return [];
  }
  return (told as unknown[]).slice(0, mostFiles).flatMap((one): Chosen => {
    const { field, name, modified, bytes } = (one ?? {}) as Partial<Record<keyof Sent, unknown>>;
    const known = typeof field === "string" && field.startsWith(prefix) && field.length <= longestName;
    return known && typeof name === "string" && bytes instanceof ArrayBuffer
      ? [[field, new File([bytes], name, { lastModified: typeof modified === "number" ? modified : 0 })]]
      : [];
  });
}
