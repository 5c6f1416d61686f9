import { type Border, BORDERS, borderCode } from "./border.ts";
import { warpedFreely } from "./elastic.ts";
import type { LineSource } from "./kernels/kernels.ts";
import { checked, finite, inside, integer, span, word } from "./options.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";
import { drawFrom, type Span } from "./span.ts";
import type { Reading } from "./warp.ts";

/** Options of {@link gridDistortion}. */
export interface GridDistortionOptions {
  /** Cells along height and along width. @defaultValue 5 (albumentations) */
  readonly steps?: number;
  /**
   * By how much a cell's side is stretched: above −1, where it would be nothing, and below 1.
   *
   * @defaultValue 0.3 (albumentations)
   */
  readonly limit?: Span;
  /** @defaultValue "reflect" */
  readonly border?: Border;
}

type Grid = Reading & { readonly down: readonly number[]; readonly across: readonly number[] };

/** {@link gridDistortion} as a replayable operation. */
export function gridDistortionOperation(options: GridDistortionOptions = {}): Operation<Grid> {
  const {
    steps = 5,
    limit = 0.3,
    border = "reflect",
  } = checked("gridDistortion", options, {
    steps: integer(1),
    limit: span(inside(-1, 1)),
    border: word(...BORDERS),
  });
  return {
    name: "gridDistortion",
    spatial: true,
    draw: (_, random) => {
      const stretches = (): number[] =>
        Array.from({ length: steps + 1 }, () => 1 + drawFrom(limit, random));
      const [across, down] = [stretches(), stretches()];
      return { down, across, interpolation: 1, border: borderCode(border), value: 0 };
    },
    apply: (sample, { down, across, ...reading }) => {
      const [height, width] = sample.image.shape.slice(-2) as [number, number];
      const [ys, xs] = [stretched(height, down), stretched(width, across)];
      const source: LineSource = (z, y, line) => {
        line.zs.fill(z);
        line.ys.fill(ys[y] as number);
        line.xs.set(xs);
      };
      return warpedFreely(sample, source, reading);
    },
  };
}

/** Cells of `floor(side / steps)` pixels show `stretch` times as many; the last ends at the border. */
function stretched(side: number, stretches: readonly number[]): Float64Array {
  const cell = Math.max(1, Math.floor(side / (stretches.length - 1)));
  const out = new Float64Array(side);
  let from = 0;
  stretches.forEach((stretch, i) => {
    const start = i * cell;
    const last = i === stretches.length - 1 || start + cell > side;
    const end = last ? side : start + cell;
    const to = last ? side : from + cell * stretch;
    for (let o = start; o < end; o += 1) {
      // Both ends belong to the cell, as with numpy.linspace.
      out[o] = end - start > 1 ? from + ((to - from) * (o - start)) / (end - start - 1) : from;
    }
    from = to;
  });
  return out;
}

/** Moves the lines of a grid in the last two axes: albumentations' `GridDistortion`. */
export function gridDistortion(options: GridDistortionOptions = {}): Transform {
  return ownTransformOf(gridDistortionOperation(options));
}

/** Options of {@link opticalDistortion}. */
export interface OpticalDistortionOptions {
  /** The coefficient k. @defaultValue 0.05 (albumentations; the benchmark takes 2) */
  readonly limit?: Span;
  /** Shift of the optical centre in pixels, rounded. @defaultValue 0.05 (the benchmark takes 0.5) */
  readonly shift?: Span;
  /** @defaultValue "reflect" */
  readonly border?: Border;
}

type Optical = Reading & { readonly k: number; readonly shift: readonly number[] };

/** {@link opticalDistortion} as a replayable operation. */
export function opticalDistortionOperation(
  options: OpticalDistortionOptions = {},
): Operation<Optical> {
  const {
    limit = 0.05,
    shift = 0.05,
    border = "reflect",
  } = checked("opticalDistortion", options, {
    limit: span(finite),
    shift: span(finite),
    border: word(...BORDERS),
  });
  return {
    name: "opticalDistortion",
    spatial: true,
    draw: (_, random) => ({
      k: drawFrom(limit, random),
      shift: [0, 0].map(() => Math.round(drawFrom(shift, random)) + 0),
      interpolation: 1,
      border: borderCode(border),
      value: 0,
    }),
    apply: (sample, { k, shift: [down = 0, across = 0], ...reading }) => {
      const [height, width] = sample.image.shape.slice(-2) as [number, number];
      const [cy, cx] = [(height - 1) / 2 + down, (width - 1) / 2 + across];
      const source: LineSource = (z, y, { zs, ys, xs }) => {
        const v = (y - cy) / height;
        for (let x = 0; x < width; x += 1) {
          const u = (x - cx) / width;
          const r = u * u + v * v;
          const factor = 1 + k * r + k * r * r;
          zs[x] = z;
          ys[x] = height * v * factor + cy;
          xs[x] = width * u * factor + cx;
        }
      };
      return warpedFreely(sample, source, reading);
    },
  };
}

/**
 * Barrel and pincushion distortion of the last two axes: `p ↦ c + (p − c)(1 + k r² + k r⁴)`, with r in shares
 * of the sides and c the image's centre and the shift. Albumentations' `OpticalDistortion`, but that its
 * releases before 2 besides move all by half a pixel and the shift.
 */
export function opticalDistortion(options: OpticalDistortionOptions = {}): Transform {
  return ownTransformOf(opticalDistortionOperation(options));
}
