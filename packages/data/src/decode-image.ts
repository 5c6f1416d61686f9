import sharp from "sharp";
import { type GreyImage, ImageError } from "./image.ts";

/**
 * Decodes a PNG, JPEG, TIFF or WebP file as grey, 8 or 16 bit, and shrinks it so that its shorter side
 * is at most `side`. Colours become luminance; transparency is dropped.
 *
 * @throws ImageError when the file is missing, truncated or no image.
 */
export async function decodeImage(path: string, side: number): Promise<GreyImage> {
  try {
    const source = sharp(path, { failOn: "truncated", limitInputPixels: 268_402_689 });
    const { depth, width, height } = await source.metadata();
    const shorter = Math.min(width, height);
    const grey = source.removeAlpha();
    if (shorter > side) grey.resize({ width: side, height: side, fit: "outside" });
    if (depth === "ushort") {
      // Without naming 16 bits twice, sharp would give 8 (and three channels).
      const { data, info } = await grey
        .toColourspace("grey16")
        .raw({ depth: "ushort" })
        .toBuffer({ resolveWithObject: true });
      const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
      return shared(values, 1, info);
    }
    const { data, info } = await grey
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    return shared(data, 257, info);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split("\n")[0];
    throw new ImageError(`${path} could not be read as an image (${why}).`);
  }
}

function shared(
  values: ArrayLike<number>,
  factor: number,
  { width, height, channels }: { width: number; height: number; channels: number },
): GreyImage {
  const data = new Uint16Array(new SharedArrayBuffer(2 * width * height));
  for (let i = 0; i < data.length; i += 1) data[i] = (values[i * channels] ?? 0) * factor;
  return { data, shape: [height, width] };
}
