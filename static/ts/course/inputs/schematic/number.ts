// Numbers as electrical engineers write them: 4.7k, 2u, 10MEG.

const scales: [suffix: string, factor: number][] = [
  ["meg", 1e6],
  ["t", 1e12],
  ["g", 1e9],
  ["M", 1e6],
  ["k", 1e3],
  ["m", 1e-3],
  ["u", 1e-6],
  ["µ", 1e-6],
  ["μ", 1e-6],
  ["n", 1e-9],
  ["p", 1e-12],
  ["f", 1e-15],
];

const number = /^\s*([+-]?)(?:0x([0-9a-f]+)|0b([01]+)|((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))\s*/i;

/**
 * Reads a number with an optional suffix: t g M k m u n p f in either case but for M (million) and m (thousandth), and meg (million). What
 * follows is ignored, as in 1kohm. Hexadecimal (0x) and binary (0b) are read too. Returns undefined for what begins with no number.
 */
export function parseNumber(text: string): number | undefined {
  const found = number.exec(text);
  if (!found) {
    return undefined;
  }
  const [all, sign, hexadecimal, binary, decimal] = found;
  const size =
    hexadecimal !== undefined ? parseInt(hexadecimal, 16) : binary !== undefined ? parseInt(binary, 2) : scaled(decimal ?? "", text.slice(all.length));
  return Number.isFinite(size) ? (sign === "-" ? -size : size) : undefined;
}

/** Multiplies in decimal, so that 0.1u is the number 1e-7 and not its neighbor. */
function scaled(decimal: string, rest: string): number {
  const factor = scales.find(([suffix]) =>
    suffix === "M" || suffix === "m" ? rest.startsWith(suffix) : rest.toLowerCase().startsWith(suffix),
  )?.[1];
  if (factor === undefined) {
    return Number(decimal);
  }
  const [mantissa, exponent] = decimal.toLowerCase().split("e");
  return Number(`${mantissa ?? ""}e${Number(exponent ?? 0) + Math.round(Math.log10(factor))}`);
}

const units = /^(meg|[tgkmunpfµμ])?\s*(ohms?|Ω|ω|farads?|henrys?|volts?|amps?|hz|sec|deg|[fhvas%°])?\s*$/i;

/** Whether a text is a number with a suffix and a unit at most, so that nothing that was typed is silently dropped. */
export function isNumber(text: string): boolean {
  const found = number.exec(text);
  return found !== null && units.test(text.slice(found[0].length));
}

const prefixes = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T"];

/** A value in words of three digits and a prefix: 4.7 kΩ, 0 V, −2.5 mA. */
export function formatNumber(value: number, unit = "", digits = 4): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "?" : value < 0 ? "−∞" : "∞";
  }
  if (Math.abs(value) < 1e-18) {
    return unit ? `0 ${unit}` : "0";
  }
  let step = Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-12);
  let shown = Number((value / 10 ** (3 * step)).toPrecision(digits));
  if (Math.abs(shown) >= 1000) {
    step++;
    shown = Number((value / 10 ** (3 * step)).toPrecision(digits));
  }
  const prefix = prefixes[step + 5];
  if (prefix === undefined) {
    return `${value.toExponential(digits - 1)}${unit ? ` ${unit}` : ""}`;
  }
  return `${String(shown).replace("-", "−")}${prefix || unit ? " " : ""}${prefix}${unit}`;
}
