import type { Operation, Raster, Transform } from "./sample.ts";
import { transformOf } from "./sample.ts";
import { cropResize } from "./resize.ts";

type Box = [number, number, number, number];

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Side of the square result. */
  readonly size: number;
  /** Share of the area, from and to. @defaultValue [0.2, 1] (MoCo v2, DiRA) */
  readonly scale?: readonly [number, number];
  /** Width over height, from and to. @defaultValue [3/4, 4/3] (torchvision) */
  readonly ratio?: readonly [number, number];
}

/** {@link randomResizedCrop} as a replayable operation. */
export function randomResizedCropOperation(
  options: RandomResizedCropOptions,
): Operation<{ readonly box: Box }> {
  const { size, scale = [0.2, 1], ratio = [3 / 4, 4 / 3] } = options;
  return {
    name: "randomResizedCrop",
    draw: ({ shape: [height, width] }, random) => {
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const area = height * width * random.uniform(scale[0], scale[1]);
        const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
        const w = Math.round(Math.sqrt(area * aspect));
        const h = Math.round(Math.sqrt(area / aspect));
        if (w > 0 && w <= width && h > 0 && h <= height) {
          const [top, left] = [random.integer(0, height - h + 1), random.integer(0, width - w + 1)];
          return { box: [top, left, h, w] };
        }
      }
      return { box: centralBox(height, width, ratio) };
    },
    apply: ({ image }, { box }) => ({ image: cropResize(image, box, [size, size]) }),
  };
}

/** The largest central box within the ratios: torchvision's fallback. */
function centralBox(height: number, width: number, ratio: readonly [number, number]): Box {
  const aspect = width / height;
  const w = aspect > ratio[1] ? Math.round(height * ratio[1]) : width;
  const h = aspect < ratio[0] ? Math.round(width / ratio[0]) : height;
  return [Math.floor((height - h) / 2), Math.floor((width - w) / 2), h, w];
}

/**
 * A box of random area and aspect, resized to a square with PIL's antialiased bilinear filter:
 * torchvision's `RandomResizedCrop`, with its ten tries and central fallback.
 *
 * @see Szegedy et al. 2015, https://arxiv.org/abs/1409.4842
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform {
  return transformOf(randomResizedCropOperation(options));
}

/** {@link flipHorizontally} as a replayable operation. */
export const flipOperation: Operation<Record<string, never>> = {
  name: "flip",
  draw: () => ({}),
  apply: ({ image }) => ({ image: flipped(image) }),
};

function flipped({ data, shape }: Raster): Raster {
  const [height, width] = shape;
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    for (let x = 0; x < width; x += 1) out[row + x] = data[row + width - 1 - x] as number;
  }
  return { data: out, shape };
}

/** Mirrors left and right. */
export const flipHorizontally: Transform = transformOf(flipOperation);
