// One file on its way to the course: asked for first, then sent in pieces that the server keeps, so that a lost line, a closed browser or
// another server cost no more than the piece under way.

import { RefusedError, send } from "../request";

/** A file as the server knows it. */
export interface Asset {
  name: string;
  display_name: string;
  digest: string;
  portable_url: string;
  url: string;
}

/** What became of an upload. */
export interface Uploaded {
  asset: Asset;
  replaced: boolean;
  same: string[];
  notes: string[];
}

interface Progress {
  received: number;
  chunk: number;
  asset: Asset | null;
}

/** The name belongs to another file. */
export class TakenError extends Error {
  override readonly name = "TakenError";
  constructor(
    message: string,
    readonly asset: Asset | undefined, // that has it now; undefined where the one to be replaced is gone
  ) {
    super(message);
  }
}

export interface UploadOptions {
  /** The digest of the file it replaces, "" for a new name. */
  replaces: string;
  signal: AbortSignal;
  onProgress: (sent: number) => void;
  /** The connection is lost, or back. */
  onLine: (up: boolean) => void;
}

/** Sends a file to the list at url until it is there, or throws what must be decided: TakenError, RefusedError, an abort. */
export async function upload(url: string, file: File, o: UploadOptions): Promise<Uploaded> {
  const about = new URLSearchParams({ name: file.name, size: String(file.size), print: await print(file), replaces: o.replaces });
  for (let failed = 0; ; failed++) {
    try {
      return await tryOnce(url, about, file, o, () => (failed = 0));
    } catch (error) {
      o.signal.throwIfAborted();
      const refused = error instanceof RefusedError;
      if (error instanceof TakenError || (refused && !error.passing && error.status !== 404)) {
        throw error;
      }
      if (refused && failed >= 6) {
        throw error; // a server that stays away is told of; a line that is lost may come back after hours
      }
      o.onLine(false);
      await wait(Math.min(30_000, 500 * 2 ** Math.min(failed, 6)), o.signal);
    }
  }
}

/** Forgets what the server has of a file that is not wanted any more. */
export async function cancel(url: string, file: File): Promise<void> {
  const about = new URLSearchParams({ name: file.name, size: String(file.size), print: await print(file) });
  await send(`${url}/upload?${about.toString()}`, { method: "DELETE" }).catch(() => undefined);
}

async function tryOnce(url: string, about: URLSearchParams, file: File, o: UploadOptions, moved: () => void): Promise<Uploaded> {
  const now = await asked<Progress>(send(`${url}/upload?${about.toString()}`, { method: "GET", signal: o.signal }));
  o.onLine(true);
  if (now.asset) {
    return { asset: now.asset, replaced: o.replaces !== "", same: [], notes: [] };
  }
  let from = now.received;
  for (;;) {
    o.onProgress(from);
    const to = Math.min(from + now.chunk, file.size);
    const range = from < to ? `bytes ${from}-${to - 1}/${file.size}` : `bytes */${file.size}`;
    const got = await asked<Progress | Uploaded>(put(`${url}/?${about.toString()}`, file.slice(from, to), range, from, o));
    if ("msg" in got) {
      return got as Uploaded;
    }
    from = (got as Progress).received;
    moved();
  }
}

/** Tells a name that is taken from other refusals. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RefusedError && error.status === 409) {
      const problem = error.problem as { message?: string; received?: number; asset?: Asset } | undefined;
      if (problem?.received !== undefined) {
        throw new TypeError("the upload has moved"); // another window brings the same file: look again
      }
      throw new TakenError(problem?.message ?? "", problem?.asset);
    }
    throw error;
  }
}

/** Sends one piece; fetch says nothing of how far it has come. */
function put(url: string, piece: Blob, range: string, from: number, o: UploadOptions): Promise<Progress | Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    const over = (): void => o.signal.removeEventListener("abort", stop);
    request.open("POST", url);
    request.responseType = "json";
    request.timeout = 300_000;
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Content-Range", range);
    request.upload.addEventListener("progress", (event) => o.onProgress(from + event.loaded));
    request.addEventListener("load", () => {
      over();
      if (request.status >= 200 && request.status < 300 && request.response) {
        resolve(request.response as Progress | Uploaded);
      } else {
        reject(new RefusedError(request.status, (request.response ?? undefined) as never, 0));
      }
    });
    for (const event of ["error", "abort", "timeout"]) {
      request.addEventListener(event, () => {
        over();
        reject(new TypeError(event));
      });
    }
    o.signal.addEventListener("abort", stop);
    request.send(piece);
  });
}

/** Tells files of one name and size apart, after a restart too: when it was changed, and a sum over its beginning and its end. */
async function print(file: File): Promise<string> {
  const edge = 64 << 10;
  let sum = 0x811c9dc5;
  for (const part of [file.slice(0, edge), file.slice(Math.max(edge, file.size - edge))]) {
    for (const byte of new Uint8Array(await part.arrayBuffer())) {
      sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
    }
  }
  return `${file.lastModified}-${sum.toString(16)}`;
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      window.clearTimeout(timer);
      window.removeEventListener("online", over);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = (): void => {
      over();
      reject(signal.reason as Error);
    };
    const timer = window.setTimeout(over, milliseconds);
    window.addEventListener("online", over);
    signal.addEventListener("abort", stop);
  });
}
