import type { Encoder } from "@dira/backbones";
import type { Variables } from "@dira/nn";
import { DiraError } from "@dira/tensor";
import type { ParameterGroup } from "@dira/training";

/** Options of {@link trainable}. */
export interface TrainableOptions {
  /** Encoder stages that stay as they are, counted from the image: 0 none, `Infinity` the whole encoder (a linear probe). */
  readonly frozenStages?: number;
}

/** The place of a parameter: 0 before and in the first stage, then by stage; undefined outside the encoder. */
function stageOf(name: string, { stages }: Pick<Encoder, "stages">): number | undefined {
  if (!name.startsWith("encoder.")) return undefined;
  const inner = name.slice("encoder.".length);
  const found = stages.findIndex((stage) => inner.startsWith(`${stage.name}.`));
  return Math.max(0, found);
}

/**
 * The parameters of a network on an encoder that fine-tuning trains: all but those of the first stages of the encoder
 * (ResNet: `stem`, `layer1`, …).
 *
 * @throws DiraError when `frozenStages` is below 0, or nothing is left.
 */
export function trainable(
  parameters: Variables,
  encoder: Pick<Encoder, "stages">,
  { frozenStages = 0 }: TrainableOptions = {},
): Variables {
  if (!(frozenStages >= 0)) {
    throw new DiraError(`trainable: \`frozenStages\` must be 0 or more, got ${frozenStages}.`);
  }
  const left = Object.entries(parameters).filter(
    ([name]) => (stageOf(name, encoder) ?? Infinity) >= frozenStages,
  );
  if (left.length > 0) return Object.fromEntries(left);
  throw new DiraError(
    `trainable: with ${frozenStages} of ${encoder.stages.length} stages frozen, no parameter is left to train.`,
  );
}

/**
 * Parameter groups with layer-wise learning rates: the head's (and decoder's) as it is, the encoder's last stage
 * `decay` times that, the one before `decay²`, and so on to the image.
 *
 * @param decay - in (0, 1]; 1 trains all alike.
 * @throws DiraError for another decay.
 * @see Clark et al. 2020, section 2, https://arxiv.org/abs/2003.10555; Howard and Ruder 2018,
 *   https://arxiv.org/abs/1801.06146
 */
export function layerWiseRates(encoder: Pick<Encoder, "stages">, decay: number): ParameterGroup[] {
  if (!(decay > 0 && decay <= 1)) {
    throw new DiraError(`layerWiseRates: \`decay\` must be in (0, 1], got ${decay}.`);
  }
  const count = encoder.stages.length;
  return Array.from({ length: count }, (_, stage) => ({
    parameters: (name: string) => stageOf(name, encoder) === stage,
    learningRateFactor: decay ** (count - stage),
  }));
}
