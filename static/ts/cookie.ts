// Cookies that hold a reader's wishes. They grant nothing, so scripts may write them.

/** Remembers a wish for a year, for the server's next page. An empty value forgets it. */
export function setWish(name: string, value: string): void {
  const age = value === "" ? 0 : 365 * 24 * 3600;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}

/** Reads a cookie; "" when there is none. */
export function readCookie(name: string): string {
  for (const part of document.cookie.split("; ")) {
    const at = part.indexOf("=");
    if (part.slice(0, at) === name) {
      return decodeURIComponent(part.slice(at + 1));
    }
  }
  return "";
}
