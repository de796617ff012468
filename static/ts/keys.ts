// Keyboard shortcuts of single keys. They rest while one types, and a reader can turn them off (WCAG 2.1.4).

const off = "keys-off";

export interface Shortcut {
  /** As KeyboardEvent.key has it: "n", "ArrowRight", "?". */
  key: string;
  /** What it does, in the reader's language, for the list of keys. */
  label: string;
  run: (event: KeyboardEvent) => void;
  /** Works in text fields too; only for keys that type nothing. */
  everywhere?: boolean;
}

const shortcuts: Shortcut[] = [];
let listening = false;

/** Adds shortcuts; returns how to remove them. */
export function addShortcuts(...added: Shortcut[]): () => void {
  shortcuts.push(...added);
  if (!listening) {
    listening = true;
    document.addEventListener("keydown", onKey);
  }
  return () => {
    for (const s of added) {
      shortcuts.splice(shortcuts.indexOf(s), 1);
    }
  };
}

/** All shortcuts of the page, for a list of keys. */
export function listShortcuts(): readonly Shortcut[] {
  return shortcuts;
}

/** Turns single keys on or off for this browser. */
export function enableShortcuts(on: boolean): void {
  try {
    if (on) {
      localStorage.removeItem(off);
    } else {
      localStorage.setItem(off, "yes");
    }
  } catch {
    // storage is off: keys stay on
  }
}

export function shortcutsEnabled(): boolean {
  try {
    return localStorage.getItem(off) === null;
  } catch {
    return true;
  }
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !shortcutsEnabled()) {
    return;
  }
  const typing = typesText(event.target);
  for (const s of shortcuts) {
    if (s.key === event.key && (s.everywhere || !typing)) {
      event.preventDefault();
      s.run(event);
      return;
    }
  }
}

function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  return (
    target.isContentEditable ||
    target.closest("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit]), [role=slider], [role=textbox]") !== null ||
    // An open dialog and a media player have keys of their own.
    target.closest("dialog[open], video, audio, [data-own-keys]") !== null
  );
}
