// Which sections and subsections lie open is kept in a cookie of the course's own path, so that the server draws them so.

/** Remembers what is opened and closed; update looks again after rows have changed. */
export function rememberTurned(root: HTMLElement): { update: () => void } {
  let timer: number | undefined;
  const update = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => write(root), 150);
  };
  // The event does not bubble.
  root.addEventListener("toggle", (event) => (event.target as Element).matches("[data-row] > details") && update(), true);
  root.addEventListener("click", (event) => {
    const turn = (event.target as Element).closest<HTMLElement>("[data-turn]")?.dataset["turn"];
    if (turn) {
      root.dataset["all"] = turn;
      for (const details of root.querySelectorAll<HTMLDetailsElement>("[data-row] > details")) {
        details.open = turn === "open";
      }
      update();
    }
  });
  return { update };
}

/** The longest cookie we write; what is more is forgotten. */
const most = 3000;

function write(root: HTMLElement): void {
  if (root.dataset["filtering"] !== undefined) {
    return;
  }
  const base = root.dataset["all"] === "open";
  const parts = base === (root.dataset["default"] === "open") ? [] : ["*"];
  for (const details of root.querySelectorAll<HTMLDetailsElement>("[data-row] > details")) {
    if (details.open !== base) {
      parts.push((details.parentElement as HTMLElement).dataset["id"] ?? "");
    }
  }
  let value = parts.filter((id) => /^[\w.%*:-]+$/.test(id)).join("~");
  if (value.length > most) {
    value = value.slice(0, value.lastIndexOf("~", most));
  }
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `outline=${value}; Path=${root.dataset["base"] ?? "/course"}; Max-Age=${value ? 31_536_000 : 0}; SameSite=Lax${secure}`;
}
