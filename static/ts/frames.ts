// Listens to frames of authored documents and gives them their height. A message counts only from the window of a frame we know, and only in
// the shape its kind has; a frame that says too much is not heard for a while.

const tallest = 20_000;
const perSecond = 50;

/** What a frame said, by the name in its field "lyceum". */
export type Heard = Readonly<Record<string, unknown>>;
type Listener = (frame: HTMLIFrameElement, said: Heard) => void;

const listeners = new Map<string, Listener>();

/** Calls listener for messages of one kind from [data-frame] > iframe, also from frames that come later. */
export function hearFrames(kind: string, listener: Listener): void {
  if (listeners.size === 0) {
    listen();
  }
  listeners.set(kind, listener);
}

function listen(): void {
  let second = 0;
  let heard = new Map<MessageEventSource | null, number>();
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin !== "null") {
      return;
    }
    const now = Math.floor(event.timeStamp / 1_000);
    if (now !== second) {
      second = now;
      heard = new Map();
    }
    const count = (heard.get(event.source) ?? 0) + 1;
    heard.set(event.source, count);
    const { data } = event;
    if (count > perSecond || typeof data !== "object" || data === null || !("lyceum" in data) || typeof data.lyceum !== "string") {
      return;
    }
    const listener = listeners.get(data.lyceum);
    const frame = listener && [...document.querySelectorAll<HTMLIFrameElement>("[data-frame] > iframe")].find((f) => f.contentWindow === event.source);
    if (frame) {
      listener(frame, data as Heard);
    }
  });
}

/** Gives frames the height of what is in them. */
export function sizeFrames(): void {
  hearFrames("height", (frame, { height }) => {
    if (typeof height === "number" && Number.isFinite(height) && height >= 0) {
      frame.style.blockSize = `${Math.min(Math.ceil(height), tallest)}px`;
    }
  });
}
