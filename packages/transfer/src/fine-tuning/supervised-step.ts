import type { Mode, Module, Variables } from "@dira/nn";
import { DiraError, type FeatureMap, valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** What moves parameters, such as the optimisers of `@dira/training`. */
export interface ParameterMover {
  /** Moves each parameter along its gradient. */
  update(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void;
}

/** Images with what is to be told of them. */
export interface SupervisedBatch {
  /** `[N, …, C]`. */
  readonly images: tf.Tensor;
  /** What the loss compares the network's output with. */
  readonly targets: tf.Tensor;
}

/** Options of {@link supervisedStep}. */
export interface SupervisedStepOptions {
  readonly network: Module<FeatureMap, tf.Tensor>;
  /** Of the network's output and the targets. */
  readonly loss: (output: tf.Tensor, targets: tf.Tensor) => tf.Scalar;
  /** The parameters to train; see {@link trainable}. */
  readonly parameters: Variables;
  readonly optimiser: ParameterMover;
}

/** A supervised training step, and its evaluation. */
export interface SupervisedStep {
  /** One step; gives the loss. */
  train(batch: SupervisedBatch, learningRate: number): Promise<number>;
  /** The loss and the output in inference mode; dispose of the output. */
  evaluate(batch: SupervisedBatch): Promise<{ readonly loss: number; readonly output: tf.Tensor }>;
}

/**
 * A step of fine-tuning: forward pass, loss, gradients of the parameters that are trained, optimiser.
 *
 * @throws DiraError where there is nothing to train, or the loss does not depend on a parameter.
 */
export function supervisedStep(options: SupervisedStepOptions): SupervisedStep {
  const { network, loss, parameters, optimiser } = options;
  const names = Object.keys(parameters);
  if (names.length === 0) {
    throw new DiraError("supervisedStep: expected parameters to train, got none.");
  }
  const forward = ({ images, targets }: SupervisedBatch, mode: Mode): [tf.Scalar, tf.Tensor] => {
    const output = network.apply(images as FeatureMap, mode);
    return [loss(output, targets), output];
  };
  return {
    train: async (batch, learningRate) => {
      const value = tf.tidy(() => {
        const run = valueAndGradients(() => forward(batch, "train")[0], Object.values(parameters));
        const gradients = names.map((name, i) => [name, gradientOf(name, run.gradients[i])]);
        optimiser.update(Object.fromEntries(gradients) as Record<string, tf.Tensor>, learningRate);
        return run.value;
      });
      return read(value);
    },
    evaluate: async (batch) => {
      const [value, output] = tf.tidy(() => forward(batch, "infer"));
      return { loss: await read(value), output };
    },
  };
}

function gradientOf(name: string, gradient: tf.Tensor | undefined): tf.Tensor {
  if (gradient !== undefined) return gradient;
  throw new DiraError(
    `supervisedStep: no gradient reaches \`${name}\`. Leave it out of the parameters, or use it in the network.`,
  );
}

async function read(value: tf.Scalar): Promise<number> {
  const [number = NaN] = await value.data();
  value.dispose();
  return number;
}
