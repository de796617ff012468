// The video player: our own controls over a video element or a YouTube frame, the remembered place, captions, transcript, completion and
// the events of the tracking log.

import { playStream } from "../hls";
import { send } from "../request";
import { track } from "../track";
import { completed } from "./completion";
import { ElementMedia, FrameMedia, type Media, type MediaEvents } from "./media";
import { Transcript } from "./transcript";

interface Settings {
  id: string;
  usage: string;
  code: string;
  youtube: string;
  sources: { URL: string; Type: string }[] | null;
  start: number;
  end: number;
  saved: number;
  speed: string;
  language: string;
  transcript: boolean;
  transcriptUrl: string;
  saveUrl: string;
  completeUrl: string;
  complete: boolean;
}

const streams = "application/vnd.apple.mpegurl";

/** Gives one [data-video] its player. */
export function enhanceVideo(root: HTMLElement): void {
  const player = root.querySelector<HTMLElement>("[data-player]");
  if (player?.querySelector("[data-controls]")) {
    new Player(root, player).start();
  }
}

class Player implements MediaEvents {
  private readonly settings: Settings;
  private readonly stage: HTMLElement;
  private readonly controls: HTMLElement;
  private readonly seekBar: HTMLInputElement;
  private readonly speedList: HTMLSelectElement;
  private media: Media | undefined;
  private transcript: Transcript | undefined;
  private language: string;
  private volume = 1;
  private muted = false;
  private speed = "1.0";
  private wantsStart = true; // the first play begins at the kept place
  private stopped = false; // by the author's end; playing on is allowed
  private dragging: number | undefined; // where a drag of the seek bar began
  private told = -1; // the place the server knows
  private complete: boolean;
  private completeTold = false;
  private loaded = false;
  private streaming: Promise<unknown> | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly player: HTMLElement,
  ) {
    this.settings = JSON.parse(root.dataset["video"] ?? "{}") as Settings;
    this.stage = player.querySelector("[data-stage]") as HTMLElement;
    this.controls = player.querySelector("[data-controls]") as HTMLElement;
    this.seekBar = player.querySelector("[data-seek]") as HTMLInputElement;
    this.speedList = player.querySelector("[data-speed]") as HTMLSelectElement;
    this.language = this.settings.language;
    this.complete = this.settings.complete;
  }

  start(): void {
    this.controls.hidden = false;
    this.player.dataset["ready"] = "";
    this.listenToControls();
    this.startTranscript();
    this.pickSpeed(this.settings.speed);
    const element = this.stage.querySelector("video");
    if (element) {
      this.startElement(element);
    } else {
      this.stage.querySelector("[data-play-youtube]")?.addEventListener("click", () => this.startYouTube());
      this.load();
    }
    window.addEventListener("pagehide", () => this.keepPlace(), { capture: true });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") {
        this.keepPlace();
      }
    });
  }

  // What plays.

  private startElement(element: HTMLVideoElement): void {
    element.controls = false;
    const media = new ElementMedia(element, this);
    this.media = media;
    element.addEventListener("click", () => this.toggle());
    const pip = this.control("pip");
    if (pip && document.pictureInPictureEnabled && !element.disablePictureInPicture) {
      pip.hidden = false;
    }
    for (const t of element.textTracks) {
      t.mode = "disabled";
    }
    media.setRate(Number(this.speed));
    if (this.streams()) {
      this.load(); // its length is known once it plays
    }
  }

  /** A stream for browsers without a player for it is fetched when play is pressed. */
  private async prepare(): Promise<void> {
    if (!(this.media instanceof ElementMedia)) {
      return;
    }
    const { element } = this.media;
    const stream = this.settings.sources?.find((s) => s.Type === streams);
    if (stream && this.streams()) {
      this.streaming ??= playStream(element, stream.URL, () => this.onTrouble()).then((stop) => {
        if (!stop) {
          this.onTrouble();
        }
      });
      await this.streaming;
    }
  }

  private startYouTube(): void {
    this.wantsStart = false;
    this.media = new FrameMedia(this.stage, this.settings.youtube, this.title(), this.firstPlace(), this);
    this.media.setRate(Number(this.speed));
    this.media.play();
    this.control("play")?.focus();
  }

  private title(): string {
    return this.root.querySelector(".video__title")?.textContent ?? "";
  }

  private firstPlace(): number {
    const { saved, start, end } = this.settings;
    return saved > start && (end === 0 || saved < end) ? saved : start;
  }

  /** Where the video is over for this course. */
  private last(): number {
    const length = this.media?.duration ?? 0;
    return this.settings.end > 0 && (length === 0 || this.settings.end < length) ? this.settings.end : length;
  }

  private async toggle(): Promise<void> {
    const { media } = this;
    if (!media) {
      this.startYouTube();
    } else if (!media.paused) {
      media.pause();
    } else {
      await this.prepare();
      media.play();
    }
  }

  private seek(to: number, kind: string): void {
    const { media } = this;
    if (!media) {
      return;
    }
    const from = media.time;
    const time = Math.max(0, media.duration > 0 ? Math.min(to, media.duration) : to);
    this.wantsStart = false;
    media.seek(time);
    this.record("seek_video", { old_time: from, new_time: time, type: kind });
  }

  // What it tells.

  onReady(): void {
    this.trouble(false);
    this.load();
    const { media } = this;
    if (media instanceof ElementMedia && this.wantsStart) {
      this.wantsStart = false;
      const first = this.firstPlace();
      // A place at the very end is no place to go on from.
      media.seek(first < this.last() - 1 ? first : this.settings.start);
    }
    this.onTime();
  }

  onPlay(): void {
    this.player.dataset["playing"] = "";
    this.setToggle("play", true);
    this.record("play_video", { currentTime: this.time() });
  }

  onPause(): void {
    delete this.player.dataset["playing"];
    this.setToggle("play", false);
    this.record("pause_video", { currentTime: this.time() });
    this.keepPlace();
  }

  onEnd(): void {
    delete this.player.dataset["playing"];
    this.setToggle("play", false);
    this.record("stop_video", { currentTime: this.time() });
    this.keepPlace();
    this.reach(this.last());
  }

  onTime(): void {
    const time = this.time();
    const length = this.media?.duration ?? 0;
    if (this.dragging === undefined) {
      this.showTime(time, length);
    }
    this.transcript?.follow(time);
    if (this.media && !this.media.paused) {
      this.reach(time);
      const { end } = this.settings;
      if (end > 0 && time >= end && !this.stopped) {
        this.stopped = true;
        this.media.pause();
      }
      if (Math.abs(time - this.told) >= 30) {
        this.keepPlace(); // a crash costs half a minute at most
      }
    }
  }

  onBuffer(part: number): void {
    this.seekBar.style.setProperty("--loaded", String(part));
  }

  onTrouble(): void {
    // A stream this browser has no player for is no trouble: it is fetched when play is pressed.
    const fetched = this.media instanceof ElementMedia && this.streams() && !this.streaming;
    this.trouble(!fetched);
  }

  /** Whether the only source is a stream that this browser cannot play by itself. */
  private streams(): boolean {
    const { sources } = this.settings;
    const element = this.media instanceof ElementMedia ? this.media.element : undefined;
    return !!element && !!sources?.length && sources.every((s) => s.Type === streams || element.canPlayType(s.Type) === "") && element.canPlayType(streams) === "";
  }

  private trouble(on: boolean): void {
    const place = this.player.querySelector<HTMLElement>("[data-trouble]");
    if (place) {
      place.hidden = !on;
    }
  }

  private time(): number {
    return Math.round((this.media?.time ?? 0) * 1000) / 1000;
  }

  private showTime(time: number, length: number): void {
    const text = `${clock(time)} / ${clock(length)}`;
    const place = this.player.querySelector("[data-time]");
    if (place && place.textContent !== text) {
      place.textContent = text;
      this.seekBar.setAttribute("aria-valuetext", (this.seekBar.dataset["text"] ?? "").replace("%s", clock(time)).replace("%s", clock(length)));
    }
    this.seekBar.max = String(length || 1);
    this.seekBar.value = String(time);
    this.seekBar.style.setProperty("--played", String(length > 0 ? time / length : 0));
  }

  // Controls.

  private control(name: string): HTMLButtonElement | null {
    return this.controls.querySelector(`[data-do="${name}"]`);
  }

  private setToggle(name: string, on: boolean): void {
    const button = this.control(name);
    if (button) {
      const state = on ? "on" : "off";
      button.dataset["state"] = state;
      const label = button.dataset[state] ?? "";
      button.setAttribute("aria-label", label);
      button.title = label;
    }
  }

  private isOn(name: string): boolean {
    return this.control(name)?.dataset["state"] === "on";
  }

  private listenToControls(): void {
    this.controls.addEventListener("click", (event) => {
      const name = (event.target as Element).closest<HTMLElement>("[data-do]")?.dataset["do"];
      if (name !== undefined) {
        this.press(name);
      }
    });
    this.seekBar.addEventListener("input", () => {
      this.dragging ??= this.time();
      this.showTime(Number(this.seekBar.value), this.media?.duration ?? 0);
    });
    this.seekBar.addEventListener("change", () => {
      this.dragging = undefined;
      this.seek(Number(this.seekBar.value), "onSlideSeek");
    });
    // Steps of a range would be as small as its step; a listener wants seconds.
    this.seekBar.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 }[event.key];
      if (step !== undefined) {
        event.preventDefault();
        this.seek(this.time() + step, "onSlideSeek");
      }
    });
    const volume = this.controls.querySelector<HTMLInputElement>("[data-volume]");
    volume?.addEventListener("input", () => {
      this.volume = Number(volume.value);
      this.muted = this.volume === 0;
      this.applyVolume();
    });
    this.speedList.addEventListener("change", () => this.changeSpeed(this.speedList.value));
    const languages = this.controls.querySelector<HTMLSelectElement>("[data-language]");
    languages?.addEventListener("change", () => this.changeLanguage(languages.value));
    languages?.addEventListener("focus", () => this.record("video_show_cc_menu", {}));
    languages?.addEventListener("blur", () => this.record("video_hide_cc_menu", { language: this.language }));
    this.player.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("fullscreenchange", () => this.setToggle("fullscreen", document.fullscreenElement === this.player));
  }

  private press(name: string): void {
    switch (name) {
      case "play":
        void this.toggle();
        break;
      case "back":
        this.seek(this.time() - 10, "onSkipSeek");
        break;
      case "forward":
        this.seek(this.time() + 10, "onSkipSeek");
        break;
      case "mute":
        this.muted = !this.muted;
        this.applyVolume();
        break;
      case "captions":
        this.showCaptions(!this.isOn("captions"));
        break;
      case "transcript":
        this.showTranscript(!this.isOn("transcript"));
        break;
      case "pip":
        void this.togglePictureInPicture();
        break;
      case "fullscreen":
        void this.toggleFullscreen();
        break;
    }
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) {
      return;
    }
    const at = event.target as Element;
    if (at.closest("select, input")) {
      return; // they have keys of their own
    }
    const presses: Record<string, string> = { k: "play", j: "back", l: "forward", m: "mute", c: "captions", f: "fullscreen", ArrowLeft: "back", ArrowRight: "forward" };
    const name = presses[event.key] ?? (event.key === " " && !at.closest("button, a") ? "play" : undefined);
    if (name !== undefined && (name === "play" || this.control(name))) {
      event.preventDefault();
      this.press(name);
    } else if (event.key === "<" || event.key === ">") {
      const to = this.speedList.options[this.speedList.selectedIndex + (event.key === ">" ? 1 : -1)];
      if (to) {
        this.changeSpeed(to.value);
      }
    }
  }

  private applyVolume(): void {
    this.media?.setVolume(this.volume || 1, this.muted);
    this.setToggle("mute", this.muted);
    const slider = this.controls.querySelector<HTMLInputElement>("[data-volume]");
    if (slider) {
      slider.value = String(this.muted ? 0 : this.volume);
    }
  }

  /** Takes a speed if it is one of ours. */
  private pickSpeed(wanted: string): void {
    const option = [...this.speedList.options].find((o) => Number(o.value) === Number(wanted));
    if (option) {
      this.speed = option.value;
      this.speedList.value = option.value;
    }
  }

  private changeSpeed(to: string): void {
    const from = this.speed;
    this.pickSpeed(to);
    if (this.speed === from) {
      return;
    }
    this.media?.setRate(Number(this.speed));
    this.record("speed_change_video", { current_time: this.time(), old_speed: from, new_speed: this.speed });
    this.save({ speed: this.speed });
  }

  private async togglePictureInPicture(): Promise<void> {
    try {
      if (document.pictureInPictureElement) {
        await document.exitPictureInPicture();
      } else if (this.media instanceof ElementMedia) {
        await this.media.element.requestPictureInPicture();
      }
    } catch {
      // the browser would rather not
    }
  }

  private async toggleFullscreen(): Promise<void> {
    try {
      if (document.fullscreenElement) {
        await document.exitFullscreen();
      } else if ("requestFullscreen" in this.player) {
        await this.player.requestFullscreen();
      } else if (this.media instanceof ElementMedia) {
        // Phones that show only videos in full.
        (this.media.element as HTMLVideoElement & { webkitEnterFullscreen?: () => void }).webkitEnterFullscreen?.();
      }
    } catch {
      // the browser would rather not
    }
  }

  // Captions and transcript.

  private showCaptions(on: boolean): void {
    if (!(this.media instanceof ElementMedia)) {
      return;
    }
    for (const t of this.media.element.textTracks) {
      t.mode = on && t.language === this.language ? "showing" : "disabled";
    }
    if (on !== this.isOn("captions")) {
      this.setToggle("captions", on);
      this.record(on ? "edx.video.closed_captions.shown" : "edx.video.closed_captions.hidden", { current_time: this.time() });
    }
  }

  private startTranscript(): void {
    const place = this.root.querySelector<HTMLElement>("[data-transcript]");
    if (!place || !this.language) {
      return;
    }
    this.transcript = new Transcript(place, this.settings.transcriptUrl, (seconds) => {
      this.seek(seconds, "onCaptionSeek");
      if (this.media?.paused) {
        void this.toggle();
      }
    });
    if (this.settings.transcript && remembered("transcript") !== "off") {
      this.setToggle("transcript", true);
      void this.transcript.show(this.language);
    }
  }

  private showTranscript(on: boolean): void {
    this.setToggle("transcript", on);
    if (on) {
      void this.transcript?.show(this.language).then(() => this.transcript?.follow(this.time()));
    } else {
      this.transcript?.hide();
    }
    remember("transcript", on ? "on" : "off");
    this.record(on ? "show_transcript" : "hide_transcript", { currentTime: this.time() });
  }

  private changeLanguage(to: string): void {
    this.language = to;
    if (this.isOn("captions")) {
      this.showCaptions(true);
    }
    if (this.isOn("transcript")) {
      void this.transcript?.show(to);
    }
    this.save({ transcript_language: to });
  }

  // What is kept.

  private keepPlace(): void {
    const time = this.time();
    if (!this.media || Math.abs(time - this.told) < 1 || (time === 0 && this.told < 0)) {
      return;
    }
    this.told = time;
    this.save({ saved_video_position: stamp(time) });
  }

  /** Saves and lets go: the next pause saves again. */
  private save(values: Record<string, string>): void {
    if (this.settings.saveUrl) {
      fetch(this.settings.saveUrl, { method: "POST", body: new URLSearchParams(values), keepalive: true, credentials: "same-origin" }).catch(() => {
        this.told = -1;
      });
    }
  }

  /** Complete near the end, once. */
  private reach(time: number): void {
    const { start } = this.settings;
    const last = this.last();
    if (this.complete || last <= 0 || time < start + (last - start) * 0.95) {
      return;
    }
    this.complete = true;
    if (!this.completeTold) {
      this.completeTold = true;
      this.record("complete_video", { currentTime: this.time() });
    }
    if (this.settings.completeUrl) {
      send(this.settings.completeUrl, { body: { completion: 1.0 } }).then(
        () => completed(this.settings.usage),
        () => {
          this.complete = false; // tried again while it plays on, or at its end
        },
      );
    }
  }

  // The tracking log.

  private load(): void {
    if (!this.loaded) {
      this.loaded = true;
      this.record("load_video", {});
    }
  }

  private record(type: string, more: Record<string, unknown>): void {
    const { id, code } = this.settings;
    const length = this.media?.duration ?? 0;
    track(type, { id, code, ...(length > 0 ? { duration: Math.round(length * 1000) / 1000 } : {}), ...more });
  }
}

/** "1:02:03" or "2:03". */
function clock(seconds: number): string {
  const s = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** "HH:MM:SS", as the server keeps places. */
function stamp(seconds: number): string {
  const s = Math.floor(seconds);
  return [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, "0")).join(":");
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`video-${name}`, value);
  } catch {
    // storage is off
  }
}

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`video-${name}`);
  } catch {
    return null;
  }
}
