import type { Pixels, Raster } from "@dira/augmentations";
import { type Tile, writeContactSheet } from "../data-commands/contact-sheet.ts";

/** Longest side of an image's overlay, in pixels. */
const MOST = 1024;
/** Slices of a volume's, in rows of four. */
const [SLICES, COLUMNS, SLICE_SIDE] = [12, 4, 192];

/** Writes a mask in colour over its image; of a volume over axial slices from the first that has some of it to the last. */
export async function writeOverlay(
  path: string,
  image: Raster<Pixels>,
  mask: Raster<Uint8Array>,
): Promise<void> {
  if (image.shape.length === 2) {
    const side = Math.min(MOST, Math.max(...image.shape));
    return writeContactSheet(path, [[{ image, mask: mask.data }]], side);
  }
  const tiles = slicesWith(mask).map((z) => sliceOf(image, mask, z));
  const rows = Array.from({ length: Math.ceil(tiles.length / COLUMNS) }, (_, row) =>
    tiles.slice(row * COLUMNS, (row + 1) * COLUMNS),
  );
  return writeContactSheet(path, rows, SLICE_SIDE);
}

/** At most so many slices, evenly from the first with a structure to the last; of all where there is none. */
function slicesWith({ data, shape }: Raster<Uint8Array>): number[] {
  const [depth = 1, height = 1, width = 1] = shape;
  const size = height * width;
  const filled = (z: number): boolean =>
    data.subarray(z * size, (z + 1) * size).some((value) => value > 0);
  const all = Array.from({ length: depth }, (_, z) => z);
  const [first = 0, last = depth - 1] = [all.find(filled), all.findLast(filled)];
  const count = Math.min(SLICES, last - first + 1);
  const step = count === 1 ? 0 : (last - first) / (count - 1);
  return Array.from({ length: count }, (_, n) => Math.round(first + n * step));
}

function sliceOf(image: Raster<Pixels>, mask: Raster<Uint8Array>, z: number): Tile {
  const [, height = 1, width = 1] = image.shape;
  const [start, end] = [z * height * width, (z + 1) * height * width];
  return {
    image: { data: image.data.subarray(start, end) as Pixels, shape: [height, width] },
    mask: mask.data.subarray(start, end),
  };
}
