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
   * One update. Every gradient is checked before any parameter moves.
   *
   * @param gradients - one for each parameter, by its name; others are left alone.
   * @throws Error naming a parameter without a gradient, or with one of another shape.
   */
  update(gradients: Gradients, learningRate: number): void;
  /** Frees `state`; the parameters stay. */
  dispose(): void;
}

/** What all optimisers take. */
export interface DecayOptions {
  /** λ: adds `λθ` to the gradient (L2, as PyTorch's `weight_decay`). @defaultValue 0 */
  readonly weightDecay?: number;
  /**
   * Which parameters decay. MoCo and PyTorch decay all, biases and norms included.
   * @defaultValue all
   */
  readonly decay?: (name: string) => boolean;
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

/** What an optimiser does to one parameter; runs inside a tidy. */
export type Move = (parameter: tf.Variable, gradient: tf.Tensor, name: string) => void;

/**
 * Moves every parameter, each in its own tidy, so that the temporaries of one are gone before the
 * next. Constants made outside of it live through the update.
 */
export function moveAll(
  where: string,
  parameters: Variables,
  gradients: Gradients,
  { weightDecay = 0, decay = () => true }: DecayOptions,
  move: Move,
): void {
  checkGradients(where, parameters, gradients);
  for (const [name, parameter] of Object.entries(parameters)) {
    tf.tidy(() => {
      const raw = gradients[name] as tf.Tensor;
      const decays = weightDecay !== 0 && decay(name);
      move(parameter, decays ? tf.add(raw, tf.mul(parameter, weightDecay)) : raw, name);
    });
  }
}

function checkGradients(where: string, parameters: Variables, gradients: Gradients): void {
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
