import type { Random } from "@dira/random";
import { sidesOf, sizeRule } from "./crop-pad.ts";
import { movedGeometry } from "./geometry.ts";
import { gathered, moved } from "./moved.ts";
import * as rule from "./options.ts";
import { cropMap, cropResize, nearestOffsets } from "./resize.ts";
import {
  type Box,
  checkRaster,
  type Operation,
  type Pixels,
  type Raster,
  type Sample,
  type Transform,
  ownTransformOf,
} from "./sample.ts";
import type { Filter } from "./taps.ts";

/** A box cut out and resized; `from` is the shape it was cut from. */
type Crop = {
  readonly box: Box;
  readonly size: readonly number[];
  readonly from: readonly number[];
  /** 1 for Pillow's bicubic filter instead of its bilinear one. */
  readonly cubic?: number;
};

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Height and width of the result; or its sides, one per axis. */
  readonly size: number | readonly number[];
  /** Share of the area, from and to, above 0. @defaultValue [0.2, 1] (MoCo v2, DiRA); torchvision's is [0.08, 1] */
  readonly scale?: readonly [number, number];
  /** Width over height, from and to. @defaultValue [3/4, 4/3] (torchvision) */
  readonly ratio?: readonly [number, number];
  /** @defaultValue "bilinear" */
  readonly filter?: Filter;
}

const filterRule = rule.word("bilinear", "bicubic");

const cropping: Omit<Operation<Crop>, "draw"> = {
  name: "randomResizedCrop",
  spatial: true,
  apply: cut,
  inverse: placedBack,
};

/** {@link randomResizedCrop} as a replayable operation. */
export function randomResizedCropOperation(options: RandomResizedCropOptions): Operation<Crop> {
  const {
    size,
    scale = [0.2, 1],
    ratio = [3 / 4, 4 / 3],
    filter = "bilinear",
  } = rule.checked("randomResizedCrop", options, {
    size: sizeRule,
    scale: rule.range(rule.positiveShare),
    ratio: rule.range(rule.above(0)),
    filter: filterRule,
  });
  return {
    ...cropping,
    draw: (shape, random) => {
      const leading = shape.slice(0, -2);
      const [height, width] = shape.slice(-2) as [number, number];
      const [top, left, h, w] = drawBox(height, width, scale, ratio, random);
      const box = [...leading.map(() => 0), top, left, ...leading, h, w];
      return cropOf(box, sidesOf(size, shape), shape, filter);
    },
  };
}

function cropOf(box: Box, size: readonly number[], from: readonly number[], filter: Filter): Crop {
  return { box, size, from, ...(filter === "bicubic" ? { cubic: 1 } : {}) };
}

function cut(sample: Sample, { box, size, cubic = 0 }: Crop): Sample {
  const offsets = nearestOffsets(sample.image.shape, box, size);
  return moved(sample, cropMap(box, size), {
    size,
    image: (data, shape) =>
      cropResize({ data, shape }, box, size, cubic === 1 ? "bicubic" : "bilinear").data,
    labels: (data) => gathered(data, offsets, 0),
  });
}

/** The crop at its own size again, with nothing around it. */
function placedBack({ box, size, from, cubic }: Crop): Sample["history"] {
  const rank = from.length;
  const sides = box.slice(rank);
  const whole = [...from.map(() => 0), ...size];
  const starts = box.slice(0, rank).map((start) => 0 - start);
  return [
    {
      name: "randomResizedCrop",
      parameters: { box: whole, size: sides, from: size, ...(cubic === 1 ? { cubic } : {}) },
    },
    {
      name: "cropPad",
      parameters: { window: [...starts, ...from], from: sides, border: 0, value: 0 },
    },
  ];
}

function drawBox(
  height: number,
  width: number,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): readonly [number, number, number, number] {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const area = height * width * random.uniform(scale[0], scale[1]);
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const w = Math.round(Math.sqrt(area * aspect));
    const h = Math.round(Math.sqrt(area / aspect));
    if (w > 0 && w <= width && h > 0 && h <= height) {
      return [random.integer(0, height - h + 1), random.integer(0, width - w + 1), h, w];
    }
  }
  return centralBox(height, width, ratio);
}

