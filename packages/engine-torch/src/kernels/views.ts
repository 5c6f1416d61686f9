// The same data under another name or shape: no operator runs.
import { sizeOf } from "../shapes.ts";
import { defineView } from "../kernel.ts";

defineView("Identity", (x) => x.shape);

defineView<{ readonly shape: number[] }>("Reshape", (x, { shape }) => {
  const known = shape.filter((size) => size >= 0);
  return shape.map((size) => (size >= 0 ? size : sizeOf(x.shape) / sizeOf(known)));
});

defineView<{ readonly dim: number }>("ExpandDims", ({ shape }, { dim }) => {
  const axis = dim < 0 ? shape.length + 1 + dim : dim;
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
});
