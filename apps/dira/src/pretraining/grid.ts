import sharp from "sharp";

/** A grey picture in a grid, its values in [0, 1]. */
export interface Tile {
  readonly height: number;
  readonly width: number;
  value(row: number, column: number): number;
}

/** An image `[height, width]` as a tile. */
export function tileOf(image: Float32Array, [height, width]: readonly [number, number]): Tile {
  return { height, width, value: (row, column) => image[row * width + column] ?? 0 };
}

/** Grey of the border, of 255. */
const BORDER = 32;

/**
 * Writes rows of tiles with a thin border; tiles of a column are of one width.
 *
 * @param zoom - pixels of the picture for each of a tile's. @defaultValue 1
 */
export async function writeGrid(
  path: string,
  rows: readonly (readonly Tile[])[],
  zoom = 1,
): Promise<void> {
  const pitch = (side: number): number => side * zoom + 2;
  const heights = rows.map((tiles) => Math.max(...tiles.map(({ height }) => pitch(height))));
  const widths = rows.map((tiles) => tiles.reduce((sum, tile) => sum + pitch(tile.width), 0));
  const [height, width] = [heights.reduce((a, b) => a + b, 0), Math.max(...widths)];
  const pixels = new Uint8Array(width * height).fill(BORDER);
  let top = 1;
  rows.forEach((tiles, i) => {
    let left = 1;
    for (const tile of tiles) {
      draw(pixels, width, tile, top, left, zoom);
      left += pitch(tile.width);
    }
    top += heights[i] as number;
  });
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(path);
}

function draw(
  pixels: Uint8Array,
  stride: number,
  tile: Tile,
  top: number,
  left: number,
  zoom: number,
): void {
  for (let y = 0; y < tile.height * zoom; y += 1) {
    for (let x = 0; x < tile.width * zoom; x += 1) {
      const value = tile.value(Math.floor(y / zoom), Math.floor(x / zoom));
      pixels[(top + y) * stride + left + x] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
}
