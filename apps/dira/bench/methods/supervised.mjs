import { linear } from "@dira/nn";
import { createRandom } from "@dira/random";
import { globalAveragePool, valueAndGradients } from "@dira/tensor";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { classes, trainingBatches } from "./images.mjs";
import { randomEncoder } from "./methods.mjs";

/**
 * An encoder and a linear head trained with the labels: mean binary cross-entropy, the benchmark's
 * augmentation, Adam 2e-4. Gives the encoder.
 */
export async function trainSupervised(cache, { seed, steps, batchSize }) {
  const encoder = randomEncoder(seed);
  const random = createRandom(seed, "supervised");
  const { name, channels } = encoder.stages.at(-1);
  const head = linear({ inFeatures: channels, outFeatures: classes(cache), random });
  const parameters = { ...encoder.parameters };
  for (const [key, value] of Object.entries(head.parameters)) parameters[`head.${key}`] = value;
  const optimiser = adam({ parameters });
  let done = 0;
  for await (const { images, labels } of trainingBatches(cache, seed, batchSize)) {
    tf.tidy(() => {
      const { gradients } = valueAndGradients(() => {
        const features = globalAveragePool(encoder.apply(images, "train")[name]);
        return tf.losses.sigmoidCrossEntropy(tf.tensor2d(labels), head.apply(features, "train"));
      }, Object.values(parameters));
      const named = Object.keys(parameters).map((key, i) => [key, gradients[i]]);
      optimiser.update(Object.fromEntries(named), 2e-4);
    });
    done += 1;
    if (done === steps) break;
  }
  optimiser.dispose();
  return encoder;
}
