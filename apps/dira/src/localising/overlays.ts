import { cropResize } from "@dira/augmentations";
import type { Scan } from "@dira/data";
import type { VoxelBox, VoxelMap } from "@dira/transfer";
import sharp from "sharp";

/** What is drawn over an image. */
export interface Overlay {
  /** As released. */
  readonly image: Scan;
  readonly map: VoxelMap;
  readonly boxes: readonly VoxelBox[];
  /** The heat map's own box. */
  readonly found: VoxelBox | undefined;
  /** Values of volumes that become black and white; null for the image's own range. */
  readonly window: readonly [number, number] | null;
}

/** Longer side of a picture, in pixels. */
const SIDE = 512;
/** The share of a hot pixel that is the heat map's colour. */
const OPACITY = 0.5;
/** Of boxes: the true ones, the heat map's. */
const COLOURS = { truth: [255, 255, 255], found: [77, 187, 213] } as const;

type Colour = readonly [number, number, number];

/**
 * Writes an image with its heat map from red to yellow, the true boxes in white and the map's own in blue, as PNG; of a volume
 * the slice through the middle of its first box.
 */
export async function writeOverlay(path: string, overlay: Overlay): Promise<void> {
  const { image, map, boxes, found } = overlay;
  const slice = sliceOf(image.shape, boxes[0] as VoxelBox);
  const [rows, columns] = image.shape.slice(-2) as [number, number];
  const scale = SIDE / Math.max(rows, columns);
  const [height, width] = [
    Math.max(1, Math.round(rows * scale)),
    Math.max(1, Math.round(columns * scale)),
  ];
  const resized = (data: Float32Array): Float32Array =>
    cropResize({ data, shape: [rows, columns] }, [0, 0, rows, columns], [height, width]).data;
  const grey = resized(greyOf(overlay, slice));
  const heat = resized(heatOf(map, slice));
  const pixels = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i += 1) {
    const hot = Math.min(1, Math.max(0, heat[i] as number));
    const own = 255 * Math.min(1, Math.max(0, grey[i] as number));
    const share = OPACITY * Math.sqrt(hot);
    colourOf(hot).forEach(
      (c, k) => (pixels[3 * i + k] = Math.round((1 - share) * own + share * c)),
    );
  }
  const canvas = { pixels, height, width, scale: [height / rows, width / columns] as const };
  for (const box of boxes) outline(canvas, onSlice(box, slice), COLOURS.truth);
  if (found !== undefined) outline(canvas, onSlice(found, slice), COLOURS.found);
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

/** Red, then orange, then yellow. */
const colourOf = (hot: number): Colour => [255, 255 * hot, 0];

/** A slice of a volume; 0 of an image. */
function sliceOf(shape: readonly number[], box: VoxelBox): number {
  if (shape.length === 2) return 0;
  const middle = Math.floor((box[0] as number) + (box[3] as number) / 2);
  return Math.min((shape[0] as number) - 1, Math.max(0, middle));
}

/** `[row, column, height, width]` of a box where it meets a slice. */
function onSlice(box: VoxelBox, slice: number): VoxelBox | undefined {
  if (box.length === 4) return box;
  const [z = 0, y = 0, x = 0, depth = 0, height = 0, width = 0] = box;
  return slice + 0.5 >= z && slice + 0.5 < z + depth ? [y, x, height, width] : undefined;
}

/** Grey values in [0, 1]. */
function greyOf({ image: { data, shape }, window }: Overlay, slice: number): Float32Array {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const part = Float32Array.from(
    data.subarray(slice * rows * columns, (slice + 1) * rows * columns),
  );
  const [low, high] = window ?? [
    Math.min(
      0,
      part.reduce((a, b) => Math.min(a, b)),
    ),
    part.reduce((a, b) => Math.max(a, b)),
  ];
  return part.map((value) => (value - low) / (high - low || 1));
}

/** Values as shares of the map's maximum, in all slices. */
function heatOf({ data, shape }: VoxelMap, slice: number): Float32Array {
  const [rows, columns] = shape.slice(-2) as [number, number];
  let highest = 0;
  for (let i = 0; i < data.length; i += 1) highest = Math.max(highest, data[i] as number);
  const first = slice * rows * columns;
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => (data[first + i] as number) / (highest || 1),
  );
}

interface Canvas {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly scale: readonly [number, number];
}

/** Draws the frame of a box, 2 pixels wide. */
function outline(
  { pixels, height, width, scale }: Canvas,
  box: VoxelBox | undefined,
  colour: Colour,
): void {
  if (box === undefined) return;
  const [row = 0, column = 0, rows = 0, columns = 0] = box;
  const [top, bottom] = [row, row + rows].map((y) => Math.round(y * scale[0])) as [number, number];
  const [left, right] = [column, column + columns].map((x) => Math.round(x * scale[1])) as [
    number,
    number,
  ];
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y += 1) {
    for (let x = Math.max(0, left); x < Math.min(width, right); x += 1) {
      const inner = y >= top + 2 && y < bottom - 2 && x >= left + 2 && x < right - 2;
      if (!inner) pixels.set(colour, 3 * (y * width + x));
    }
  }
}
