import type { Random } from "@dira/random";
import { borderCode } from "./border.ts";
import { sidesOf, sizeRule, windowOf } from "./crop-pad.ts";
import { DiraError } from "./errors.ts";
import { checked, finite, share as anyShare, word } from "./options.ts";
import type { Sample, Transform } from "./sample.ts";

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
  /** Of `"body"`: the intensity that air does not reach. @defaultValue -500 (Hounsfield units) */
  readonly above?: number;
}

/**
 * A patch of a volume or an image, at a place that its content decides: MONAI's `RandSpatialCrop`
 * (uniform), `RandCropByPosNegLabel` (mask) and foreground sampling (body). Each pixel that qualifies is
 * equally likely to be the centre; patches are then moved to lie within the image, and images that are
 * smaller are padded with zeros. Where nothing qualifies, patches lie anywhere. Recorded as `cropPad`.
 *
 * @throws DiraError for `by: "mask"` without a mask.
 */
export function randomPatch(options: RandomPatchOptions): Transform {
  const {
    size,
    by = "uniform",
    share = 1,
    above = -500,
  } = checked("randomPatch", options, {
    size: sizeRule,
    by: word("uniform", "mask", "body"),
    share: anyShare,
    above: finite,
  });
  return (sample, random) => {
    const own = random.derive("patch");
    const { shape } = sample.image;
    const lengths = sidesOf(size, shape);
    const wanted = by !== "uniform" && own.derive("share").bernoulli(share);
    const center = wanted ? qualifying(sample, by, above, own.derive("center")) : undefined;
    const place = own.derive("place");
    const starts = shape.map((side, axis) => {
      const room = side - (lengths[axis] as number);
      if (room <= 0) return Math.ceil(room / 2) + 0;
      if (center === undefined) return place.integer(0, room + 1);
      const start = (center[axis] as number) - Math.floor((lengths[axis] as number) / 2);
      return Math.min(room, Math.max(0, start));
    });
    const window = [...starts, ...lengths];
    const border = borderCode("constant");
    const record = { name: "cropPad", parameters: { window, from: shape, border, value: 0 } };
    return { ...windowOf(sample, window, border, 0), history: [...sample.history, record] };
  };
}

/** A pixel that qualifies, each equally likely; undefined where none does. */
function qualifying(
  { image, mask }: Sample,
  by: "mask" | "body",
  above: number,
  random: Random,
): number[] | undefined {
  if (by === "mask" && mask === undefined) {
    throw new DiraError(
      "randomPatch: by `mask`, but the sample has none. Give the image its mask.",
    );
  }
  const [values, limit] = by === "mask" ? [mask?.data ?? [], 0] : [image.data, above];
  let count = 0;
  for (const value of values) if (value > limit) count += 1;
  if (count === 0) return undefined;
  let left = random.integer(0, count);
  let at = 0;
  while (!((values[at] as number) > limit) || left > 0) {
    if ((values[at] as number) > limit) left -= 1;
    at += 1;
  }
  return image.shape.map((side, axis) => {
    const inner = image.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Math.floor(at / inner) % side;
  });
}
