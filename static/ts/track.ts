// Browser events for the tracking log: POST /event with event_type, event (JSON text) and page, as the intake has always taken them.
// Events wait a moment and are sent in order; what is left when the page goes is sent by beacon.

const address = "/event";
const pauseFor = 1_000;
const together = 20;

interface Waiting {
  type: string;
  event: string;
  page: string;
}

const queue: Waiting[] = [];
let timer: number | undefined;
let listening = false;
let sending = false;

/** Records that something happened in this page. */
export function track(type: string, event: object | string = {}): void {
  listen();
  queue.push({ type, event: typeof event === "string" ? event : JSON.stringify(event), page: location.href });
  if (queue.length >= together) {
    void sendAll();
  } else {
    timer ??= window.setTimeout(() => void sendAll(), pauseFor);
  }
}

function listen(): void {
  if (listening) {
    return;
  }
  listening = true;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      beaconAll();
    }
  });
  window.addEventListener("pagehide", beaconAll);
}

function form(w: Waiting): URLSearchParams {
  return new URLSearchParams({ event_type: w.type, event: w.event, page: w.page });
}

/** Sends one after the other, so that the log has them in the order they happened. */
async function sendAll(): Promise<void> {
  window.clearTimeout(timer);
  timer = undefined;
  if (sending) {
    return;
  }
  sending = true;
  try {
    for (let w = queue.shift(); w; w = queue.shift()) {
      if (!(await sendOne(w))) {
        again(w);
        return;
      }
    }
  } finally {
    sending = false;
  }
}

/** Whether the server has taken the event, or never will. */
async function sendOne(w: Waiting): Promise<boolean> {
  const body = form(w);
  // Browsers refuse to keep alive more than 64 KiB; a larger event is sent as long as the page is there.
  const keepalive = body.toString().length < 32 * 1024;
  try {
    const answer = await fetch(address, { method: "POST", body, keepalive, credentials: "same-origin" });
    return answer.status < 500 && answer.status !== 429;
  } catch {
    if (keepalive) {
      // A page that is being left sees this, too, though the browser goes on sending: were the event in the queue again, it would be sent
      // twice. Such a page does not live to the end of the pause.
      await new Promise((resolve) => window.setTimeout(resolve, pauseFor));
    }
    return false;
  }
}

/** Keeps an event for the next round while the server is away, but not without end. */
function again(w: Waiting): void {
  if (queue.length < 500) {
    queue.unshift(w);
  }
  timer ??= window.setTimeout(() => void sendAll(), 10 * pauseFor);
}

/** Sends what is left when the page goes. What is on its way already is kept alive by the browser. */
function beaconAll(): void {
  window.clearTimeout(timer);
  timer = undefined;
  for (const w of queue.splice(0)) {
    if (!navigator.sendBeacon(address, form(w))) {
      void fetch(address, { method: "POST", body: form(w), keepalive: true, credentials: "same-origin" }).catch(() => undefined);
    }
  }
}
