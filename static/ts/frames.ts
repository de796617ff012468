// Gives frames of authored documents their height. A message counts only from the window of a frame we know, and only as a number in
// bounds; nothing else of it is used.

const tallest = 20_000;
const perSecond = 50;

/** Listens to the frames below root, [data-frame] > iframe, also to those that come later. */
export function sizeFrames(root: Document | HTMLElement): void {
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
    if (count > perSecond) {
      return;
    }
    const height = heightOf(event.data);
    if (height === undefined) {
      return;
    }
    for (const frame of root.querySelectorAll<HTMLIFrameElement>("[data-frame] > iframe")) {
      if (frame.contentWindow === event.source) {
        frame.style.blockSize = `${height}px`;
        return;
      }
    }
  });
}

function heightOf(data: unknown): number | undefined {
  if (typeof data !== "object" || data === null || !("lyceum" in data) || data.lyceum !== "height" || !("height" in data)) {
    return undefined;
  }
  const { height } = data;
  return typeof height === "number" && Number.isFinite(height) && height >= 0 ? Math.min(Math.ceil(height), tallest) : undefined;
}
