import type { Pixels, Raster } from "@dira/augmentations";
import { indexToWorld, type Placed } from "./geometry.ts";

/**
 * A cube that was cut out of a volume, placed where it was: what a network made of a patch, say, to be
 * written ({@link writeNifti}) and laid over the volume. Its spacing and directions are the volume's, its
 * origin the world position of `start`.
 *
 * @param start - the cube's first voxel in the volume, along each axis; below 0 where it was padded. A patch's
 *   is the first half of `window` in its `cropPad` record.
 * @throws RangeError when cube, volume and start differ in rank.
 */
export function placedCube<Data extends Pixels>(
  { data, shape }: Pick<Raster<Data>, "data" | "shape">,
  volume: Placed,
  start: readonly number[],
): Raster<Data> {
  const rank = volume.shape.length;
  if (shape.length !== rank || start.length !== rank) {
    throw new RangeError(
      `placedCube: expected a cube and a start of the volume's ${rank} axes, got [${shape.join(", ")}] and [${start.join(", ")}].`,
    );
  }
  const { spacing, direction } = volume;
  return {
    data,
    shape,
    ...(spacing && { spacing }),
    origin: indexToWorld(volume, start),
    ...(direction && { direction }),
  };
}
