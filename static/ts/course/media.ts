// What plays: a video element of our page, or a YouTube frame that is made only after the learner asked for it. The player speaks to both
// in the same words.

/** What a player needs of the thing that plays. Times are seconds. */
export interface Media {
  readonly time: number;
  readonly duration: number; // 0 while unknown
  readonly paused: boolean;
  play(): void;
  pause(): void;
  seek(time: number): void;
  setRate(rate: number): void;
  setVolume(volume: number, muted: boolean): void;
}

/** What it tells back. */
export interface MediaEvents {
  onReady(): void;
  onPlay(): void;
  onPause(): void;
  onTime(): void;
  onEnd(): void;
  onBuffer(part: number): void;
  onTrouble(): void;
}

/** A video element. */
export class ElementMedia implements Media {
  constructor(
    readonly element: HTMLVideoElement,
    events: MediaEvents,
  ) {
    const on = (name: keyof HTMLMediaElementEventMap, run: () => void): void => element.addEventListener(name, run);
    on("loadedmetadata", () => events.onReady());
    on("durationchange", () => events.onTime());
    on("play", () => events.onPlay());
    on("pause", () => {
      if (!element.ended) {
        events.onPause(); // the end is told by itself
      }
    });
    on("timeupdate", () => events.onTime());
    on("seeked", () => events.onTime());
    on("ended", () => events.onEnd());
    on("progress", () => events.onBuffer(this.buffered()));
    on("error", () => events.onTrouble());
    // The last source's error is that of the element: no source could be played.
    element.querySelector("source:last-of-type")?.addEventListener("error", () => events.onTrouble());
    // What happened before we listened.
    if (element.readyState >= HTMLMediaElement.HAVE_METADATA) {
      window.setTimeout(() => events.onReady());
    } else if (element.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) {
      window.setTimeout(() => events.onTrouble());
    }
  }

  get time(): number {
    return this.element.currentTime;
  }

  get duration(): number {
    return Number.isFinite(this.element.duration) ? this.element.duration : 0;
  }

  get paused(): boolean {
    return this.element.paused;
  }

  play(): void {
    this.element.play().catch(() => undefined); // refused by the browser: it stays paused, and shows so
  }

  pause(): void {
    this.element.pause();
  }

  seek(time: number): void {
    this.element.currentTime = time;
  }

  setRate(rate: number): void {
    this.element.playbackRate = rate;
    this.element.defaultPlaybackRate = rate;
  }

  setVolume(volume: number, muted: boolean): void {
    this.element.volume = volume;
    this.element.muted = muted;
  }

  private buffered(): number {
    const { buffered } = this.element;
    return buffered.length > 0 && this.duration > 0 ? buffered.end(buffered.length - 1) / this.duration : 0;
  }
}

const host = "https://www.youtube-nocookie.com";

/** What the frame tells of itself, as far as we use it. */
interface FrameMessage {
  event?: string;
  info?: number | { playerState?: number; currentTime?: number; duration?: number; videoLoadedFraction?: number } | null;
}

/** A YouTube frame, driven by messages: no script of theirs runs in our page. */
export class FrameMedia implements Media {
  time = 0;
  duration = 0;
  paused = true;
  private readonly frame: HTMLIFrameElement;
  private ready = false;
  private readonly waiting: [string, unknown[]][] = [];

  constructor(
    place: HTMLElement,
    id: string,
    title: string,
    start: number,
    private readonly events: MediaEvents,
  ) {
    this.frame = document.createElement("iframe");
    this.frame.className = "video__media";
    this.frame.title = title;
    this.frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    this.frame.referrerPolicy = "strict-origin-when-cross-origin";
    const wishes = new URLSearchParams({
      enablejsapi: "1",
      controls: "0",
      playsinline: "1",
      rel: "0",
      autoplay: "1",
      start: String(Math.floor(start)),
      origin: location.origin,
    });
    this.frame.src = `${host}/embed/${encodeURIComponent(id)}?${wishes}`;
    this.time = start;
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source === this.frame.contentWindow && event.origin === host && typeof event.data === "string") {
        this.hear(event.data);
      }
    });
    this.frame.addEventListener("load", () => this.greet());
    place.replaceChildren(this.frame);
  }

  play(): void {
    this.tell("playVideo");
  }

  pause(): void {
    this.tell("pauseVideo");
  }

  seek(time: number): void {
    this.time = time;
    this.tell("seekTo", time, true);
    this.events.onTime();
  }

  setRate(rate: number): void {
    this.tell("setPlaybackRate", rate);
  }

  setVolume(volume: number, muted: boolean): void {
    this.tell("setVolume", Math.round(volume * 100));
    this.tell(muted ? "mute" : "unMute");
  }

  /** The frame answers once it has heard that someone listens; it may not be there at the first try. */
  private greet(): void {
    let tries = 0;
    const timer = window.setInterval(() => {
      if (this.ready || ++tries > 60) {
        window.clearInterval(timer);
        if (!this.ready) {
          this.events.onTrouble();
        }
        return;
      }
      this.post({ event: "listening", id: 1, channel: "widget" });
    }, 250);
  }

  private tell(func: string, ...args: unknown[]): void {
    if (this.ready) {
      this.post({ event: "command", func, args, id: 1, channel: "widget" });
    } else {
      this.waiting.push([func, args]);
    }
  }

  private post(message: object): void {
    this.frame.contentWindow?.postMessage(JSON.stringify(message), host);
  }

  private hear(text: string): void {
    let message: FrameMessage;
    try {
      message = JSON.parse(text) as FrameMessage;
    } catch {
      return;
    }
    if (!this.ready) {
      this.ready = true;
      for (const [func, args] of this.waiting.splice(0)) {
        this.tell(func, ...args);
      }
      this.events.onReady();
    }
    const { info } = message;
    if (message.event === "onStateChange" && typeof info === "number") {
      this.state(info);
    } else if (typeof info === "object" && info !== null) {
      this.duration = number(info.duration) ?? this.duration;
      this.time = number(info.currentTime) ?? this.time;
      if (number(info.playerState) !== undefined) {
        this.state(info.playerState as number);
      }
      const part = number(info.videoLoadedFraction);
      if (part !== undefined) {
        this.events.onBuffer(part);
      }
      this.events.onTime();
    } else if (message.event === "onError") {
      this.events.onTrouble();
    }
  }

  /** 0 ended, 1 playing, 2 paused; the others are steps between. */
  private state(now: number): void {
    if (now === 1 && this.paused) {
      this.paused = false;
      this.events.onPlay();
    } else if ((now === 2 || now === 0) && !this.paused) {
      this.paused = true;
      if (now === 0) {
        this.events.onEnd();
      } else {
        this.events.onPause();
      }
    }
  }
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
