// What an image is beyond its edges: where a place outside of it is read.
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";

/** Reflected, repeated, its last pixels, or a constant. */
export type FillMode = "reflect" | "wrap" | "nearest" | "constant";

const addScalar = aten("add.Scalar");
const clamp = aten("clamp");
const ge = aten("ge.Scalar");
const gt = aten("gt.Scalar");
const lt = aten("lt.Scalar");
const neg = aten("neg");
const remainder = aten("remainder.Scalar");
const scale = aten("mul.Scalar");
const sub = aten("sub.Tensor");
const trunc = aten("trunc");
const where = aten("where.self");
const zerosLike = aten("zeros_like");

/** Places along an axis of a size, moved to within it; a constant's stay outside. */
export function beyondEdges(place: Slot, size: number, mode: FillMode): Slot {
  if (mode === "constant") return place;
  const moved = mode === "reflect" ? reflect(place, size) : wrap(place, size, mode);
  return clamp(moved, 0, size - 1);
}

/** [abcd] is [dcba|abcd|dcba]. */
function reflect(place: Slot, size: number): Slot {
  const inTwo = remainder(place, 2 * size);
  return where(ge(inTwo, size), addScalar(neg(inTwo), 2 * size - 1), inTwo);
}

/** [abcd] is [abcd|abcd|abcd]. Of TensorFlow, which counts a repetition from the last pixel on, not from after it. */
function wrap(place: Slot, size: number, mode: FillMode): Slot {
  if (mode === "nearest") return place;
  if (size === 1) return zerosLike(place);
  const times = trunc(scale(place, 1 / (size - 1)));
  const back = sub(place, scale(times, size));
  const below = addScalar(back, size);
  return where(lt(place, 0), below, where(gt(place, size - 1), back, place));
}
