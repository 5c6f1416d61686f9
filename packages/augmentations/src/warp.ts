import type { IndexMap } from "./geometry.ts";
import { moved } from "./moved.ts";
import { type Line, nearestLine } from "./interpolate.ts";
import { type Coordinates, kernels, sidesOfShape } from "./kernels/kernels.ts";
import type { Sample } from "./sample.ts";

/** Where a line of the result comes from: fills the coordinates of its pixels in the source. */
export type LineSource = (z: number, y: number, line: Coordinates) => void;

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
      eachLine(shape, source, (line, to) =>
        nearestLine(out, to, data, line, reading.border, reading.value),
      );
      return out;
    },
    labels: (data, shape) => {
      const out = new Uint8Array(data.length);
      eachLine(shape, source, (line, to) => nearestLine(out, to, data, line, reading.border, 0));
      return out;
    },
  });
}

/** Calls `visit` for each line of the last axis with its source coordinates and where it starts. */
export function eachLine(
  shape: readonly number[],
  source: LineSource,
  visit: (line: Line, to: number) => void,
): void {
  const [depth, height, width] = sidesOfShape(shape);
  const [zs, ys, xs] = [0, 0, 0].map(() => new Float64Array(width)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const line = { depth, height, width, zs, ys, xs };
  for (let z = 0, to = 0; z < depth; z += 1) {
    for (let y = 0; y < height; y += 1, to += width) {
      source(z, y, line);
      visit(line, to);
    }
  }
}
