import type { Random } from "@dira/random";
import { borderCode } from "./border.ts";
import { sidesOf, sizeRule, windowOf, windowOfRaster } from "./crop-pad.ts";
import { DiraError } from "./errors.ts";
import { checked, finite, range, share as anyShare, word } from "./options.ts";
import {
  checkPair,
  maxValueOf,
  pixelCount,
  type Pixels,
  type Raster,
  type Sample,
  sampleOf,
  type Transform,
  type TransformRecord,
} from "./sample.ts";

/** Options of {@link randomPatch}. */
export interface RandomPatchOptions {
  /** Sides of the patch: of the last two axes (the others are kept), or one per axis. */
  readonly size: number | readonly number[];
  /**
   * Where patches lie: `"uniform"` anywhere within the image, `"mask"` around a labelled pixel, `"body"`
   * around a pixel brighter than `above`. @defaultValue "uniform"
   */
  readonly by?: "uniform" | "mask" | "body";
  /** Share of the patches that lie so; the others lie anywhere. @defaultValue 1 */
  readonly share?: number;
  /**
   * Of `"body"` and `tissue`: the intensity that air does not reach, as a sample has it: shares of [0, 1] where
   * pixels are unsigned. In the window [-1000, 1000], −150 HU is 0.425.
   *
   * @defaultValue -500 (Hounsfield units)
   */
  readonly above?: number;
  /**
   * Least and largest share of a patch's pixels that are to be at least `above`; beyond the image is air. Another
   * patch is drawn again, at most 20 draws in all, of which the nearest is taken. `[0.15, 1]` leaves out air; the
   * released code of Models Genesis and TransVW takes `[0, 0.15]` at −150 HU, cubes of lung (and counts by half what
   * is tissue in the next slice only).
   *
   * @defaultValue [0, 1]: every patch will do
   */
  readonly tissue?: readonly [least: number, most: number];
}

/** Draws of a patch before the best of them is taken. */
const MOST_DRAWS = 20;

/** Pixels tried for a centre before all are looked at. */
const MOST_TRIES = 256;

/**
 * A patch of a volume or an image, at a place that its content decides: MONAI's `RandSpatialCrop`
 * (uniform), `RandCropByPosNegLabel` (mask) and foreground sampling (body), with a filter like Models
 * Genesis's (tissue). Each pixel that qualifies is equally likely to be the centre; patches are then moved to lie
 * within the image, and images that are smaller are padded with zeros. Where nothing qualifies, patches
 * lie anywhere. Recorded as `cropPad`.
 *
 * @throws DiraError for `by: "mask"` without a mask.
 * @see Zhou et al. 2021, Models Genesis, https://arxiv.org/abs/2004.07882; Haghighi et al. 2021, TransVW,
 *   https://arxiv.org/abs/2102.10680
 */
export function randomPatch(options: RandomPatchOptions): Transform {
  const place = placer("randomPatch", options);
  return (sample, random) => {
    const { image, mask, history } = sample;
    const record = place(image, mask, random);
    const cut = windowOf(sample, record.parameters.window, borderCode("constant"), 0);
    return { ...cut, history: [...history, record] };
  };
}

/**
 * {@link randomPatch} of {@link sampleOf} an image, but only the patch becomes floats: for volumes that are
 * much larger than their patches.
 *
 * @throws DiraError as both.
 */
export function patchSampler(
  options: RandomPatchOptions,
): (image: Raster<Pixels>, random: Random, mask?: Raster<Uint8Array>) => Sample {
  const place = placer("patchSampler", options);
  return (image, random, mask) => {
    checkPair(image, mask);
    const record = place(image, mask, random);
    const { window } = record.parameters;
    const cut = sampleOf(
      windowOfRaster(image, window),
      mask === undefined ? undefined : windowOfRaster(mask, window),
    );
    return { ...cut, history: [record] };
  };
}

type PatchRecord = TransformRecord & {
  readonly parameters: { readonly window: readonly number[] };
};

