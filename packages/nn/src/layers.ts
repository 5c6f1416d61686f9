import type { Random } from "@dira/random";
import {
  addBias,
  batchNorm as normalizeBatch,
  batchNormInference,
  batchNormRelu,
  type BatchStatistics,
  type CheapInput,
  conv,
  convOf,
  convTranspose,
  type PerAxis,
  perAxis,
  relu,
  type SpatialRank,
} from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import {
  filled,
  filterShape,
  initialise,
  type Initializer,
  kaimingNormalFanOut,
  torchDefault,
} from "./init.ts";
import type { Mode, Module } from "./module.ts";

/** Options of {@link convolution}. */
export interface ConvolutionOptions {
  readonly spatialRank: SpatialRank;
  readonly inChannels: number;
  readonly outChannels: number;
  /** @defaultValue 3 */
  readonly kernel?: PerAxis;
  /** @defaultValue 1 */
  readonly stride?: PerAxis;
  /** Zeros before and after each axis. @defaultValue half the kernel, so that stride 1 keeps the size */
  readonly padding?: PerAxis;
  /** @defaultValue false */
  readonly bias?: boolean;
  /** Of the weights; biases start at 0. @defaultValue Kaiming normal, fan out */
  readonly init?: Initializer;
  readonly random: Random;
}

/** A convolution, of a tensor or of what is made of some. */
export interface Convolution extends Module<tf.Tensor, tf.Tensor> {
  /** The same of what is cheaply made of tensors that are kept anyway: see {@link convOf} of `@dira/tensor`. */
  applyOf(input: CheapInput): tf.Tensor;
}

/** A convolution with its filter (`weight`) and, on request, `bias`: `nn.Conv2d` or `nn.Conv3d`. */
export function convolution(options: ConvolutionOptions): Convolution {
  const { spatialRank, inChannels, outChannels, kernel = 3, stride = 1 } = options;
  const sizes = perAxis(kernel, spatialRank, "convolution: kernel");
  const padding = options.padding ?? sizes.map((k) => Math.floor(k / 2));
  const shape = filterShape(spatialRank, sizes, inChannels, outChannels);
  const weight = initialise(
    shape,
    options.init ?? kaimingNormalFanOut,
    options.random.derive("weight"),
  );
  const bias = options.bias === true ? filled([outChannels], 0) : undefined;
  const biased = (convolve: () => tf.Tensor): tf.Tensor =>
    tf.tidy(() => (bias === undefined ? convolve() : addBias(convolve(), bias)));
  return {
    parameters: bias === undefined ? { weight } : { weight, bias },
    buffers: {},
    apply: (x) => biased(() => conv(x, weight, { stride, padding })),
    applyOf: (input) => biased(() => convOf(input, weight, { stride, padding })),
  };
}

/** Options of {@link transposedConvolution}. */
export interface TransposedConvolutionOptions {
  readonly spatialRank: SpatialRank;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: PerAxis;
  /** Step between the places where inputs are put. */
  readonly stride: PerAxis;
  /** Of the weights; the bias starts at 0. */
  readonly init: Initializer;
  readonly random: Random;
}

/** A transposed convolution with its filter (`weight`) and `bias`: `nn.ConvTranspose2d` or `nn.ConvTranspose3d`. */
export function transposedConvolution(
  options: TransposedConvolutionOptions,
): Module<tf.Tensor, tf.Tensor> {
  const { spatialRank, inChannels, outChannels, kernel, stride, init, random } = options;
  const shape = filterShape(spatialRank, kernel, outChannels, inChannels);
  const weight = initialise(shape, init, random.derive("weight"));
  const bias = filled([outChannels], 0);
  return {
    parameters: { weight, bias },
    buffers: {},
    apply: (x) => tf.tidy(() => addBias(convTranspose(x, weight, { stride }), bias)),
  };
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  readonly channels: number;
  /** @defaultValue 1e-5 (PyTorch) */
  readonly epsilon?: number;
  /** Weight of the newest batch in the running statistics. @defaultValue 0.1 (PyTorch) */
  readonly momentum?: number;
  /** Learn a scale and offset. @defaultValue true */
  readonly affine?: boolean;
}

/** Batch normalisation, and what often follows it in the same operation. */
export interface BatchNorm extends Module<tf.Tensor, tf.Tensor> {
  /** `relu(norm(x) + residual)`: a unit's activation, or the end of a residual block. */
  applyRelu(x: tf.Tensor, mode: Mode, residual?: tf.Tensor): tf.Tensor;
}

/**
 * Batch normalisation over the last axis with running statistics, `nn.BatchNorm*d`: in training the
 * batch's own, and `running ← (1 − momentum) · running + momentum · batch` (unbiased variance).
 */
export function batchNorm(options: BatchNormOptions): BatchNorm {
  const { channels, epsilon = 1e-5, momentum = 0.1, affine = true } = options;
  const scale = filled([channels], 1, affine) as tf.Variable<tf.Rank.R1>;
  const offset = filled([channels], 0, affine) as tf.Variable<tf.Rank.R1>;
  const mean = filled([channels], 0, false) as tf.Variable<tf.Rank.R1>;
  const variance = filled([channels], 1, false) as tf.Variable<tf.Rank.R1>;
  const follow = (running: tf.Variable, batch: tf.Tensor): void =>
    running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum)));
  const onStatistics = (batch: BatchStatistics): void => {
    follow(mean, batch.mean);
    follow(variance, batch.variance);
  };
  const infer = (x: tf.Tensor): tf.Tensor =>
    batchNormInference(x, scale, offset, mean, variance, epsilon);
  return {
    parameters: affine ? { weight: scale, bias: offset } : {},
    buffers: { running_mean: mean, running_var: variance },
    apply: (x, mode) =>
      mode === "infer" ? infer(x) : normalizeBatch(x, scale, offset, epsilon, onStatistics),
    applyRelu: (x, mode, residual) => {
      if (mode === "train") {
        return batchNormRelu(x, scale, offset, { residual, epsilon, onStatistics });
      }
      return tf.tidy(() => relu(residual === undefined ? infer(x) : tf.add(infer(x), residual)));
    },
  };
}

/** Options of {@link linear}. */
export interface LinearOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** @defaultValue true */
  readonly bias?: boolean;
  /** Of the weights; the bias then starts at 0. @defaultValue PyTorch's default, of the bias too */
  readonly init?: Initializer;
  readonly random: Random;
}

/** `y = x · weight + bias`, `nn.Linear`. */
export function linear(options: LinearOptions): Module<tf.Tensor2D, tf.Tensor2D> {
  const { inFeatures, outFeatures, random } = options;
  const init = options.init ?? torchDefault(inFeatures);
  const weight = initialise([inFeatures, outFeatures], init, random.derive("weight"));
  const atFirst = (): tf.Variable =>
    options.init === undefined
      ? initialise([outFeatures], init, random.derive("bias"))
      : filled([outFeatures], 0);
  const bias = options.bias === false ? undefined : atFirst();
  return {
    parameters: bias === undefined ? { weight } : { weight, bias },
    buffers: {},
    apply: (x) =>
      tf.tidy(() => {
        const y: tf.Tensor2D = tf.matMul(x, weight as tf.Tensor as tf.Tensor2D);
        return bias === undefined ? y : addBias(y, bias);
      }),
  };
}
