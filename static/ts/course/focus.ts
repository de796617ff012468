// Arriving at #BLOCKID puts the block in view and the focus on it, so that reading goes on there.

/** Follows the address's fragment to a block, now and when it changes. */
export function focusBlock(): void {
  const go = (): void => {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      return; // not one of our addresses
    }
    const block = id ? document.getElementById(id) : null;
    if (!block?.classList.contains("block")) {
      return;
    }
    block.tabIndex = -1;
    block.focus({ preventScroll: true });
    block.scrollIntoView({ block: "start" });
  };
  window.addEventListener("hashchange", go);
  go();
}
