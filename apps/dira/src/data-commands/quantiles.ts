/** Smallest, median (the lower of two) and largest. */
export function quantiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return [0, (sorted.length - 1) >> 1, sorted.length - 1].map((i) => sorted[i] as number);
}
