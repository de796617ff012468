// Adaptive streams (.m3u8) where the browser has no player of its own. hls.js is fetched only when a video needs it.

/** Plays an HLS address in video; returns how to stop, or undefined when this browser cannot. */
export async function playStream(video: HTMLVideoElement, address: string, onFatal: (reason: string) => void): Promise<(() => void) | undefined> {
  if (video.canPlayType("application/vnd.apple.mpegurl") !== "") {
    video.src = address;
    return () => video.removeAttribute("src");
  }
  const { default: Hls } = await import("hls.js/light");
  if (!Hls.isSupported()) {
    return undefined;
  }
  const hls = new Hls({ enableWorker: false, capLevelToPlayerSize: true });
  let recovered = false;
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) {
      return;
    }
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      hls.recoverMediaError();
      return;
    }
    onFatal(data.details);
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  return () => hls.destroy();
}
