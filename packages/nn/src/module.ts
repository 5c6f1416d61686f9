import type * as tf from "@tensorflow/tfjs";

/**
 * How a module runs: `"train"` normalises with the batch's statistics and updates the running ones,
 * `"infer"` uses the running ones and changes nothing.
 */
export type Mode = "train" | "infer";

/** Variables by name, e.g. `layer1.0.conv1.weight`. */
export type Variables = Readonly<Record<string, tf.Variable>>;

/**
 * A part of a network: a plain record of named variables and a function. Momentum twins, freezing,
 * counting, saving and loading are loops over the records.
 *
 * Names are those of PyTorch's state dicts; values keep TensorFlow.js's layout (convolution filters
 * `[…, C, C']`, linear weights `[C, C']`), which {@link toTorchLayout} turns.
 */
export interface Module<In, Out> {
  /** What an optimiser changes. */
  readonly parameters: Variables;
  /** What the forward pass itself changes: running statistics. */
  readonly buffers: Variables;
  /** The forward pass; in mode `"train"` it may write to the buffers. */
  apply(x: In, mode: Mode): Out;
}

/** Puts `prefix.` before each name. */
export function prefixed<T>(
  prefix: string,
  record: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, value]),
  );
}

/** The parameters and buffers of several named modules as one record each. */
export function gather(
  modules: Readonly<Record<string, Pick<Module<never, unknown>, "parameters" | "buffers">>>,
): { parameters: Variables; buffers: Variables } {
  const all = Object.entries(modules);
  return {
    parameters: Object.assign({}, ...all.map(([name, m]) => prefixed(name, m.parameters))),
    buffers: Object.assign({}, ...all.map(([name, m]) => prefixed(name, m.buffers))),
  };
}

/** The number of values in a record of variables. */
export function countParameters(variables: Variables): number {
  return Object.values(variables).reduce((sum, variable) => sum + variable.size, 0);
}