/** Draws where a patch lies, as the record that cuts it. */
function placer(
  name: string,
  options: RandomPatchOptions,
): (image: Raster<Pixels>, mask: Raster<Uint8Array> | undefined, random: Random) => PatchRecord {
  const {
    size,
    by = "uniform",
    share = 1,
    above = -500,
    tissue = [0, 1],
  } = checked(name, options, {
    size: sizeRule,
    by: word("uniform", "mask", "body"),
    share: anyShare,
    above: finite,
    tissue: range(anyShare),
  });
  return (image, mask, random) => {
    const { shape } = image;
    const lengths = sidesOf(size, shape);
    const qualifies = by === "uniform" ? undefined : qualifier(name, image, mask, by, above);
    const draw = (own: Random): readonly number[] => {
      const wanted = qualifies !== undefined && own.derive("share").bernoulli(share);
      const center = wanted ? centerOf(shape, qualifies, own.derive("center")) : undefined;
      return [...startsOf(shape, lengths, center, own.derive("place")), ...lengths];
    };
    const window = bestOf(draw, random.derive("patch"), tissue, (at) => shareOf(image, at, above));
    const border = borderCode("constant");
    return { name: "cropPad", parameters: { window, from: shape, border, value: 0 } };
  };
}

/** The first draw whose share is within, else the nearest of {@link MOST_DRAWS}. */
function bestOf(
  draw: (random: Random) => readonly number[],
  random: Random,
  [least, most]: readonly [number, number],
  shareAt: (window: readonly number[]) => number,
): readonly number[] {
  let [best, away] = [draw(random), Infinity];
  if (least === 0 && most === 1) return best;
  for (let again = 0; again < MOST_DRAWS && away > 0; again += 1) {
    const window = again === 0 ? best : draw(random.derive("again", again));
    const share = shareAt(window);
    const off = Math.max(least - share, share - most, 0);
    if (off < away) [best, away] = [window, off];
  }
  return best;
}

/** Around the centre or anywhere, moved into the image; images that are smaller lie in the middle. */
function startsOf(
  shape: readonly number[],
  lengths: readonly number[],
  center: readonly number[] | undefined,
  place: Random,
): number[] {
  return shape.map((side, axis) => {
    const room = side - (lengths[axis] as number);
    if (room <= 0) return Math.ceil(room / 2) + 0;
    if (center === undefined) return place.integer(0, room + 1);
    const start = (center[axis] as number) - Math.floor((lengths[axis] as number) / 2);
    return Math.min(room, Math.max(0, start));
  });
}

/** Whether the pixel at a place in memory may be a centre. */
function qualifier(
  name: string,
  image: Raster<Pixels>,
  mask: Raster<Uint8Array> | undefined,
  by: "mask" | "body",
  above: number,
): (at: number) => boolean {
  if (by === "body") {
    const { data } = image;
    const scale = 1 / maxValueOf(data);
    return (at) => Math.fround((data[at] as number) * scale) > above;
  }
  if (mask !== undefined) return (at) => (mask.data[at] as number) > 0;
  throw new DiraError(`${name}: by \`mask\`, but the sample has none. Give the image its mask.`);
}

/** A pixel that qualifies, each equally likely; undefined where none does. */
function centerOf(
  shape: readonly number[],
  qualifies: (at: number) => boolean,
  random: Random,
): number[] | undefined {
  const pixels = pixelCount(shape);
  const at = anyOf(pixels, qualifies, random);
  if (at === undefined) return undefined;
  return shape.map((side, axis) => {
    const inner = pixelCount(shape.slice(axis + 1));
    return Math.floor(at / inner) % side;
  });
}

/** One that qualifies of so many: by trying some, and where they are rare by counting all. */
function anyOf(
  pixels: number,
  qualifies: (at: number) => boolean,
  random: Random,
): number | undefined {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const at = random.integer(0, pixels);
    if (qualifies(at)) return at;
  }
  let count = 0;
  for (let at = 0; at < pixels; at += 1) if (qualifies(at)) count += 1;
  if (count === 0) return undefined;
  let left = random.integer(0, count);
  let at = 0;
  while (!qualifies(at) || left > 0) {
    if (qualifies(at)) left -= 1;
    at += 1;
  }
  return at;
}

/** The share of a window's pixels that are at least `above`. */
function shareOf(image: Raster<Pixels>, window: readonly number[], above: number): number {
  const { data } = windowOfRaster(image, insideOf(image.shape, window));
  const scale = 1 / maxValueOf(data);
  let count = 0;
  for (const value of data) if (Math.fround(value * scale) >= above) count += 1;
  return count / pixelCount(window.slice(image.shape.length));
}

/** What of a window lies in the image. */
function insideOf(shape: readonly number[], window: readonly number[]): number[] {
  const rank = shape.length;
  const starts = shape.map((_, axis) => Math.max(0, window[axis] as number));
  const ends = shape.map((side, axis) =>
    Math.min(side, (window[axis] as number) + (window[rank + axis] as number)),
  );
  return [...starts, ...ends.map((end, axis) => end - (starts[axis] as number))];
}
