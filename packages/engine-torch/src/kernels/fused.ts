// Convolutions and products with bias and activation.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { type Convolution2D, convolve2D } from "./convolution.ts";
import { convolveDepthwise } from "./depthwise.ts";
import { multiplied } from "./products.ts";

type Activation = "linear" | "relu" | "prelu" | "elu" | "relu6" | "leakyrelu" | "sigmoid";

/** What is done with a result. */
interface Finish {
  readonly activation: Activation;
  readonly leakyreluAlpha?: number;
}

type FusedConvolution = Convolution2D & Finish;

interface Product extends Finish {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

// Results are the kernel's own, so they are finished where they lie.
const add = aten("add_.Tensor");
const plus = aten("add.Tensor");
const clamp = aten("clamp_");
const elu = aten("elu_");
const leakyRelu = aten("leaky_relu_");
const lt = aten("lt.Scalar");
const matmul = aten("matmul");
const mul = aten("mul.Tensor");
const relu = aten("relu_");
const reshape = aten("reshape");
const sigmoid = aten("sigmoid_");
const transpose = aten("transpose.int");
const where = aten("where.self");

const convolutions = { FusedConv2D: convolve2D, FusedDepthwiseConv2D: convolveDepthwise };
for (const [kernel, convolve] of Object.entries(convolutions))
  define<FusedConvolution>(kernel, ({ x, filter, bias, preluActivationWeights }, attributes) => {
    const { dataFormat } = attributes;
    const slopes = preluActivationWeights && alongChannels(preluActivationWeights, dataFormat);
    if (bias === undefined || isVector(bias))
      return activate(convolve(x, filter, attributes, bias), attributes, slopes);
    const y = add(convolve(x, filter, attributes), bias.slot);
    return activate(y, attributes, slopes);
  });

define<Product>("_FusedMatMul", ({ a, b, bias, preluActivationWeights }, attributes) => {
  const { transposeA, transposeB } = attributes;
  const y = multiplied([a, b], ([left, right]) =>
    matmul(
      transposeA ? transpose(left, -1, -2) : left,
      transposeB ? transpose(right, -1, -2) : right,
    ),
  );
  return activate(
    bias === undefined ? y : plus(y, bias.slot),
    attributes,
    preluActivationWeights?.slot,
  );
});

/** Whether a bias is one number for each of several channels. */
function isVector({ shape }: Operand): boolean {
  return shape.length === 1 && shape[0] !== 1;
}

/** Slopes of PReLU as they broadcast to images of this format. */
function alongChannels(slopes: Operand, format: "NHWC" | "NCHW"): Slot {
  return format === "NCHW" && isVector(slopes) ? reshape(slopes.slot, [-1, 1, 1]) : slopes.slot;
}

function activate(y: Slot, { activation, leakyreluAlpha }: Finish, slopes: Slot | undefined): Slot {
  switch (activation) {
    case "linear":
      return y;
    case "relu":
      return relu(y);
    case "relu6":
      return clamp(y, 0, 6);
    case "elu":
      return elu(y);
    case "leakyrelu":
      return leakyRelu(y, leakyreluAlpha);
    case "sigmoid":
      return sigmoid(y);
    case "prelu":
      return where(lt(y, 0), mul(y, slopes), y);
    default:
      throw new Error(`The torch engine knows no activation called ${String(activation)}.`);
  }
}
