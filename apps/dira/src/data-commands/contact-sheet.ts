import { cropNearest, cropResize, type Pixels, type Raster } from "@dira/augmentations";
import sharp from "sharp";

/** A picture of a contact sheet: an image or a volume, with labels to lay over it. */
export interface Tile {
  readonly image: Raster<Pixels>;
  readonly mask?: Uint8Array;
}

/** Colours of the labels 1, 2, …, taken in turn. */
const COLOURS = [
  [230, 75, 53],
  [77, 187, 213],
  [0, 160, 135],
  [245, 185, 66],
] as const;

/** Share of a label's colour in a pixel that has it. */
const OPACITY = 0.4;

/** Pixels between pictures. */
const GAP = 2;

/** Writes pictures in rows, each fitted into a square; of volumes the middle slice. */
export async function writeContactSheet(
  path: string,
  rows: readonly (readonly Tile[])[],
  side: number,
): Promise<void> {
  const pitch = side + GAP;
  const [width, height] = [Math.max(...rows.map((row) => row.length)) * pitch, rows.length * pitch];
  const pixels = new Uint8Array(width * height * 3).fill(32);
  rows.forEach((row, y) =>
    row.forEach((tile, x) => draw(pixels, width, y * pitch, x * pitch, tile, side)),
  );
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

function draw(
  pixels: Uint8Array,
  width: number,
  top: number,
  left: number,
  tile: Tile,
  side: number,
): void {
  const image = middleSlice(tile.image);
  const [rows, columns] = image.shape as [number, number];
  const scale = side / Math.max(rows, columns);
  const size = [Math.max(1, Math.round(rows * scale)), Math.max(1, Math.round(columns * scale))];
  const whole = [0, 0, rows, columns];
  const grey = windowed(cropResize(image, whole, size).data, image.data);
  const labels =
    tile.mask === undefined
      ? undefined
      : cropNearest(middleSlice({ ...tile.image, data: tile.mask }), whole, size).data;
  const [height = 1, across = 1] = size;
  for (let i = 0; i < height * across; i += 1) {
    const at = 3 * ((top + Math.floor(i / across)) * width + left + (i % across));
    const label = labels?.[i] ?? 0;
    const colour = COLOURS[(label - 1) % COLOURS.length];
    for (let c = 0; c < 3; c += 1) {
      const value = grey(i);
      const mixed =
        label === 0 || colour === undefined
          ? value
          : (1 - OPACITY) * value + OPACITY * (colour[c] as number);
      pixels[at + c] = Math.round(mixed);
    }
  }
}

function middleSlice<Data extends Pixels>({ data, shape }: Raster<Data>): Raster<Data> {
  if (shape.length === 2) return { data, shape };
  const [depth = 1, rows = 1, columns = 1] = shape;
  const start = Math.floor(depth / 2) * rows * columns;
  return { data: data.subarray(start, start + rows * columns) as Data, shape: [rows, columns] };
}

/** Grey values 0–255: [0, 1] as it is; values beyond it (Hounsfield units) from smallest to largest. */
function windowed(values: Float32Array, source: Pixels): (i: number) => number {
  let [low, high] = [0, 1];
  if (source instanceof Int16Array || source instanceof Float32Array) {
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return (i) => (255 * ((values[i] as number) - low)) / (high - low);
}
