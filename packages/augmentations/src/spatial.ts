import type { Random } from "@dira/random";
import { cropNearest, cropResize } from "./resize.ts";
import {
  type Box,
  checkRaster,
  type Operation,
  type Pixels,
  type Raster,
  type Sample,
  type Transform,
  transformOf,
} from "./sample.ts";

type Crop = { readonly box: Box; readonly size: readonly number[] };

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Height and width of the result; or its sides, one per axis. */
  readonly size: number | readonly number[];
  /** Share of the area, from and to. @defaultValue [0.2, 1] (MoCo v2, DiRA) */
  readonly scale?: readonly [number, number];
  /** Width over height, from and to. @defaultValue [3/4, 4/3] (torchvision) */
  readonly ratio?: readonly [number, number];
}

/** {@link randomResizedCrop} as a replayable operation. */
export function randomResizedCropOperation(options: RandomResizedCropOptions): Operation<Crop> {
  const { size, scale = [0.2, 1], ratio = [3 / 4, 4 / 3] } = options;
  return {
    name: "randomResizedCrop",
    draw: (shape, random) => {
      const leading = shape.slice(0, -2);
      const [height, width] = shape.slice(-2) as [number, number];
      const [top, left, h, w] = drawBox(height, width, scale, ratio, random);
      const box = [...leading.map(() => 0), top, left, ...leading, h, w];
      return { box, size: typeof size === "number" ? [...leading, size, size] : size };
    },
    apply: (sample, { box, size }) =>
      moved(
        sample,
        (image) => cropResize(image, box, size),
        (mask) => cropNearest(mask, box, size),
      ),
  };
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

/** The image by one function, what lies over it by another. */
function moved(
  sample: Sample,
  image: (raster: Raster) => Raster,
  labels: (raster: Raster<Uint8Array>) => Raster<Uint8Array>,
): Sample {
  const { mask, inpainted } = sample;
  const { shape } = sample.image;
  return {
    ...sample,
    image: image(sample.image),
    ...(mask === undefined ? {} : { mask: labels(mask) }),
    ...(inpainted === undefined ? {} : { inpainted: labels({ data: inpainted, shape }).data }),
  };
}

/**
 * A box of random area and aspect, resized with PIL's antialiased bilinear filter: torchvision's
 * `RandomResizedCrop`, with its ten tries and central fallback. Of volumes, height and width are cropped
 * and the depth is kept (or resized to `size`'s first entry).
 *
 * @see Szegedy et al. 2015, https://arxiv.org/abs/1409.4842
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform {
  return transformOf(randomResizedCropOperation(options));
}

/** The same from pixels as they are cached, without widening those outside the box first. */
export function cropFrom(
  options: RandomResizedCropOptions,
): (image: Raster<Pixels>, random: Random) => Sample {
  const { name, draw } = randomResizedCropOperation(options);
  return (image, random) => {
    checkRaster("image", image);
    const parameters = draw(image.shape, random.derive(name));
    const cropped = cropResize(image, parameters.box, parameters.size);
    return { image: cropped, history: [{ name, parameters }] };
  };
}

/** {@link flipHorizontally} as a replayable operation. */
export const flipOperation: Operation<Record<string, never>> = {
  name: "flip",
  draw: () => ({}),
  apply: (sample) => moved(sample, flipped, flipped),
};

function flipped<Data extends Pixels>(raster: Raster<Data>): Raster<Data> {
  const data = raster.data.slice() as Data;
  const width = raster.shape.at(-1) as number;
  for (let row = 0; row < data.length; row += width) data.subarray(row, row + width).reverse();
  return { ...raster, data };
}

/** Mirrors left and right (the last axis). */
export const flipHorizontally: Transform = transformOf(flipOperation);
