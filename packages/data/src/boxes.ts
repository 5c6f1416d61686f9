import type { Box } from "@dira/augmentations";

/** The bounding box of a value of a mask, if anything has it. */
export function boxOf(mask: Uint8Array, shape: readonly number[], value = 1): Box | undefined {
  const low = shape.map(() => Infinity);
  const high = shape.map(() => -1);
  for (let at = mask.indexOf(value); at !== -1; at = mask.indexOf(value, at + 1)) {
    let rest = at;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const length = shape[axis] as number;
      const place = rest % length;
      rest = (rest - place) / length;
      if (place < (low[axis] as number)) low[axis] = place;
      if (place > (high[axis] as number)) high[axis] = place;
    }
  }
  if ((high[0] as number) < 0) return undefined;
  return [...low, ...high.map((h, axis) => h - (low[axis] as number) + 1)];
}