/** The largest central box within the ratios: torchvision's fallback. */
function centralBox(
  height: number,
  width: number,
  ratio: readonly [number, number],
): readonly [number, number, number, number] {
  const aspect = width / height;
  const w = aspect > ratio[1] ? Math.max(1, Math.round(height * ratio[1])) : width;
  const h = aspect < ratio[0] ? Math.max(1, Math.round(width / ratio[0])) : height;
  return [Math.floor((height - h) / 2), Math.floor((width - w) / 2), h, w];
}

/**
 * A box of random area and aspect, resized with Pillow's antialiased filter: torchvision's
 * `RandomResizedCrop`, with its ten tries and central fallback. Of volumes, height and width are cropped
 * and the depth is kept (or resized to `size`'s first entry). Its inverse puts the crop back in its place,
 * resized to what it was, with 0 around it.
 *
 * @see Szegedy et al. 2015, https://arxiv.org/abs/1409.4842
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform {
  return ownTransformOf(randomResizedCropOperation(options));
}

/** The same from pixels as they are cached, without widening those outside the box first. */
export function cropFrom(
  options: RandomResizedCropOptions,
): (image: Raster<Pixels>, random: Random) => Sample {
  const { name, draw } = randomResizedCropOperation(options);
  return (image, random) => {
    checkRaster("image", image);
    const parameters = draw(image.shape, random.derive(name));
    const { box, size, cubic } = parameters;
    const pixels = cropResize(image, box, size, cubic === 1 ? "bicubic" : "bilinear");
    const cropped = { ...pixels, ...movedGeometry(image, cropMap(box, size)) };
    return { image: cropped, history: [{ name, parameters }] };
  };
}

/** Options of {@link randomSizedCrop}. */
export interface RandomSizedCropOptions {
  /** Height of the box in pixels, from and to; its width follows from the result's sides. */
  readonly height: readonly [number, number];
  /** Height and width of the result. */
  readonly size: number | readonly number[];
}

/** {@link randomSizedCrop} as a replayable operation. */
export function randomSizedCropOperation(options: RandomSizedCropOptions): Operation<Crop> {
  const {
    size: wanted,
    height: [low, high],
  } = rule.checked("randomSizedCrop", options, {
    height: rule.required(rule.range(rule.integer(1))),
    size: sizeRule,
  });
  return {
    ...cropping,
    draw: (shape, random) => {
      const size = sidesOf(wanted, shape);
      const [rows, columns] = size.slice(-2) as [number, number];
      const [height, width] = shape.slice(-2) as [number, number];
      const h = Math.min(height, random.integer(low, high + 1));
      const w = Math.max(1, Math.min(width, Math.round((h * columns) / rows)));
      const [top, left] = [random.integer(0, height - h + 1), random.integer(0, width - w + 1)];
      const leading = shape.slice(0, -2);
      const box = [...leading.map(() => 0), top, left, ...leading, h, w];
      return cropOf(box, size, shape, "bilinear");
    },
  };
}

/** A box of a random height in pixels, resized: albumentations' `RandomSizedCrop`, antialiased. */
export function randomSizedCrop(options: RandomSizedCropOptions): Transform {
  return ownTransformOf(randomSizedCropOperation(options));
}

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** Height and width of the result; or its sides, one per axis. */
  readonly size: number | readonly number[];
  /** @defaultValue "bilinear" */
  readonly filter?: Filter;
}

/** {@link resize} as a replayable operation. */
export function resizeOperation(options: ResizeOptions): Operation<Crop> {
  const { size, filter = "bilinear" } = rule.checked("resize", options, {
    size: sizeRule,
    filter: filterRule,
  });
  return {
    ...cropping,
    draw: (shape) => cropOf([...shape.map(() => 0), ...shape], sidesOf(size, shape), shape, filter),
  };
}

/** The whole image at other sides, antialiased: Pillow's and torchvision's `resize`. */
export function resize(options: ResizeOptions): Transform {
  return ownTransformOf(resizeOperation(options));
}
