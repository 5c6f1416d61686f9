import { addon, type Slot } from "./addon.ts";
import { aten } from "./aten.ts";
import { SCALAR, type TensorType } from "./scalar-types.ts";

const alias = aten("alias");

/** A tensor of values that a kernel computed itself, freed at its end like those that operators make. */
export function constant(
  values: Float32Array | Int32Array,
  dtype: TensorType,
  shape: readonly number[] = [values.length],
): Slot {
  // What the addon writes lives until it is released: a view of it is the scope's.
  const written = addon().write(values, SCALAR[dtype], shape);
  const slot = alias(written);
  addon().release(written);
  return slot;
}
