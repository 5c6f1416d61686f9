// Tensors of which few places are given, as values and their positions.
import { shared } from "@tensorflow/tfjs-backend-cpu";
import { defineOnHost, type HostAny, type HostTensor } from "../host-kernel.ts";

interface FillEmptyRowsInputs {
  readonly indices: HostTensor;
  readonly values: HostTensor;
  readonly denseShape: HostTensor;
  readonly defaultValue: HostTensor;
}

defineOnHost<FillEmptyRowsInputs>(
  "SparseFillEmptyRows",
  ({ indices, values, denseShape, defaultValue }) => {
    const [filled, shape, filledValues, emptyRows, reverse] = shared.sparseFillEmptyRowsImpl(
      indices.values,
      indices.shape,
      indices.dtype,
      values.values,
      values.dtype,
      denseShape.values,
      defaultValue.values[0] as number,
    );
    const { dtype } = indices;
    return [
      { values: filled, shape, dtype },
      { values: filledValues, shape: [shape[0] as number], dtype: values.dtype },
      { values: Uint8Array.from(emptyRows, Number), shape: [emptyRows.length], dtype: "bool" },
      { values: Int32Array.from(reverse), shape: [reverse.length], dtype },
    ];
  },
);

interface ReshapeInputs {
  readonly inputIndices: HostTensor;
  readonly inputShape: HostTensor;
  readonly newShape: HostTensor;
}

defineOnHost<ReshapeInputs>("SparseReshape", ({ inputIndices, inputShape, newShape }) => {
  const [values, shape, outputShape] = shared.sparseReshapeImpl(
    inputIndices.values,
    inputIndices.shape,
    inputIndices.dtype,
    Array.from(inputShape.values),
    Array.from(newShape.values),
  );
  return [
    { values, shape, dtype: inputIndices.dtype },
    { values: Int32Array.from(outputShape), shape: [outputShape.length], dtype: newShape.dtype },
  ];
});

interface SegmentInputs {
  readonly data: HostTensor;
  readonly indices: HostTensor;
  readonly segmentIds: HostTensor;
}

function reduceSegments({ data, indices, segmentIds }: SegmentInputs, isMean: boolean): HostAny {
  if (indices.shape[0] !== segmentIds.shape[0])
    throw new Error("segmentIds and indices should have same size.");
  const [values, shape] = shared.sparseSegmentReductionImpl(
    data.values,
    data.shape,
    data.dtype,
    indices.values,
    segmentIds.values,
    isMean,
  );
  return { values, shape, dtype: data.dtype };
}

defineOnHost<SegmentInputs>("SparseSegmentMean", (inputs) => reduceSegments(inputs, true));
defineOnHost<SegmentInputs>("SparseSegmentSum", (inputs) => reduceSegments(inputs, false));
