import { type Border, BORDERS, borderCode, folded } from "./border.ts";
import { DiraError } from "./errors.ts";
import { axisMap, type IndexMap, movedGeometry } from "./geometry.ts";
import { gathered, moved, stridesOf } from "./moved.ts";
import * as rule from "./options.ts";
import {
  type Box,
  type Operation,
  ownTransformOf,
  type Pixels,
  type Raster,
  type Sample,
  type Transform,
} from "./sample.ts";

/** A window on the source, which may reach beyond it, and what it was cut from. */
type Window = {
  /** `[start …, length …]`; starts may be below 0. */
  readonly window: Box;
  readonly from: readonly number[];
  readonly border: number;
  readonly value: number;
};

/** Options of {@link cropPad}. */
export interface CropPadOptions {
  /** Sides of the result: of the last two axes (the others are kept), or one per axis. */
  readonly size: number | readonly number[];
  /** @defaultValue "center" */
  readonly at?: "center" | "random";
  /** What is put around an image that is smaller. @defaultValue "constant" */
  readonly border?: Border;
  /** The constant. @defaultValue 0; labels always get 0 */
  readonly value?: number;
}

/** Sides of a result. */
export const sizeRule: rule.Rule = rule.required(rule.perAxis(rule.integer(1)));

/** One side per axis: a single number stands for the last two. */
export function sidesOf(size: number | readonly number[], shape: readonly number[]): number[] {
  return perAxis("side", size, shape.slice(0, -2), shape.length);
}

/** A number for the last two axes after those of the others, or one per axis. */
export function perAxis(
  what: string,
  given: number | readonly number[],
  others: readonly number[],
  rank: number,
): number[] {
  if (typeof given === "number") return [...others, given, given];
  if (given.length === rank) return [...given];
  throw new DiraError(
    `augmentations: expected a number, or one ${what} for each of ${rank} axes, got ${rule.shown(given)}.`,
  );
}

const framing = { border: rule.word(...BORDERS), value: rule.finite };

/** {@link cropPad} as a replayable operation. */
export function cropPadOperation(options: CropPadOptions): Operation<Window> {
  const {
    size,
    at = "center",
    border = "constant",
    value = 0,
  } = rule.checked("cropPad", options, {
    size: sizeRule,
    at: rule.word("center", "random"),
    ...framing,
  });
  return {
    ...windowing,
    draw: (shape, random) => {
      const lengths = sidesOf(size, shape);
      const starts = shape.map((side, axis) => {
        const room = side - (lengths[axis] as number);
        if (at === "center" || room === 0) return centralStart(room);
        return room > 0 ? random.integer(0, room + 1) : random.integer(room, 1);
      });
      return { window: [...starts, ...lengths], from: shape, border: borderCode(border), value };
    },
  };
}

/** torchvision's: half pixels go to the even side when cutting, to the far side when padding. */
export function centralStart(room: number): number {
  if (room < 0) return Math.ceil(room / 2) + 0;
  const half = Math.floor(room / 2);
  return room % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** Options of {@link pad}. */
export interface PadOptions extends Pick<CropPadOptions, "border" | "value"> {
  /** Pixels on both sides of the last two axes; or of each axis. */
  readonly padding: number | readonly number[];
}

/** {@link pad} as a replayable operation. */
export function padOperation(options: PadOptions): Operation<Window> {
  const {
    padding,
    border = "constant",
    value = 0,
  } = rule.checked("pad", options, {
    padding: rule.required(rule.perAxis(rule.integer(0))),
    ...framing,
  });
  return {
    ...windowing,
    draw: (shape) => {
      const none = shape.slice(0, -2).map(() => 0);
      const around = perAxis("padding", padding, none, shape.length);
      return {
        window: [
          ...around.map((n) => 0 - n),
          ...shape.map((side, axis) => side + 2 * (around[axis] as number)),
        ],
        from: shape,
        border: borderCode(border),
        value,
      };
    },
  };
}

const windowing: Omit<Operation<Window>, "draw"> = {
  name: "cropPad",
  spatial: true,
  apply: (sample, { window, border, value }) => windowOf(sample, window, border, value),
  inverse: ({ window, from, border, value }) => {
    const rank = from.length;
    const back = [...window.slice(0, rank).map((start) => 0 - start), ...from];
    const parameters = { window: back, from: window.slice(rank), border, value };
    return [{ name: "cropPad", parameters }];
  },
};

/** A window on a sample; see {@link cropPad}. */
export function windowOf(sample: Sample, window: Box, border: number, value: number): Sample {
  const { size, map, offsets } = cutOf(sample.image.shape, window, border);
  return moved(sample, map, {
    size,
    image: (data) => gathered(data, offsets, value),
    labels: (data) => gathered(data, offsets, 0),
  });
}

/** A window on pixels as they are kept, 0 beyond their border; in the type that they have. */
export function windowOfRaster<Data extends Pixels>(
  raster: Raster<Data>,
  window: Box,
): Raster<Data> {
  const { size, map, offsets } = cutOf(raster.shape, window, borderCode("constant"));
  return { data: gathered(raster.data, offsets, 0), shape: size, ...movedGeometry(raster, map) };
}

/** Which pixels a window takes: per axis offsets in memory, −1 beyond a constant border. */
function cutOf(
  shape: readonly number[],
  window: Box,
  border: number,
): { readonly size: number[]; readonly map: IndexMap; readonly offsets: readonly Int32Array[] } {
  const rank = shape.length;
  const [start, size] = [window.slice(0, rank), window.slice(rank)];
  const strides = stridesOf(shape);
  const offsets = size.map((length, axis) => {
    const side = shape[axis] as number;
    return Int32Array.from({ length }, (_, o) => {
      const index = o + (start[axis] as number);
      if (border === 0 && (index < 0 || index >= side)) return -1;
      return folded(index, side, border) * (strides[axis] as number);
    });
  });
  const steps = size.map(() => 1);
  return { size, map: axisMap(steps, start), offsets };
}

/**
 * Cuts or pads to a size, at the centre or at a random place: torchvision's `CenterCrop` and `RandomCrop`
 * with padding as needed, for any rank. Its inverse pads what was cut and cuts what was padded.
 */
export function cropPad(options: CropPadOptions): Transform {
  return ownTransformOf(cropPadOperation(options));
}

/** {@link cropPad} at the centre. */
export function centerCrop(options: Omit<CropPadOptions, "at">): Transform {
  rule.checked("centerCrop", options, { size: sizeRule, ...framing });
  return cropPad({ ...options, at: "center" });
}

/** {@link cropPad} at a random place. */
export function randomCrop(options: Omit<CropPadOptions, "at">): Transform {
  rule.checked("randomCrop", options, { size: sizeRule, ...framing });
  return cropPad({ ...options, at: "random" });
}

/** Pixels around an image: torchvision's `Pad`, for any rank. To cut, take {@link cropPad}. */
export function pad(options: PadOptions): Transform {
  return ownTransformOf(padOperation(options));
}
