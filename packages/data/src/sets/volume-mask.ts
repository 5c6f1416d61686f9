import type { Raster } from "@dira/augmentations";
import { readScan } from "../formats/read-scan.ts";
import { ImageError } from "../image.ts";

/**
 * Reads a segmentation.
 *
 * @param values - that it may have.
 * @throws ImageError when it has another.
 */
export async function readMask(
  path: string,
  values: readonly number[],
): Promise<Raster<Uint8Array>> {
  const { data, ...rest } = await readScan(path);
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < mask.length; i += 1) {
    const value = data[i] as number;
    if (!values.includes(value)) {
      throw new ImageError(
        `${path}: a mask of ${values.join(", ")} was expected, it has ${value}.`,
      );
    }
    mask[i] = value;
  }
  return { ...rest, data: mask };
}
