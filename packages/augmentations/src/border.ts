/**
 * What lies beyond the border: a constant; the border's own value; the image mirrored at the centre of its
 * border pixels (`d c b | a b c d`, NumPy's and torchvision's `reflect`, SciPy's `mirror`); or mirrored at
 * their outer edge (`c b a | a b c d`, NumPy's and torchvision's `symmetric`, SciPy's `reflect`).
 */
export type Border = "constant" | "edge" | "reflect" | "symmetric";

/** Known borders; a border's place here is its number in a record. */
export const BORDERS: readonly Border[] = ["constant", "edge", "reflect", "symmetric"];

/** A border's number in a record. */
export function borderCode(border: Border): number {
  return BORDERS.indexOf(border);
}

/** The coordinate within `[0, n − 1]` that an outside one stands for; not for `constant`. */
export function folded(x: number, n: number, border: number): number {
  if (x >= 0 && x <= n - 1) return x;
  if (border === 2 && n > 1) {
    const period = 2 * (n - 1);
    const rest = x - Math.floor(x / period) * period;
    return rest > n - 1 ? period - rest : rest;
  }
  if (border === 3) {
    const period = 2 * n;
    const rest = x + 0.5 - Math.floor((x + 0.5) / period) * period;
    const inside = (rest > n ? period - rest : rest) - 0.5;
    return Math.min(n - 1, Math.max(0, inside));
  }
  return Math.min(n - 1, Math.max(0, x));
}
