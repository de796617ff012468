// Planes in the unit cell, whose edges are one long.

export type Point = [x: number, y: number, z: number];

/** The corners of the cell. */
export const corners: Point[] = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => [k & 1, (k >> 1) & 1, (k >> 2) & 1]);

/** Its edges, each from the corner nearer to the origin. */
export const edges: [from: Point, to: Point][] = corners.flatMap((from) =>
  ([0, 1, 2] as const)
    .filter((axis) => from[axis] === 0)
    .map((axis): [Point, Point] => {
      const to: Point = [...from];
      to[axis] = 1;
      return [from, to];
    }),
);

/** Atoms of a lattice, beyond the corners that all have. */
export function atoms(lattice: string): Point[] {
  switch (lattice) {
    case "sc":
      return corners;
    case "bcc":
      return [...corners, [0.5, 0.5, 0.5]];
    case "fcc":
      return [...corners, [0.5, 0.5, 0], [0.5, 0.5, 1], [0.5, 0, 0.5], [0.5, 1, 0.5], [0, 0.5, 0.5], [1, 0.5, 0.5]];
    default:
      return [];
  }
}

const tiny = 1e-9;

/** Where the plane through three points cuts the cell: a polygon, undefined where the points fix no plane. */
export function section(points: Point[]): Point[] | undefined {
  const [a, b, c] = points;
  if (!a || !b || !c) {
    return undefined;
  }
  const normal = cross(minus(b, a), minus(c, a));
  if (dot(normal, normal) < tiny) {
    return undefined;
  }
  const cut: Point[] = [];
  const add = (p: Point): void => {
    if (!cut.some((q) => dot(minus(p, q), minus(p, q)) < tiny)) {
      cut.push(p);
    }
  };
  for (const [from, to] of edges) {
    const start = dot(normal, minus(from, a));
    const end = dot(normal, minus(to, a));
    if (Math.abs(start) < tiny) {
      add(from);
    }
    if (Math.abs(end) < tiny) {
      add(to);
    }
    if (start * end < 0) {
      const share = start / (start - end);
      add([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]), from[2] + share * (to[2] - from[2])]);
    }
  }
  return around(cut, normal);
}

/** Points of a plane in the order one meets them going around their middle. */
function around(points: Point[], normal: Point): Point[] {
  const first = points[0];
  if (!first) {
    return points;
  }
  const middle = ([0, 1, 2] as const).map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length) as Point;
  const u = minus(first, middle);
  const v = cross(normal, u);
  const scale = Math.sqrt(dot(u, u) / (dot(v, v) || 1));
  const angle = (p: Point): number => Math.atan2(dot(minus(p, middle), v) * scale, dot(minus(p, middle), u));
  return [...points].sort((p, q) => angle(p) - angle(q));
}

function minus(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
