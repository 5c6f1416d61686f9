import { cropResize, type Pixels, type Raster } from "@dira/augmentations";
import { orientationOf, reorient, type Scan } from "@dira/data";
import { THRESHOLD } from "../finetuning/measure-masks.ts";
import type { ImagePrediction } from "../finetuning/predict.ts";

/** A predicted mask: 0, or the number of a structure, from 1 on. */
export interface PredictedMask {
  readonly mask: Raster<Uint8Array>;
  /** Pixels that reach the threshold, by structure; some may be of several. */
  readonly pixels: readonly number[];
}

/**
 * The mask of a 2D image on its own pixels: probabilities are enlarged from the network's grid, linearly, then cut at 0.5.
 * Where several structures reach it, the most probable is taken.
 */
export function maskOfImage(
  { probabilities, shape }: ImagePrediction,
  original: Raster<Pixels>,
): PredictedMask {
  const [sides, structures] = [shape.slice(0, -1), shape.at(-1) as number];
  const box = [...sides.map(() => 0), ...sides];
  const maps = Array.from({ length: structures }, (_, k) => {
    const data = probabilities.filter((_value, i) => i % structures === k);
    return cropResize({ data, shape: sides }, box, original.shape).data;
  });
  return thresholded(original, structures, (i, k) => maps[k]?.[i] ?? 0);
}

/** The mask of a volume on the grid that the network saw it on. */
export function maskOfVolume(
  { probabilities, shape }: ImagePrediction,
  seen: Raster<Pixels>,
): PredictedMask {
  const structures = shape.at(-1) as number;
  return thresholded(seen, structures, (i, k) => probabilities[i * structures + k] as number);
}

/** A mask with its axes as the file has them, and the file's spacing, origin and direction. */
export function inAxesOf(mask: Raster<Uint8Array>, original: Scan): Raster<Uint8Array> {
  const { data } = reorient(mask, orientationOf(original));
  return { ...original, data };
}

function thresholded(
  image: Raster<Pixels>,
  structures: number,
  probability: (pixel: number, structure: number) => number,
): PredictedMask {
  const data = new Uint8Array(image.data.length);
  const pixels = new Array<number>(structures).fill(0);
  for (let i = 0; i < data.length; i += 1) {
    let most = 0;
    for (let k = 0; k < structures; k += 1) {
      const value = probability(i, k);
      if (value < THRESHOLD) continue;
      pixels[k] = (pixels[k] as number) + 1;
      if (value > most) [most, data[i]] = [value, k + 1];
    }
  }
  return { mask: { ...image, data }, pixels };
}
