// Boxes of images, resized to one size.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { constant } from "../constant.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { type Interpolation, isWithin, sample } from "./places.ts";

interface Attributes {
  readonly cropSize: [number, number];
  readonly method: Interpolation;
  readonly extrapolationValue: number;
}

const add = aten("add.Tensor");
const and = aten("logical_and");
const arange = aten("arange");
const clamp = aten("clamp");
const lt = aten("lt.Scalar");
const mul = aten("mul.Tensor");
const reshape = aten("reshape");
const scale = aten("mul.Scalar");
const select = aten("select.int");
const sub = aten("sub.Tensor");
const to = aten("to.dtype");
const unsqueeze = aten("unsqueeze");
const where = aten("where.self");

define<Attributes>("CropAndResize", ({ image, boxes, boxInd }, attributes) => {
  const { cropSize, method, extrapolationValue } = attributes;
  const [count, height, width] = image.shape as [number, number, number, number];
  // In float64, or a box's last place may come to lie outside by rounding.
  const corners = to(boxes.slot, SCALAR.float64);
  const edge = (i: number): Slot => unsqueeze(select(corners, 1, i), 1);
  const y = unsqueeze(placesOf(edge(0), edge(2), height, cropSize[0]), 2);
  const x = unsqueeze(placesOf(edge(1), edge(3), width, cropSize[1]), 1);
  const which = reshape(to(boxInd.slot, SCALAR.int64), [-1, 1, 1]);
  const fill = constant(Float32Array.of(extrapolationValue), "float32", []);
  const batch = clamp(which, 0, count - 1);
  const source = to(image.slot, SCALAR.float32);
  const crops = sample({ image: source, height, width, batch, y, x, fill }, method);
  const inside = unsqueeze(and(isWithin(y, height), isWithin(x, width)), -1);
  // Boxes of images that do not exist are zero.
  const exists = unsqueeze(lt(which, count), -1);
  return to(mul(where(inside, crops, fill), exists), SCALAR.float32);
});

/** Where the places of a crop lie in an axis, evenly from a box's one edge to the other: [boxes, places]. */
function placesOf(first: Slot, last: Slot, size: number, places: number): Slot {
  if (places === 1) return scale(add(first, last), 0.5 * (size - 1));
  const step = scale(sub(last, first), (size - 1) / (places - 1));
  return add(scale(first, size - 1), mul(arange(places), step));
}
