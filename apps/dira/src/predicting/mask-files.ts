import { join } from "node:path";
import { type ImageCache, makeFolder, type Scan, writeNifti } from "@dira/data";
import sharp from "sharp";
import type { ImagePrediction } from "../finetuning/predict.ts";
import { writeOverlay } from "./overlay.ts";
import { inAxesOf, maskOfImage, maskOfVolume, type PredictedMask } from "./predicted-mask.ts";

/** How large a structure is in an image. */
interface StructureSize {
  readonly pixels: number;
  readonly size: number;
  readonly unit: "mL" | "mm2" | "pixels" | "voxels";
}

/** What was written of an image. */
export interface WrittenMask {
  /** The mask's file, below the folder. */
  readonly file: string;
  readonly structures: readonly StructureSize[];
}

/** Writes the mask of an image and its overlay: PNG of the image's own size, or NIfTI with the volume's own geometry. */
export async function writeMask(
  out: string,
  name: string,
  prediction: ImagePrediction,
  cache: ImageCache,
): Promise<WrittenMask> {
  for (const inside of ["masks", "overlays"]) makeFolder(join(out, inside));
  const original = await cache.set.read(prediction.image);
  const overlay = join(out, "overlays", `${name}.png`);
  if (original.shape.length === 2) {
    const made = maskOfImage(prediction, original);
    const file = join("masks", `${name}.png`);
    await writeMaskPng(join(out, file), made.mask);
    await writeOverlay(overlay, original, made.mask);
    return { file, structures: sizesOf(made, original) };
  }
  const seen = await cache.get(prediction.image);
  const made = maskOfVolume(prediction, seen);
  const file = join("masks", `${name}.nii.gz`);
  await writeNifti(join(out, file), inAxesOf(made.mask, original));
  await writeOverlay(overlay, seen, made.mask);
  return { file, structures: sizesOf(made, original) };
}

/** Values as they are: 0, 1, 2, …, which a viewer shows as nearly black. */
async function writeMaskPng(path: string, { data, shape }: PredictedMask["mask"]): Promise<void> {
  const [height = 1, width = 1] = shape;
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(path);
}

function sizesOf({ pixels }: PredictedMask, { shape, spacing }: Scan): StructureSize[] {
  const volume = shape.length === 3;
  return pixels.map((count) => {
    if (spacing === undefined) {
      return { pixels: count, size: count, unit: volume ? "voxels" : "pixels" };
    }
    const each = spacing.reduce((a, b) => a * b, 1);
    return volume
      ? { pixels: count, size: (count * each) / 1000, unit: "mL" }
      : { pixels: count, size: count * each, unit: "mm2" };
  });
}
