import { DataError } from "../image.ts";

/**
 * Reads SIIM-ACR's run lengths: pairs of an offset from the end of the run before (from 0 for the first)
 * and a length, down the columns of the image; `-1` is an empty mask.
 *
 * @param shape - `[height, width]`
 * @param into - a mask to add the runs to. @defaultValue an empty one
 * @returns 1 within the runs, in rows.
 * @throws DataError for what are no pairs of whole numbers, or reach out of the image.
 * @see `mask_functions.py` of https://www.kaggle.com/c/siim-acr-pneumothorax-segmentation
 */
export function decodeRle(
  text: string,
  shape: readonly [number, number],
  into: Uint8Array = new Uint8Array(shape[0] * shape[1]),
): Uint8Array {
  const [height, width] = shape;
  const numbers = text.trim().split(/\s+/).filter(Boolean).map(Number);
  if (numbers.length === 0 || (numbers.length === 1 && numbers[0] === -1)) return into;
  if (numbers.length % 2 === 1 || !numbers.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new DataError(
      `Run lengths: expected pairs of whole numbers from 0 on, got ${text.slice(0, 40)} (${numbers.length} numbers).`,
    );
  }
  let place = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const start = place + (numbers[i] as number);
    place = start + (numbers[i + 1] as number);
    if (place > height * width) {
      throw new DataError(
        `Run lengths: run ${i / 2} ends at ${place}, behind the ${height} × ${width} image's last pixel.`,
      );
    }
    for (let at = start; at < place; at += 1) {
      into[(at % height) * width + Math.floor(at / height)] = 1;
    }
  }
  return into;
}

/**
 * Writes a mask as {@link decodeRle} reads it.
 *
 * @param value - which pixels of the mask; the others are background. @defaultValue all but 0
 */
export function encodeRle(
  mask: ArrayLike<number>,
  [height, width]: readonly [number, number],
  value?: number,
): string {
  const isIn = (at: number): boolean => (value === undefined ? mask[at] !== 0 : mask[at] === value);
  // Most masks fill a few rows; no others need be looked at.
  const [first, last] = [0, height * width - 1];
  let [from, to] = [first, last];
  while (from <= last && !isIn(from)) from += 1;
  if (from > last) return "-1";
  while (!isIn(to)) to -= 1;
  const [top, bottom] = [Math.floor(from / width), Math.floor(to / width)];
  const runs: number[] = [];
  let end = 0;
  let start = -1;
  const close = (at: number): void => {
    runs.push(start - end, at - start);
    [end, start] = [at, -1];
  };
  for (let x = 0; x < width; x += 1) {
    for (let y = top, at = top * width + x; y <= bottom; y += 1, at += width) {
      const inside = isIn(at);
      if (inside && start < 0) start = x * height + y;
      else if (!inside && start >= 0) close(x * height + y);
    }
    // A run goes on into the next column only over all rows between.
    if (start >= 0 && (top > 0 || bottom < height - 1)) close(x * height + bottom + 1);
  }
  if (start >= 0) close(height * width);
  return runs.join(" ");
}
