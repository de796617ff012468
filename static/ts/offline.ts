// Says when the line is lost and when it is back, in the words the server put into the page.

import { announce, toast } from "./live";

let remove: (() => void) | undefined;

/** Watches the connection for as long as the page lives. */
export function watchLine(): void {
  window.addEventListener("offline", show);
  window.addEventListener("online", hide);
  if (!navigator.onLine) {
    show();
  }
}

function show(): void {
  remove ??= toast(words("offline"), { stay: 0 });
}

function hide(): void {
  if (remove) {
    remove();
    remove = undefined;
    announce(words("online"));
  }
}

function words(name: string): string {
  return document.getElementById("toasts")?.dataset[name] ?? "";
}
