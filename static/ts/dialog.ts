// Dialogs and drawers: [data-opens=ID] shows, [data-closes=ID] hides, a click beside the box hides. The browser keeps focus inside and
// gives it back.

/** Makes openers and closers work, now and for parts added later. */
export function enhanceDialogs(): void {
  document.addEventListener("click", (event) => {
    const at = event.target as Element;
    const opener = at.closest<HTMLElement>("[data-opens]");
    if (opener) {
      openDialog(opener.dataset["opens"] ?? "");
      return;
    }
    const closer = at.closest<HTMLElement>("[data-closes]");
    if (closer) {
      dialog(closer.dataset["closes"] ?? "")?.close();
      return;
    }
    if (at instanceof HTMLDialogElement && at.open && beside(at, event)) {
      at.close();
    }
  });
}

/** Shows a dialog by id, unless it is shown already. */
export function openDialog(id: string): void {
  const box = dialog(id);
  if (box && !box.open) {
    box.showModal();
  }
}

function dialog(id: string): HTMLDialogElement | null {
  const found = document.getElementById(id);
  return found instanceof HTMLDialogElement ? found : null;
}

function beside(box: HTMLElement, event: MouseEvent): boolean {
  if (event.clientX === 0 && event.clientY === 0) {
    return false; // made by the keyboard
  }
  const r = box.getBoundingClientRect();
  return event.clientX < r.left || event.clientX > r.right || event.clientY < r.top || event.clientY > r.bottom;
}
