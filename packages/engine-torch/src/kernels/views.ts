// The same data under another name or shape: no operator runs.
import { util } from "@tensorflow/tfjs";
import { sizeOf } from "../shapes.ts";
import { defineView } from "../kernel.ts";

defineView("Identity", (x) => x.shape);

defineView<{ readonly shape: number[] }>("Reshape", (x, { shape }) => {
  const size = sizeOf(x.shape);
  const result = util.inferFromImplicitShape(shape, size);
  if (sizeOf(result) !== size)
    throw new Error(`reshape: ${size} values do not fill the shape [${shape.join()}].`);
  return result;
});

defineView<{ readonly dim: number }>("ExpandDims", ({ shape }, { dim }) => {
  const rank = shape.length;
  if (dim < -(rank + 1) || dim > rank)
    throw new Error(`expandDims: axis ${dim} must be in the interval [${-(rank + 1)}, ${rank}].`);
  const axis = dim < 0 ? rank + 1 + dim : dim;
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
});
