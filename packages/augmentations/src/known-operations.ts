import { affineOperation } from "./affine.ts";
import { bezierIntensityOperation } from "./bezier.ts";
import { biasFieldOperation } from "./bias-field.ts";
import {
  brightnessContrastOperation,
  brightnessOperation,
  contrastOperation,
  gammaOperation,
} from "./brightness-contrast.ts";
import { createRandom } from "@dira/random";
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
import { DiraError } from "./errors.ts";
import { finite, list, type Rule, shown } from "./options.ts";
import type { Operation, TransformRecord } from "./sample.ts";
import { solarizeOperation } from "./solarize.ts";
import { randomResizedCropOperation } from "./random-resized-crop.ts";

/** What replaying and undoing need of an {@link Operation}. */
export type Replayable = Pick<Operation<never>, "name" | "spatial" | "apply" | "inverse">;

/** Applying one takes nothing but its record: options matter for drawing alone. */
const KNOWN: readonly (Replayable & { draw: Operation<TransformRecord["parameters"]>["draw"] })[] =
  [
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
 * The operation that a record names: among one's own, then among this package's, of which each parameter
 * must be there.
 *
 * @throws DiraError naming an operation that is not known, or a parameter that is missing or no number.
 */
export function operationOf(record: TransformRecord, own: readonly Replayable[]): Replayable {
  const { name } = record;
  const mine = own.find((candidate) => candidate.name === name);
  if (mine !== undefined) return mine;
  const known = KNOWN.find((candidate) => candidate.name === name);
  if (known === undefined) {
    const names = [...own, ...KNOWN].map((operation) => operation.name).join(", ");
    throw new DiraError(
      `replay: the history names \`${name}\`, which is not among ${names}; hand it in as an operation.`,
    );
  }
  for (const [parameter, drawn] of Object.entries(exampleOf(known))) {
    const rule: Rule = typeof drawn === "number" ? finite : list(finite);
    const value = record.parameters[parameter];
    if (rule.accepts(value)) continue;
    throw new DiraError(
      `replay: expected the record's \`${parameter}\` of \`${name}\` to be ${rule.expects}, got ${shown(value)}.`,
    );
  }
  return known;
}

const examples = new Map<string, TransformRecord["parameters"]>();

/** What an operation of this package draws: its parameters by name. */
function exampleOf({ name, draw }: (typeof KNOWN)[number]): TransformRecord["parameters"] {
  const example = examples.get(name) ?? draw([8, 8], createRandom("example"));
  examples.set(name, example);
  return example;
}
