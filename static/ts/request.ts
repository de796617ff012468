// Requests that change something. Origin and Sec-Fetch-Site prove to the server where they come from; an idempotency token makes it safe
// to send one again when it is not known whether the first arrived.

/** What the server says of a request it did not do; see the JSON errors of web/page. */
export interface Problem {
  error: string;
  message: string;
  fields?: Record<string, string>;
  request_id?: string;
}

/** An answer other than 2xx. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
    readonly retryAfter: number, // seconds, 0 when not said
  ) {
    super(problem?.message ?? `status ${status}`);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 408 || this.status === 425 || this.status === 429 || this.status >= 500;
  }
}

export interface SendOptions {
  method?: string;
  /** Sent as JSON, or as a form when it is one. */
  body?: unknown;
  /** The same for every try of one act; see newToken. */
  token?: string;
  signal?: AbortSignal;
  /** Gives up on one try after so many milliseconds. */
  timeout?: number;
}

/** A new idempotency token. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Sends one request and returns its JSON; throws RefusedError for refusals and TypeError without a connection. */
export async function send<T>(url: string, options: SendOptions = {}): Promise<T> {
  const headers = new Headers({ Accept: "application/json", "X-Requested-With": "XMLHttpRequest" });
  let body: BodyInit | null = null;
  if (options.body instanceof FormData || options.body instanceof URLSearchParams) {
    body = options.body;
  } else if (options.body !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(options.body);
  }
  if (options.token) {
    headers.set("Idempotency-Key", options.token);
  }
  const limits = [AbortSignal.timeout(options.timeout ?? 30_000)];
  if (options.signal) {
    limits.push(options.signal);
  }
  const answer = await fetch(url, {
    method: options.method ?? "POST",
    headers,
    body,
    credentials: "same-origin",
    signal: AbortSignal.any(limits),
  });
  if (!answer.ok) {
    throw new RefusedError(answer.status, await problemOf(answer), Number(answer.headers.get("Retry-After")) || 0);
  }
  if (answer.status === 204) {
    return undefined as T;
  }
  return (await answer.json()) as T;
}

async function problemOf(answer: Response): Promise<Problem | undefined> {
  try {
    const data: unknown = await answer.json();
    return typeof data === "object" && data !== null && "error" in data ? (data as Problem) : undefined;
  } catch {
    return undefined;
  }
}

export interface RetryOptions extends SendOptions {
  /** Told before each wait: how many tries failed, when the next comes, and why the last one failed. */
  onWait?: (failed: number, milliseconds: number, error: unknown) => void;
  /** Gives up after so many tries; keeps trying without one. */
  tries?: number;
}

/** Sends until the server has answered. Refusals that will not pass are thrown at once. Waits grow to half a minute, and end early when
 * the connection comes back. */
export async function sendUntilAnswered<T>(url: string, options: RetryOptions = {}): Promise<T> {
  const token = options.token ?? newToken();
  for (let failed = 1; ; failed++) {
    try {
      return await send<T>(url, { ...options, token });
    } catch (error) {
      const lasting = error instanceof RefusedError && !error.passing;
      if (lasting || options.signal?.aborted || failed >= (options.tries ?? Infinity)) {
        throw error;
      }
      const asked = error instanceof RefusedError ? error.retryAfter * 1000 : 0;
      const wait = Math.max(asked, Math.min(30_000, 500 * 2 ** Math.min(failed, 6)) * (0.75 + Math.random() / 2));
      options.onWait?.(failed, wait, error);
      await pause(wait, options.signal);
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      window.clearTimeout(timer);
      window.removeEventListener("online", over);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const stop = (): void => {
      over();
      reject(signal?.reason as Error);
    };
    const timer = window.setTimeout(over, milliseconds);
    window.addEventListener("online", over);
    signal?.addEventListener("abort", stop);
  });
}
