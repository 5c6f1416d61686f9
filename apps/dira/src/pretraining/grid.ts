import sharp from "sharp";

/**
 * Writes grey images as a grid, one row per kind, with a thin border.
 *
 * @param rows - per row the images side by side, `[count, size, size]` in [0, 1].
 */
export async function writeGrid(
  path: string,
  rows: readonly Float32Array[],
  size: number,
): Promise<void> {
  const columns = Math.floor((rows[0]?.length ?? 0) / (size * size));
  const pitch = size + 2;
  const [width, height] = [columns * pitch, rows.length * pitch];
  const pixels = new Uint8Array(width * height).fill(32);
  rows.forEach((values, row) => {
    for (let i = 0; i < columns * size * size; i += 1) {
      const [image, y, x] = [Math.floor(i / (size * size)), Math.floor(i / size) % size, i % size];
      const value = Math.min(1, Math.max(0, values[i] ?? 0));
      pixels[(row * pitch + y + 1) * width + image * pitch + x + 1] = Math.round(255 * value);
    }
  });
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(path);
}
