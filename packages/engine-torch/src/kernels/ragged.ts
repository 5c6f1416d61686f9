// Tensors whose rows differ in length, as values and where rows begin.
import { shared } from "@tensorflow/tfjs-backend-cpu";
import { defineOnHost, type HostTensor } from "../host-kernel.ts";

interface RaggedGatherInputs {
  readonly paramsNestedSplits: readonly HostTensor[];
  readonly paramsDenseValues: HostTensor;
  readonly indices: HostTensor;
}

defineOnHost<RaggedGatherInputs, { readonly outputRaggedRank: number }>(
  "RaggedGather",
  ({ paramsNestedSplits, paramsDenseValues, indices }, { outputRaggedRank }) => {
    const { dtype } = paramsDenseValues;
    const [nestedSplits, values, shape] = shared.raggedGatherImpl(
      paramsNestedSplits.map((splits) => splits.values),
      paramsNestedSplits.map((splits) => splits.shape),
      paramsDenseValues.values,
      paramsDenseValues.shape,
      dtype,
      indices.values,
      indices.shape,
      outputRaggedRank,
    );
    return [...nestedSplits.map(vectorOf), { values, shape, dtype }];
  },
);

interface RaggedRangeInputs {
  readonly starts: HostTensor;
  readonly limits: HostTensor;
  readonly deltas: HostTensor;
}

defineOnHost<RaggedRangeInputs>("RaggedRange", ({ starts, limits, deltas }) => {
  const { dtype } = starts;
  const [splits, values] = shared.raggedRangeImpl(
    starts.values,
    starts.shape,
    dtype,
    limits.values,
    limits.shape,
    deltas.values,
    deltas.shape,
  );
  return [vectorOf(splits), { values, shape: [values.length], dtype }];
});

interface RaggedToTensorInputs {
  readonly shape: HostTensor;
  readonly values: HostTensor;
  readonly defaultValue: HostTensor;
  readonly rowPartitionTensors: readonly HostTensor[];
}

defineOnHost<RaggedToTensorInputs, { readonly rowPartitionTypes: string[] }>(
  "RaggedTensorToTensor",
  ({ shape, values, defaultValue, rowPartitionTensors }, { rowPartitionTypes }) => {
    const [outputShape, output] = shared.raggedTensorToTensorImpl(
      shape.values,
      shape.shape,
      values.values,
      values.shape,
      values.dtype,
      defaultValue.values,
      defaultValue.shape,
      rowPartitionTensors.map((rows) => rows.values),
      rowPartitionTensors.map((rows) => rows.shape),
      rowPartitionTypes,
    );
    return { values: output, shape: outputShape, dtype: values.dtype };
  },
);

function vectorOf(values: HostTensor["values"]): HostTensor {
  return { values, shape: [values.length], dtype: "int32" };
}
