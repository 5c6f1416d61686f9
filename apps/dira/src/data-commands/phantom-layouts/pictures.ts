import { dirname } from "node:path";
import type { Raster } from "@dira/augmentations";
import { makeFolder, type Scan } from "@dira/data";
import sharp, { type Sharp } from "sharp";

function greyOf({ data, shape }: Scan | Raster<Uint8Array>): Sharp {
  const [height = 0, width = 0] = shape;
  return sharp(data as Uint8Array, { raw: { width, height, channels: 1 } }).toColourspace("b-w");
}

/** Writes 8-bit grey without loss, and the folders above. */
export async function writePng(path: string, image: Scan | Raster<Uint8Array>): Promise<void> {
  makeFolder(dirname(path));
  await greyOf(image).png().toFile(path);
}

/** Writes 8-bit grey as CheXpert's are, and the folders above. */
export async function writeJpeg(path: string, image: Scan): Promise<void> {
  makeFolder(dirname(path));
  await greyOf(image).jpeg({ quality: 95 }).toFile(path);
}
