// Diodes and transistors: what current flows at a voltage, how it changes, and how far a guess may go at once.

/** Thermal voltages of a diode and of an ideal one, saturation current, and the transistors' threshold, transconductance and slope. */
export const thermal = 25.8e-3;
export const thermalIdeal = 0.1e-3;
export const saturation = 1e-14;
export const threshold = 0.5;
export const transconductance = 20e-6;
export const slope = 0.05;

export interface Diode {
  plus: number;
  minus: number;
  current: number;
  voltage: number;
}

export interface Transistor {
  drain: number;
  gate: number;
  source: number;
  sign: number;
  beta: number;
}

/** Current and conductance of a diode; far out the exponential goes on as a parabola, so that nothing overflows. */
export function junction(v: number, d: Diode): [current: number, conductance: number] {
  const x = v / d.voltage;
  const far = x - 50;
  const [height, rise] = far > 0 ? [Math.exp(50) * (1 + far + (far * far) / 2), Math.exp(50) * (1 + far)] : [Math.exp(x), Math.exp(x)];
  return [d.current * (height - 1), (d.current * rise) / d.voltage];
}

/** Lets the voltage of a diode rise only as fast as its current can follow. */
export function limitJunction(wanted: number, before: number, d: Diode): number {
  const knee = d.voltage * Math.log(d.voltage / (Math.SQRT2 * d.current));
  if (wanted <= knee || Math.abs(wanted - before) <= 2 * d.voltage) {
    return wanted;
  }
  if (before <= 0) {
    return Math.min(wanted, knee);
  }
  const rise = 1 + (wanted - before) / d.voltage;
  return rise > 0 ? before + d.voltage * Math.log(rise) : knee;
}

export function limitStep(wanted: number, before: number): number {
  const most = 0.5 + Math.abs(before);
  return Math.min(before + most, Math.max(before - most, wanted));
}

/** Current of a transistor, and how it goes with the voltages of gate and drain. */
export function channel(vgs: number, vds: number, beta: number): [current: number, gm: number, gds: number] {
  const over = vgs - threshold;
  if (over <= 0) {
    return [0, 0, 0];
  }
  const tilt = 1 + slope * vds;
  if (over < vds) {
    return [0.5 * beta * over * over * tilt, beta * over * tilt, 0.5 * beta * over * over * slope];
  }
  const area = vds * (over - vds / 2);
  return [beta * area * tilt, beta * vds * tilt, beta * ((over - vds) * tilt + area * slope)];
}
