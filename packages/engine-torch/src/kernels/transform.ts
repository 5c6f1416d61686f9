// Images turned, mirrored and projected.
import * as tf from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { constant } from "../constant.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { beyondEdges, type FillMode } from "./edges.ts";
import { type Interpolation, sample } from "./places.ts";

interface Transform {
  readonly interpolation: Interpolation;
  readonly fillMode: FillMode;
  readonly fillValue: number;
  readonly outputShape?: [number, number] | null;
}

interface Rotation {
  readonly radians: number;
  readonly fillValue: number | [number, number, number];
  readonly center: number | [number, number];
}

const add = aten("add.Tensor");
const addScalar = aten("add.Scalar");
const arange = aten("arange");
const div = aten("div.Tensor");
const eq = aten("eq.Scalar");
const fillWhere = aten("masked_fill.Scalar");
const flip = aten("flip");
const mul = aten("mul.Tensor");
const reshape = aten("reshape");
const scale = aten("mul.Scalar");
const select = aten("select.int");
const to = aten("to.dtype");
const unsqueeze = aten("unsqueeze");

define("FlipLeftRight", ({ image }) => flip(image.slot, [2]));

// A pixel (x, y) is what is at ((t₀x + t₁y + t₂) / p, (t₃x + t₄y + t₅) / p), where p = t₆x + t₇y + 1.
define<Transform>("Transform", ({ image, transforms }, attributes) => {
  const { interpolation, fillMode, fillValue, outputShape } = attributes;
  const [count, height, width] = image.shape as [number, number, number, number];
  const [rows, columns] = gridOf(outputShape ?? [height, width]);
  const given = to(transforms.slot, SCALAR.float64);
  const t = (i: number): Slot => reshape(select(given, 1, i), [-1, 1, 1]);
  const line = (i: number): Slot => add(mul(t(i), columns), mul(t(i + 1), rows));
  const projection = addScalar(line(6), 1);
  const infinite = eq(projection, 0);
  const divisor = fillWhere(projection, infinite, 1);
  const [x, y] = [0, 3].map((i) => div(add(line(i), t(i + 2)), divisor)) as [Slot, Slot];
  const places = {
    image: image.slot,
    height,
    width,
    batch: reshape(arange(count), [-1, 1, 1]),
    y: beyondEdges(y, height, fillMode),
    x: beyondEdges(x, width, fillMode),
    fill: constant(Float32Array.of(fillValue), "float32", []),
  };
  const read = fillWhere(sample(places, interpolation), unsqueeze(infinite, -1), fillValue);
  return to(read, SCALAR[image.dtype]);
});

define<Rotation>("RotateWithOffset", ({ image }, { radians, fillValue, center }) => {
  const [count, height, width, channels] = image.shape as [number, number, number, number];
  const [centerX, centerY] = tf.backend_util.getImageCenter(center, height, width);
  const [rows, columns] = gridOf([height, width]);
  const [right, down] = [addScalar(columns, -centerX), addScalar(rows, -centerY)];
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  const x = addScalar(add(scale(right, cosine), scale(down, -sine)), centerX);
  const y = addScalar(add(scale(right, sine), scale(down, cosine)), centerY);
  const batch = reshape(arange(count), [-1, 1, 1]);
  const fill = constant(fillOf(fillValue, channels), "float32");
  const read = sample({ image: image.slot, height, width, batch, y, x, fill }, "nearest");
  return to(read, SCALAR[image.dtype]);
});

/** The rows' and columns' numbers of an image, in float64, as [1, H, 1] and [1, 1, W]. */
function gridOf([height, width]: readonly [number, number]): [Slot, Slot] {
  const rows = reshape(arange(height, SCALAR.float64), [1, -1, 1]);
  return [rows, reshape(arange(width, SCALAR.float64), [1, 1, -1])];
}

/** A value for each channel; the fourth is opacity, which is full. */
function fillOf(value: Rotation["fillValue"], channels: number): Float32Array {
  if (typeof value === "number") return new Float32Array(channels).fill(value);
  return Float32Array.from([...value, 255].slice(0, channels));
}
