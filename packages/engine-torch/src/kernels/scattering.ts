// Values to positions.
import { backend_util } from "@tensorflow/tfjs";
import type { Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define, type Operand } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { shapeInfo } from "../shape-info.ts";
import { movesStrings } from "../strings.ts";

const clone = aten("clone");
const expand = aten("expand");
const full = aten("full");
const indexPut = aten("index_put");
const reshape = aten("reshape");
const to = aten("to.dtype");
const unbind = aten<readonly Slot[]>("unbind.int");

// Values for the same position add up.
define<{ readonly shape: number[] }>("ScatterNd", ({ indices, updates }, { shape }) =>
  scatter(full(shape, 0, SCALAR[updates.dtype]), shape, indices, updates, true),
);

define("TensorScatterUpdate", ({ tensor, indices, updates }) =>
  scatter(tensor.slot, tensor.shape, indices, updates, false),
);

define<{ readonly outputShape: number[] }>(
  "SparseToDense",
  ({ sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
    const background = clone(expand(defaultValue.slot, outputShape));
    return scatter(background, outputShape, sparseIndices, sparseValues, false);
  },
);

["TensorScatterUpdate", "SparseToDense"].forEach(movesStrings);

function scatter(
  into: Slot,
  shape: readonly number[],
  indices: Operand,
  updates: Operand,
  adds: boolean,
): Slot {
  const { sliceRank, numUpdates } = backend_util.calculateShapes(
    shapeInfo(updates),
    shapeInfo(indices),
    [...shape],
  );
  const positions = reshape(to(indices.slot, SCALAR.int64), [numUpdates, sliceRank]);
  const slices = [numUpdates, ...shape.slice(sliceRank)];
  const values =
    updates.shape.length === 0 ? expand(updates.slot, slices) : reshape(updates.slot, slices);
  return indexPut(into, unbind(positions, 1), values, adds);
}
