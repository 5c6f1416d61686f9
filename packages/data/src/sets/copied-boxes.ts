import { closeSync, openSync, readSync } from "node:fs";
import type { LabelledBox } from "@dira/augmentations";
import { imageSize } from "image-size";

/** Boxes are given in pixels of an image of these sides, height first. */
type Sides = readonly [height: number, width: number];

/** Of a file, enough to tell the image's size. */
const HEAD = 256 * 1024;

/**
 * Boxes in pixels of an image's own file, where it may be a copy of another size than the released image that the boxes are
 * given on. Those of a file whose size can't be told stay as they are.
 */
export function boxesOnCopy(
  boxes: readonly LabelledBox[],
  released: Sides,
  path: string,
): readonly LabelledBox[] {
  const own = boxes.length === 0 ? undefined : sidesOf(path);
  if (own === undefined) return boxes;
  const scales = own.map((side, axis) => side / (released[axis] as number));
  return boxes.map(({ label, box }) => ({
    label,
    box: box.map((pixels, i) => pixels * (scales[i % 2] as number)),
  }));
}

function sidesOf(path: string): Sides | undefined {
  const head = Buffer.alloc(HEAD);
  try {
    const file = openSync(path, "r");
    try {
      const bytes = readSync(file, head, 0, HEAD, 0);
      const { height, width } = imageSize(head.subarray(0, bytes));
      return [height, width];
    } finally {
      closeSync(file);
    }
  } catch {
    // Reading the image's pixels will say what is wrong with it.
    return undefined;
  }
}
