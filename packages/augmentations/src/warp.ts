import type { IndexMap } from "./geometry.ts";
import { moved } from "./moved.ts";
import { eachLine, nearestLine } from "./interpolate.ts";
import { kernels, type LineSource, sidesOfShape } from "./kernels/kernels.ts";
import type { Sample } from "./sample.ts";

/** How a warp reads between pixels and beyond the border. */
export type Reading = {
  /** 0: the nearest pixel, 1: bilinear or trilinear. */
  readonly interpolation: number;
  readonly border: number;
  readonly value: number;
};

/**
 * A result of the image's own shape whose pixels come from anywhere in it. Labels come from the nearest
 * pixel; beyond a constant border they are 0.
 *
 * @param map - what the warp does to places as a whole, for geometry and boxes.
 */
export function warped(
  sample: Sample,
  source: LineSource,
  reading: Reading,
  map: IndexMap,
): Sample {
  return moved(sample, map, {
    size: sample.image.shape,
    image: (data, shape) => {
      if (reading.interpolation === 1) {
        return kernels().interpolate(
          data,
          sidesOfShape(shape),
          source,
          reading.border,
          reading.value,
        );
      }
      const out = new Float32Array(data.length);
      eachLine(sidesOfShape(shape), source, (line, to) =>
        nearestLine(out, to, data, line, reading.border, reading.value),
      );
      return out;
    },
    labels: (data, shape) => {
      const out = new Uint8Array(data.length);
      eachLine(sidesOfShape(shape), source, (line, to) =>
        nearestLine(out, to, data, line, reading.border, 0),
      );
      return out;
    },
  });
}
