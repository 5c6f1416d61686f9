import type { Random } from "@dira/random";
import { DiraError, relu } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { batchNorm, linear } from "./layers.ts";
import { gather, type Mode, type Module } from "./module.ts";

/** Options of {@link mlpHead}. */
export interface MlpHeadOptions {
  /** Features in, hidden, …, out: `[2048, 2048, 128]` is MoCo v2's. */
  readonly features: readonly number[];
  /** Batch norm before each ReLU; the linear layers before it have no bias then. @defaultValue false */
  readonly norm?: boolean;
  /** Batch norm after the last layer; `"plain"`: without scale and offset. @defaultValue "none" */
  readonly lastNorm?: "none" | "affine" | "plain";
  /** Bias of the last layer. @defaultValue where nothing normalises after it */
  readonly lastBias?: boolean;
  readonly random: Random;
}

type Layer = Module<tf.Tensor2D, tf.Tensor2D>;

/**
 * Linear layers with ReLU between them, the heads of all methods: `[C, C, 128]` is MoCo v2's projector;
 * with `norm` it is SimCLR's or BYOL's.
 *
 * Parameters are named by position as in `nn.Sequential`, where norms and ReLUs have numbers too:
 * `0.weight`, `0.bias`, `2.weight`, …, with norms `0.weight`, `1.weight`, `1.bias`, `3.weight`, ….
 *
 * @throws DiraError with less than two sizes.
 * @see Chen et al. 2020, section 3, https://arxiv.org/abs/2003.04297
 */
export function mlpHead(options: MlpHeadOptions): Layer {
  const { features, norm = false, lastNorm = "none", random } = options;
  if (features.length < 2) {
    throw new DiraError(
      `mlpHead: \`features\` needs at least an input and an output size, got [${features.join(", ")}].`,
    );
  }
  const layers: [name: string, layer: Layer][] = [];
  let position = 0;
  const add = (layer: Layer): void => {
    layers.push([String(position), layer]);
    position += 1;
  };
  features.slice(1).forEach((outFeatures, i) => {
    const isLast = i === features.length - 2;
    const normalised = isLast ? lastNorm !== "none" : norm;
    const bias = isLast ? (options.lastBias ?? !normalised) : !normalised;
    const inFeatures = features[i] as number;
    add(linear({ inFeatures, outFeatures, bias, random: random.derive(i) }));
    if (!isLast) {
      add(norm ? normThenRelu(outFeatures) : reluLayer);
      if (norm) position += 1; // of the ReLU, which is part of the layer before
    } else if (lastNorm !== "none") {
      add(batchNorm({ channels: outFeatures, affine: lastNorm === "affine" }) as Layer);
    }
  });
  return {
    ...gather(Object.fromEntries(layers)),
    apply: (x, mode) => tf.tidy(() => layers.reduce((y, [, layer]) => layer.apply(y, mode), x)),
  };
}

const reluLayer: Layer = { parameters: {}, buffers: {}, apply: (x) => relu(x) as tf.Tensor2D };

function normThenRelu(channels: number): Layer {
  const { parameters, buffers, applyRelu } = batchNorm({ channels });
  const apply = (x: tf.Tensor2D, mode: Mode): tf.Tensor2D => applyRelu(x, mode) as tf.Tensor2D;
  return { parameters, buffers, apply };
}
