import { checkpointed, convolution, gather, type Module, normal } from "@dira/nn";
import { createRandom, type Random } from "@dira/random";
import { instanceNorm, leakyRelu, type PerAxis, perAxis, type SpatialRank } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link patchCritic}. */
export interface PatchCriticOptions {
  /** @defaultValue 2 */
  readonly spatialRank?: SpatialRank;
  /** @defaultValue 1 */
  readonly inChannels?: number;
  /** Channels of the first convolution; each next doubles them. @defaultValue 64 */
  readonly width?: number;
  /** Size of the convolutions, per axis; `[1, 3, 3]` for thick slices. @defaultValue 3 */
  readonly kernel?: PerAxis;
  /** Stride of the first three convolutions, per axis; `[1, 2, 2]` for thick slices. @defaultValue 2 */
  readonly stride?: PerAxis;
  /**
   * Whether layers keep only their inputs for the backward pass and compute the rest again there: less memory,
   * one further forward pass, the same result. @defaultValue false
   */
  readonly checkpoint?: boolean;
  /** Seeds the initial weights. @defaultValue `createRandom("critic")` */
  readonly random?: Random;
}

/** From a batch of images to a map of scores (logits), one per patch. */
export type Critic = Module<tf.Tensor, tf.Tensor>;

const CONVOLUTIONS = 5;
/** The first so many convolutions have a stride. */
const STRIDED = 3;

/**
 * The adversarial patch critic: four 3×3 convolutions (strides 2, 2, 2, 1; `width` to 8 · `width`
 * channels, leaky ReLU 0.2, instance norm on all but the first) and a 3×3 convolution to one score
 * per patch. At 224×224 the score map is 28×28 and each score sees 47×47 pixels.
 *
 * Instance norm looks at one image at a time, so the critic fits a gradient penalty, which forbids batch norm; it is
 * differentiable twice, also with `checkpoint`.
 *
 * Weights start from N(0, 0.02²), biases at 0. Parameters are `conv1.weight` … `conv5.bias`.
 *
 * @returns scores `[N, …, 1]`, unbounded: a sigmoid belongs to the loss.
 * @see Isola et al. 2017 (PatchGAN), https://arxiv.org/abs/1611.07004; Haghighi et al. 2022,
 *   https://arxiv.org/abs/2204.10437. In 3D the same with 3×3×3 kernels; its details are unpublished.
 */
export function patchCritic(options: PatchCriticOptions = {}): Critic {
  const { spatialRank = 2, inChannels = 1, width = 64, kernel = 3 } = options;
  const stride = perAxis(options.stride ?? 2, spatialRank, "patchCritic: stride");
  const random = options.random ?? createRandom("critic");
  const channels = [inChannels, width, 2 * width, 4 * width, 8 * width, 1];
  const layers = Array.from({ length: CONVOLUTIONS }, (_, i) =>
    convolution({
      spatialRank,
      inChannels: channels[i] ?? 1,
      outChannels: channels[i + 1] ?? 1,
      kernel,
      stride: i < STRIDED ? stride : 1,
      bias: true,
      init: normal(0.02),
      random: random.derive("conv", i + 1),
    }),
  );
  const units = layers.map((layer, i): Module<tf.Tensor, tf.Tensor> => {
    const unit = { ...layer, apply: unitOf(layer, i) };
    return options.checkpoint === true ? checkpointed(unit) : unit;
  });
  return {
    ...gather(Object.fromEntries(layers.map((layer, i) => [`conv${i + 1}`, layer]))),
    apply: (x, mode) => tf.tidy(() => units.reduce((y, unit) => unit.apply(y, mode), x)),
  };
}

/** A convolution with its norm and activation; the last has neither. */
function unitOf(
  layer: Module<tf.Tensor, tf.Tensor>,
  i: number,
): Module<tf.Tensor, tf.Tensor>["apply"] {
  return (x, mode) => {
    const z = layer.apply(x, mode);
    if (i === CONVOLUTIONS - 1) return z;
    return leakyRelu(i === 0 ? z : instanceNorm(z), 0.2);
  };
}
