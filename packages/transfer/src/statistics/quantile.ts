/**
 * The q-quantile of sorted values with linear interpolation, as `numpy.quantile`: between the values at
 * `⌊q (N − 1)⌋` and the next.
 *
 * @param sorted - from the smallest, at least one. @param q - in [0, 1].
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  // Infinity − Infinity would be NaN.
  return low === high ? low : low + (place - below) * (high - low);
}
