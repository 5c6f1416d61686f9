import type { IndexMap } from "./geometry.ts";
import { moved } from "./moved.ts";
import { nearestLine, interpolatedLine, type Line } from "./interpolate.ts";
import type { Sample } from "./sample.ts";

/** Where a line of the result comes from: fills the coordinates of its pixels in the source. */
export type LineSource = (z: number, y: number, line: Line) => void;

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
  const read = reading.interpolation === 0 ? nearestLine : interpolatedLine;
  return moved(sample, map, {
    size: sample.image.shape,
    image: (data, shape) => {
      const out = new Float32Array(data.length);
      eachLine(shape, source, (line, to) =>
        read(out, to, data, line, reading.border, reading.value),
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

/** Depth, height and width; an image has depth 1. */
export function extentsOf(shape: readonly number[]): readonly [number, number, number] {
  const [height, width] = shape.slice(-2) as [number, number];
  return [shape.length === 3 ? (shape[0] as number) : 1, height, width];
}

/** Calls `visit` for each line of the last axis with its source coordinates and where it starts. */
export function eachLine(
  shape: readonly number[],
  source: LineSource,
  visit: (line: Line, to: number) => void,
): void {
  const [depth, height, width] = extentsOf(shape);
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
