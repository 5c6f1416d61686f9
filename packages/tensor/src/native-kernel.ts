import { registerKernels } from "@dira/portable-kernels";
import * as tf from "@tensorflow/tfjs";

/** A kernel of ours that an engine may offer: what it is called, how TensorFlow runs it, its gradient. */
export interface NativeKernel {
  /** In TensorFlow.js's kernel registry; other engines offer theirs under the same name. */
  readonly name: string;
  /** Runs it on the `tensorflow` engine, where that can. */
  readonly run?: (inputs: Inputs, attributes: Attributes) => tf.Tensor[];
  readonly gradient?: Gradient;
}

/** What a kernel keeps for its gradient, and the gradient of each input, taken only where it is needed. */
interface Gradient {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly boolean[];
  readonly of: (
    dy: tf.Tensor,
    saved: readonly tf.Tensor[],
    attributes: Attributes,
  ) => Readonly<Record<string, () => tf.Tensor>>;
}

/** A kernel's tensors by name. */
export type Inputs = Readonly<Record<string, tf.Tensor>>;

/** A kernel's settings by name. */
export type Attributes = Readonly<Record<string, unknown>>;

/**
 * Whether the engine in use has all of these kernels. Those of `tensorflow`, and those that
 * `@dira/portable-kernels` has for other engines, are registered here, on first use.
 */
export function offers(...kernels: readonly NativeKernel[]): boolean {
  const backend = tf.getBackend();
  if (backend === "tensorflow") kernels.forEach(register);
  else usePortableKernels(backend);
  const all = kernels.every(({ name }) => tf.getKernel(name, backend) !== undefined);
  if (all) kernels.forEach(registerGradient);
  return all;
}

/** Registers what `@dira/portable-kernels` has for an engine. */
export function usePortableKernels(backend: string): void {
  if (backend === "wasm" || backend === "cpu") registerKernels(backend);
}

/** Runs a kernel that the engine in use {@link offers}, recorded for the gradient. */
export function runKernel(
  { name }: NativeKernel,
  inputs: Inputs,
  attributes: Attributes = {},
): tf.Tensor[] {
  const outputs = tf
    .engine()
    .runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The same for a kernel of one output. */
export function runUnary(...call: Parameters<typeof runKernel>): tf.Tensor {
  return runKernel(...call)[0] as tf.Tensor;
}

function register({ name, run }: NativeKernel): void {
  if (run === undefined || tf.getKernel(name, "tensorflow") !== undefined) return;
  tf.registerKernel({
    kernelName: name,
    backendName: "tensorflow",
    kernelFunc: ({ inputs, attrs }) => {
      const outputs = run(inputs as unknown as Inputs, (attrs ?? {}) as Attributes);
      return outputs.length === 1 ? (outputs[0] as tf.Tensor) : outputs;
    },
  });
}

function registerGradient({ name, gradient }: NativeKernel): void {
  if (gradient === undefined || tf.getGradient(name) !== undefined) return;
  const { inputs = [], outputs = [], of } = gradient;
  tf.registerGradient({
    kernelName: name,
    inputsToSave: [...inputs],
    outputsToSave: [...outputs],
    gradFunc: (dy, saved, attributes) =>
      of(dy as tf.Tensor, saved, attributes as Attributes) as Record<string, () => tf.Tensor>,
  });
}
