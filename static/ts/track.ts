// Browser events for the tracking log: POST /event with event_type, event (JSON text) and page, as the intake has always taken them.
// Events wait a moment and are sent a few at a time; what is left when the page goes is sent by beacon.

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

/** Records that something happened in this page. */
export function track(type: string, event: object | string = {}): void {
  listen();
  queue.push({ type, event: typeof event === "string" ? event : JSON.stringify(event), page: location.href });
  if (queue.length >= together) {
    sendAll();
  } else if (timer === undefined) {
    timer = window.setTimeout(sendAll, pauseFor);
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

function take(): Waiting[] {
  window.clearTimeout(timer);
  timer = undefined;
  return queue.splice(0);
}

function sendAll(): void {
  for (const w of take()) {
    fetch(address, { method: "POST", body: form(w), keepalive: true, credentials: "same-origin" }).then(
      (answer) => {
        if (answer.status >= 500) {
          again(w);
        }
      },
      () => again(w),
    );
  }
}

/** Keeps an event for the next round while the server is away, but not without end. */
function again(w: Waiting): void {
  if (queue.length >= 500) {
    return;
  }
  queue.push(w);
  timer ??= window.setTimeout(sendAll, 10 * pauseFor);
}

function beaconAll(): void {
  for (const w of take()) {
    if (!navigator.sendBeacon(address, form(w))) {
      void fetch(address, { method: "POST", body: form(w), keepalive: true, credentials: "same-origin" }).catch(() => undefined);
    }
  }
}
