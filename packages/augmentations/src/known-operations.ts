import { affineOperation } from "./affine.ts";
import { bezierIntensityOperation } from "./bezier.ts";
import { biasFieldOperation } from "./bias-field.ts";
import {
  brightnessContrastOperation,
  brightnessOperation,
  contrastOperation,
  gammaOperation,
} from "./brightness-contrast.ts";
import { claheOperation } from "./clahe.ts";
import { colorJitterOperation } from "./color-jitter.ts";
import { cropPadOperation } from "./crop-pad.ts";
import { elasticOperation } from "./elastic.ts";
import { gaussianBlurOperation } from "./gaussian-blur.ts";
import { histogramEqualizeOperation, histogramMatchOperation } from "./histogram.ts";
import { gridDistortionOperation, opticalDistortionOperation } from "./lens.ts";
import { gaussianNoiseOperation } from "./noise.ts";
import { flipOperation, rotate90Operation } from "./orientation.ts";
import { inPaintingOperation, outPaintingOperation } from "./painting.ts";
import { patchShufflingOperation } from "./patch-shuffling.ts";
import { localPixelShufflingOperation } from "./pixel-shuffling.ts";
import { normalizeOperation, rescaleIntensityOperation, zScoreOperation } from "./rescale.ts";
import type { Operation } from "./sample.ts";
import { solarizeOperation } from "./solarize.ts";
import { randomResizedCropOperation } from "./random-resized-crop.ts";

/** What replaying and undoing need of an {@link Operation}. */
export type Replayable = Pick<Operation<never>, "name" | "spatial" | "apply" | "inverse">;

/** Applying one takes nothing but its record: options matter for drawing alone. */
const KNOWN: readonly Replayable[] = [
  randomResizedCropOperation({ size: 1 }),
  cropPadOperation({ size: 1 }),
  flipOperation(),
  rotate90Operation(),
  affineOperation(),
  elasticOperation(),
  gridDistortionOperation(),
  opticalDistortionOperation(),
  colorJitterOperation(),
  brightnessOperation(),
  contrastOperation(),
  brightnessContrastOperation(),
  gammaOperation(),
  rescaleIntensityOperation(),
  zScoreOperation,
  normalizeOperation({ mean: 0, std: 1 }),
  histogramEqualizeOperation(),
  histogramMatchOperation({ reference: [0, 1] }),
  claheOperation(),
  gaussianBlurOperation(),
  gaussianNoiseOperation(),
  biasFieldOperation(),
  solarizeOperation(),
  inPaintingOperation(),
  outPaintingOperation(),
  patchShufflingOperation(),
  localPixelShufflingOperation(),
  bezierIntensityOperation(),
];

/**
 * The operation of a name: among one's own, then among this package's.
 *
 * @throws Error naming an operation that is not known.
 */
export function operationNamed(name: string, own: readonly Replayable[]): Replayable {
  const known = [...own, ...KNOWN];
  const operation = known.find((candidate) => candidate.name === name);
  if (operation !== undefined) return operation;
  throw new Error(
    `replay: the history names \`${name}\`, which is not among ${known.map((o) => o.name).join(", ")}; hand it in as an operation.`,
  );
}
