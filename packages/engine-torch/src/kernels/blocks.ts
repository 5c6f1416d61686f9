// Values that move between the axes of space and the batch or the channels, block by block.
import * as tf from "@tensorflow/tfjs";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";

const constantPad = aten("constant_pad_nd");
const permute = aten("permute");
const reshape = aten("reshape");

const { getPermuted, getReshaped, getReshapedPermuted } = tf.backend_util;

define<{ readonly blockSize: number; readonly dataFormat: "NHWC" | "NCHW" }>(
  "DepthToSpace",
  ({ x }, { blockSize: b, dataFormat }) => {
    const [count, ...rest] = x.shape as [number, number, number, number];
    if (dataFormat === "NHWC") {
      const [height, width, depth] = rest;
      const blocks = reshape(x.slot, [count, height, width, b, b, depth / (b * b)]);
      const ordered = permute(blocks, [0, 1, 3, 2, 4, 5]);
      return reshape(ordered, [count, height * b, width * b, depth / (b * b)]);
    }
    const [depth, height, width] = rest;
    const blocks = reshape(x.slot, [count, b, b, depth / (b * b), height, width]);
    const ordered = permute(blocks, [0, 3, 4, 1, 5, 2]);
    return reshape(ordered, [count, depth / (b * b), height * b, width * b]);
  },
);

define<{ readonly blockShape: number[]; readonly paddings: number[][] }>(
  "SpaceToBatchND",
  ({ x }, { blockShape, paddings }) => {
    const block = product(blockShape);
    const shape = x.shape.map((size, axis) => size + total(paddings[axis - 1]));
    const padded = constantPad(x.slot, lastFirst(paddings, x.shape.length));
    const blocks = reshape(padded, getReshaped(shape, blockShape, block, false));
    const order = getPermuted(shape.length + blockShape.length, blockShape.length, false);
    return reshape(permute(blocks, order), getReshapedPermuted(shape, blockShape, block, false));
  },
);

define<{ readonly blockShape: number[]; readonly crops: number[][] }>(
  "BatchToSpaceND",
  ({ x }, { blockShape, crops }) => {
    const [block, shape] = [product(blockShape), [...x.shape]];
    const blocks = reshape(x.slot, getReshaped(shape, blockShape, block));
    const order = getPermuted(shape.length + blockShape.length, blockShape.length);
    const whole = reshape(permute(blocks, order), getReshapedPermuted(shape, blockShape, block));
    const negated = lastFirst(crops, shape.length).map((size) => -size);
    return constantPad(whole, negated);
  },
);

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

function total(ends: readonly number[] = []): number {
  return ends.reduce((a, b) => a + b, 0);
}

/** Ends of the axes after the first, as `constant_pad_nd` wants them: the last axis first. */
function lastFirst(ends: readonly number[][], rank: number): number[] {
  const rest = Array.from({ length: rank - 1 - ends.length }, () => [0, 0]);
  return [...ends, ...rest].toReversed().flat();
}
