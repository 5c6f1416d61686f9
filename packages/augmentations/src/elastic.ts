import { createRandom } from "@dira/random";
import { type Border, BORDERS, borderCode } from "./border.ts";
import { perAxis } from "./crop-pad.ts";
import { smoothed } from "./gaussian-blur.ts";
import { clippedBox } from "./geometry.ts";
import { eachLine } from "./interpolate.ts";
import { type LineSource, sidesOfShape } from "./kernels/kernels.ts";
import * as rule from "./options.ts";
import {
  type Operation,
  pixelCount,
  type Sample,
  type Transform,
  ownTransformOf,
} from "./sample.ts";
import { drawSeed } from "./span.ts";
import { type Reading, warped } from "./warp.ts";

/** Options of {@link elastic}. */
export interface ElasticOptions {
  /**
   * What the smoothed noise is multiplied with, in pixels: of the last two axes, or one per axis.
   *
   * @defaultValue 991, in-plane (TransVW, for cubes of 64×64×32, where it makes about 4 pixels)
   */
  readonly alpha?: number | readonly number[];
  /** Standard deviation of the smoothing along each axis, in pixels. @defaultValue 8 (TransVW) */
  readonly sigma?: number;
  /** @defaultValue "linear" */
  readonly interpolation?: "linear" | "nearest";
  /** @defaultValue "symmetric", which SciPy calls `reflect` (TransVW) */
  readonly border?: Border;
}

/** The noise is drawn again from its seed. */
type Elastic = Reading & {
  readonly seed: readonly number[];
  readonly alpha: readonly number[];
  readonly sigma: number;
};

/** {@link elastic} as a replayable operation. */
export function elasticOperation(options: ElasticOptions = {}): Operation<Elastic> {
  const {
    alpha = 991,
    sigma = 8,
    interpolation = "linear",
    border = "symmetric",
  } = rule.checked("elastic", options, {
    alpha: rule.perAxis(rule.atLeast(0)),
    sigma: rule.atLeast(0),
    interpolation: rule.word("linear", "nearest"),
    border: rule.word(...BORDERS),
  });
  return {
    name: "elastic",
    spatial: true,
    draw: (shape, random) => ({
      seed: drawSeed(random),
      alpha: perAxis(
        "alpha",
        alpha,
        shape.slice(0, -2).map(() => 0),
        shape.length,
      ),
      sigma,
      interpolation: interpolation === "linear" ? 1 : 0,
      border: borderCode(border),
      value: 0,
    }),
    apply: (sample, drawn) => {
      const source = displaced(sample.image.shape, drawn);
      return warpedFreely(sample, source, drawn);
    },
  };
}

/** `source = index + α · (G_σ * noise)`, the noise from U[−1, 1] for each pixel and axis, 0 outside. */
function displaced(shape: readonly number[], { seed, alpha, sigma }: Elastic): LineSource {
  const [, height, width] = sidesOfShape(shape);
  const fields = [3, 2, 1].map((fromLast) => {
    const strength = alpha.at(-fromLast) ?? 0;
    if (fromLast > shape.length || strength === 0) return undefined;
    const noise = new Float32Array(pixelCount(shape));
    createRandom(...seed, fromLast).fillUniform(noise, -strength, strength);
    return smoothed(
      noise,
      shape,
      shape.map(() => sigma),
      "zero",
      4,
    );
  });
  return (z, y, { zs, ys, xs }) => {
    const row = (z * height + y) * width;
    for (let x = 0; x < width; x += 1) {
      zs[x] = z + (fields[0]?.[row + x] ?? 0);
      ys[x] = y + (fields[1]?.[row + x] ?? 0);
      xs[x] = x + (fields[2]?.[row + x] ?? 0);
    }
  };
}

/**
 * A warp that is no index map: the raster keeps its place in the world, within which its content has moved;
 * a box becomes the box around the pixels that come from it.
 */
export function warpedFreely(sample: Sample, source: LineSource, reading: Reading): Sample {
  const { shape } = sample.image;
  const identity = shape.flatMap((_, row) => shape.map((_s, column) => Number(row === column)));
  const map = { matrix: identity, offset: shape.map(() => 0) };
  const { boxes, ...rest } = sample;
  const done = warped(rest, source, reading, map);
  return boxes === undefined ? done : { ...done, boxes: boxesAfter(boxes, shape, source) };
}

function boxesAfter(
  boxes: NonNullable<Sample["boxes"]>,
  shape: readonly number[],
  source: LineSource,
): NonNullable<Sample["boxes"]> {
  const rank = shape.length;
  const sides = sidesOfShape(shape);
  const [, height, width] = sides;
  const found = boxes.map(() => ({
    low: shape.map(() => Infinity),
    high: shape.map(() => -Infinity),
  }));
  eachLine(sides, source, ({ zs, ys, xs }, to) => {
    const line = to / width;
    for (let x = 0; x < width; x += 1) {
      const from = [zs[x] as number, ys[x] as number, xs[x] as number].slice(3 - rank);
      const here = [Math.floor(line / height), line % height, x].slice(3 - rank);
      boxes.forEach(({ box }, b) => {
        const inside = from.every((v, axis) => {
          const past = v + 0.5 - (box[axis] as number);
          return past >= 0 && past < (box[rank + axis] as number);
        });
        if (!inside) return;
        const { low, high } = found[b] as { low: number[]; high: number[] };
        here.forEach((v, axis) => {
          low[axis] = Math.min(low[axis] as number, v);
          high[axis] = Math.max(high[axis] as number, v + 1);
        });
      });
    }
  });
  return boxes.flatMap(({ label }, b) => {
    const { low, high } = found[b] as { low: number[]; high: number[] };
    return low.every(Number.isFinite) ? clippedBox(label, [low, high], shape) : [];
  });
}

/**
 * Elastic deformation: smoothed uniform noise displaces each pixel, in-plane unless `alpha` says otherwise.
 *
 * @see Simard et al. 2003, "Best practices for convolutional neural networks"; strength and smoothing as
 *   in TransVW, https://arxiv.org/abs/2102.10680
 */
export function elastic(options: ElasticOptions = {}): Transform {
  return ownTransformOf(elasticOperation(options));
}
