// What a page and the frame of a question say to each other. The page believes nothing of it: it looks at every message before it uses it,
// and what it then does is what its learner could do with the same fields.

import type { Answers } from "./answers";
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

/** From the frame: it is there; these are the answers now, of its own accord or because it was asked; Enter was pressed in a field, or
 * a button that runs a program; it wants to show how a text of an input will be read. */
export type Told = { lyceum: "problem" } & (
  | { tell: "ready"; version: string; answers: Answers }
  | { tell: "answers"; answers: Answers; n?: number; changed?: boolean }
  | { tell: "check" }
  | { tell: "run"; input: string }
  | { tell: "preview"; n: number; input: string; dispatch: string; formula: string }
);

const mostFields = 1_000;
const longestName = 300;
const mostText = 64 << 10;

/** Answers a frame told, or undefined when they are none: pairs of strings, names that begin so, 64 KiB at most in all. */
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
