import * as tf from "@tensorflow/tfjs";

/** An attribute of a TensorFlow operation; numbers are integers unless wrapped. */
export type OpAttribute =
  | string
  | boolean
  | readonly number[]
  | { readonly float: number }
  | { readonly type: "float32" | "int32" };

type Binding = Readonly<
  Record<
    | "TF_ATTR_TYPE"
    | "TF_ATTR_FLOAT"
    | "TF_ATTR_STRING"
    | "TF_ATTR_BOOL"
    | "TF_ATTR_INT"
    | "TF_FLOAT"
    | "TF_INT32",
    number
  >
>;

/** The part of tfjs-node's engine that runs any TensorFlow operation by its name. */
interface TensorFlowBackend {
  readonly binding: Binding;
  executeMultipleOutputs(
    name: string,
    attributes: readonly object[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/**
 * Runs a TensorFlow operation by its name on the `tensorflow` engine, unrecorded. `T` is float32
 * unless given.
 *
 * @param inputs - in the operation's order.
 * @param outputs - how many it has. @defaultValue 1
 * @see https://www.tensorflow.org/api_docs/python/tf/raw_ops
 */
export function tensorFlowOp(
  name: string,
  inputs: readonly tf.TensorInfo[],
  attributes: Readonly<Record<string, OpAttribute>> = {},
  outputs = 1,
): tf.Tensor[] {
  const engine = tf.backend() as unknown as TensorFlowBackend;
  const all = { T: { type: "float32" } as const, ...attributes };
  const encoded = Object.entries(all).map(([key, value]) => encode(engine.binding, key, value));
  return engine.executeMultipleOutputs(name, encoded, inputs, outputs);
}

function encode(binding: Binding, name: string, value: OpAttribute): object {
  if (typeof value === "string") return { name, type: binding.TF_ATTR_STRING, value };
  if (typeof value === "boolean") return { name, type: binding.TF_ATTR_BOOL, value };
  if ("float" in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
  if ("type" in value) {
    const dtype = value.type === "float32" ? binding.TF_FLOAT : binding.TF_INT32;
    return { name, type: binding.TF_ATTR_TYPE, value: dtype };
  }
  return { name, type: binding.TF_ATTR_INT, value };
}
