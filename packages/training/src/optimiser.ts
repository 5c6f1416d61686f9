import * as tf from "@tensorflow/tfjs";

/** Variables by name. */
export type Variables = Readonly<Record<string, tf.Variable>>;

/** Gradients by the name of their parameter. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;

/** Moves parameters along gradients. */
export interface Optimiser {
  readonly parameters: Variables;
  /** Running averages and the like, by `kind.parameter`; part of a checkpoint. */
  readonly state: Variables;
  /** Updates done so far; set when a run is resumed. */
  stepCount: number;
  /**
   * One update. Every gradient is checked before any parameter moves. Gradients are not changed.
   *
   * @param gradients - one for each parameter, by its name.
   * @throws Error naming a parameter without a gradient or with one of another shape, or a gradient
   *   without a parameter.
   */
  update(gradients: Gradients, learningRate: number): void;
  /** Frees `state`; the parameters stay. */
  dispose(): void;
}

/** A zero-filled companion of each parameter, named `kind.parameter`. */
export function companions(kind: string, parameters: Variables): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      `${kind}.${name}`,
      tf.tidy(() => tf.variable(tf.zerosLike(parameter), false)),
    ]),
  );
}

/** @throws Error unless there is exactly one gradient for each parameter, of its shape. */
export function checkGradients(where: string, parameters: Variables, gradients: Gradients): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    const gradient = gradients[name];
    if (gradient === undefined) {
      throw new Error(
        `${where}: no gradient for \`${name}\`, got ${Object.keys(gradients).length} others. Does the loss depend on it?`,
      );
    }
    if (gradient.shape.join() !== parameter.shape.join()) {
      throw new Error(
        `${where}: the gradient for \`${name}\` must be [${parameter.shape.join(", ")}], got [${gradient.shape.join(", ")}].`,
      );
    }
  }
  for (const name of Object.keys(gradients)) {
    if (parameters[name] === undefined) {
      throw new Error(
        `${where}: the gradient \`${name}\` belongs to none of the ${Object.keys(parameters).length} parameters. Leave it out, or give the optimiser that parameter.`,
      );
    }
  }
}

/** @throws Error unless the number is in `[low, high)`. */
export function checkRange(
  where: string,
  name: string,
  value: number,
  [low, high]: readonly [number, number] = [0, Infinity],
): void {
  if (value >= low && value < high) return;
  const range = high === Infinity ? `at least ${low}` : `at least ${low} and below ${high}`;
  throw new Error(`${where}: \`${name}\` must be ${range}, got ${value}.`);
}
