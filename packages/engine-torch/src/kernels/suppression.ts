// Boxes that overlap better ones are left out. How many stay depends on their values, so they are chosen in JavaScript.
import * as tf from "@tensorflow/tfjs";
import { defineOnHost, type HostTensor } from "../host-kernel.ts";

interface Boxes {
  readonly boxes: HostTensor;
  readonly scores: HostTensor;
}

interface Attributes {
  readonly maxOutputSize: number;
  readonly iouThreshold: number;
  readonly scoreThreshold: number;
}

const { nonMaxSuppressionV3Impl, nonMaxSuppressionV4Impl, nonMaxSuppressionV5Impl } =
  tf.kernel_impls;

defineOnHost<Boxes, Attributes>(
  "NonMaxSuppressionV3",
  ({ boxes, scores }, { maxOutputSize, iouThreshold, scoreThreshold }) => {
    const { selectedIndices } = nonMaxSuppressionV3Impl(
      boxes.values,
      scores.values,
      maxOutputSize,
      iouThreshold,
      scoreThreshold,
    );
    return integers(selectedIndices);
  },
);

defineOnHost<Boxes, Attributes & { readonly padToMaxOutputSize: boolean }>(
  "NonMaxSuppressionV4",
  ({ boxes, scores }, { maxOutputSize, iouThreshold, scoreThreshold, padToMaxOutputSize }) => {
    const { selectedIndices, validOutputs = 0 } = nonMaxSuppressionV4Impl(
      boxes.values,
      scores.values,
      maxOutputSize,
      iouThreshold,
      scoreThreshold,
      padToMaxOutputSize,
    );
    return [integers(selectedIndices), { ...integers([validOutputs]), shape: [] }];
  },
);

defineOnHost<Boxes, Attributes & { readonly softNmsSigma: number }>(
  "NonMaxSuppressionV5",
  ({ boxes, scores }, { maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma }) => {
    const { selectedIndices, selectedScores = [] } = nonMaxSuppressionV5Impl(
      boxes.values,
      scores.values,
      maxOutputSize,
      iouThreshold,
      scoreThreshold,
      softNmsSigma,
    );
    const values = Float32Array.from(selectedScores);
    return [integers(selectedIndices), { values, shape: [values.length], dtype: "float32" }];
  },
);

function integers(values: readonly number[]): HostTensor {
  return { values: Int32Array.from(values), shape: [values.length], dtype: "int32" };
}
