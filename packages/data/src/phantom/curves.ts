/** From 0 to 1 between two edges (either may be the larger), with level ends. */
export function smooth(edge0: number, edge1: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - edge0) / (edge1 - edge0)));
  return t * t * (3 - 2 * t);
}

/** `exp(−(x / width)²)` */
export function bump(x: number, width: number): number {
  const t = x / width;
  return Math.exp(-t * t);
}

/** A smooth curve (Catmull and Rom's) through the points `[x, y, x, y, …]`, level beyond. */
export function along(points: readonly number[], x: number): number {
  const last = points.length / 2 - 1;
  const px = (i: number): number => points[2 * Math.min(last, Math.max(0, i))] as number;
  const py = (i: number): number => points[2 * Math.min(last, Math.max(0, i)) + 1] as number;
  if (x <= px(0)) return py(0);
  if (x >= px(last)) return py(last);
  let i = 0;
  while (x > px(i + 1)) i += 1;
  const t = (x - px(i)) / (px(i + 1) - px(i));
  const [a, b, c, d] = [py(i - 1), py(i), py(i + 1), py(i + 2)];
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** A function of one number, tabulated: between the entries straight, level beyond. */
export interface Table {
  readonly values: Float32Array;
  readonly low: number;
  /** Entries per unit. */
  readonly rate: number;
}

export function tabulate(
  low: number,
  high: number,
  entries: number,
  of: (x: number) => number,
): Table {
  const values = new Float32Array(entries + 1);
  for (let i = 0; i <= entries; i += 1) values[i] = of(low + ((high - low) * i) / entries);
  return { values, low, rate: entries / (high - low) };
}

export function lookUp({ values, low, rate }: Table, x: number): number {
  const t = (x - low) * rate;
  if (t <= 0) return values[0] as number;
  const i = t | 0;
  const last = values.length - 1;
  if (i >= last) return values[last] as number;
  const y = values[i] as number;
  return y + ((values[i + 1] as number) - y) * (t - i);
}
