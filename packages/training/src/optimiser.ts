import type * as tf from "@tensorflow/tfjs";

/** Variables by name. */
export type Variables = Readonly<Record<string, tf.Variable>>;

/** Moves parameters along gradients. */
export interface Optimiser {
  readonly parameters: Variables;
  /** Running averages and the like, by `kind.parameter`. */
  readonly state: Variables;
  /** Updates done so far; set when a run is resumed. */
  stepCount: number;
  /**
   * One update.
   *
   * @param gradients - one for each parameter, by its name.
   * @throws Error naming a parameter without a gradient.
   */
  update(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void;
}

/** A zero-filled companion of each parameter. */
export function companions(
  zerosLike: (variable: tf.Variable) => tf.Variable,
  kind: string,
  parameters: Variables,
): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, variable]) => [`${kind}.${name}`, zerosLike(variable)]),
  );
}

/** The gradient of a parameter. @throws Error when it is missing. */
export function gradientFor(
  where: string,
  name: string,
  gradients: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor {
  const gradient = gradients[name];
  if (gradient === undefined) {
    throw new Error(
      `${where}: no gradient for \`${name}\`, got ${Object.keys(gradients).length} others. Does the loss depend on it?`,
    );
  }
  return gradient;
}
