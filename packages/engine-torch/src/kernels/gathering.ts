// Values at positions.
import { backend_util } from "@tensorflow/tfjs";
import { addon, type Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { SCALAR } from "../scalar-types.ts";
import { shapeInfo } from "../shape-info.ts";
import { movesStrings } from "../strings.ts";

const expand = aten("expand");
const gather = aten("gather");
const index = aten("index.Tensor");
const indexSelect = aten("index_select");
const reshape = aten("reshape");
const to = aten("to.dtype");
const unbind = aten<readonly Slot[]>("unbind.int");

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number;
}

define<GatherAttributes>("GatherV2", ({ x, indices }, { axis, batchDims }) => {
  const info = backend_util.segment_util.collectGatherOpShapeInfo(
    shapeInfo(x),
    shapeInfo(indices),
    axis < 0 ? axis + x.shape.length : axis,
    batchDims,
  );
  const positions = to(indices.slot, SCALAR.int64);
  try {
    return reshape(gathered(x.slot, positions, info), info.outputShape);
  } catch (error) {
    throw outOfBounds(indices.slot, info.dimSize) ?? error;
  }
});

define("GatherNd", ({ params, indices }) => {
  backend_util.prepareAndValidate(shapeInfo(params), shapeInfo(indices));
  return index(params.slot, unbind(to(indices.slot, SCALAR.int64), -1));
});

["GatherV2", "GatherNd"].forEach(movesStrings);

/** What to gather, as axes that matter to it: of shape [batchSize, outerSize, dimSize, sliceSize]. */
type GatherShape = backend_util.segment_util.GatherOpShapeInfo;

function gathered(x: Slot, positions: Slot, shape: GatherShape): Slot {
  const { batchSize, outerSize, dimSize, sliceSize } = shape;
  if (batchSize === 1)
    return indexSelect(reshape(x, [outerSize, dimSize, sliceSize]), 1, reshape(positions, [-1]));
  const each = reshape(positions, [batchSize, 1, -1, 1]);
  const spread = expand(each, [-1, outerSize, -1, sliceSize]);
  return gather(reshape(x, [batchSize, outerSize, dimSize, sliceSize]), 2, spread);
}

/** The error that TensorFlow.js's own engines throw for the first index that is. */
function outOfBounds(indices: Slot, size: number): Error | undefined {
  const values = new Int32Array(addon().read(indices));
  const wrong = values.find((index) => index < 0 || index >= size);
  if (wrong === undefined) return undefined;
  return new Error(`GatherV2: the index value ${wrong} is not in [0, ${size - 1}]`);
}
