import { cropNearest, type Raster } from "@dira/augmentations";
import { ImageError } from "../image.ts";

/**
 * The labels per pixel of an image, in the shape that the cache has it in. Those of images are shrunk along with them,
 * to the nearest pixel; those of volumes have their volume's shape already.
 *
 * @param shape - the image's in the cache.
 * @param name - the image's, for the error.
 * @throws ImageError for labels of another shape: of another aspect, or of less pixels than the image.
 */
export function fitMask(
  labels: Raster<Uint8Array>,
  shape: readonly number[],
  name: string,
): Raster<Uint8Array> {
  if (String(labels.shape) === String(shape)) return labels;
  const [height = 0, width = 0] = labels.shape;
  const [rows = 0, columns = 0] = shape;
  const isImage = labels.shape.length === 2 && shape.length === 2;
  // Sides are rounded when an image is shrunk.
  const sameAspect = Math.abs((height * columns) / width - rows) <= 1;
  if (!isImage || height < rows || width < columns || !sameAspect) {
    throw new ImageError(
      `${name}: its mask is [${labels.shape.join(", ")}], which does not fit the image, [${shape.join(", ")}] as it is used. A mask has the shape of its image: mend or remove one of them.`,
    );
  }
  return cropNearest(labels, [0, 0, height, width], shape);
}
