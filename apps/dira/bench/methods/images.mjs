import { validationBatches, viewLoader, batchMaker } from "@dira/data";
import { withChannels } from "@dira/dira";
import * as tf from "@tensorflow/tfjs";

const maker = batchMaker(0);

/** How many labels the images have. */
export const classes = ({ set }) => set.labelNames.length;

function pipelineOf(name, size) {
  const view = { size, resize: Math.round((size * 256) / 224), normalize: "none" };
  return { module: "@dira/data", name: "samplePipeline", args: [{ name, args: [view] }] };
}

/** Batches on the engine with their labels; each is disposed of when the next is asked for. */
async function* labelled(cache, batches) {
  for await (const { views, indices } of batches) {
    const [{ data, shape }] = views;
    const images = tf.tidy(() => withChannels(tf.tensor(data, shape), 3));
    yield { images, labels: [...indices].map((i) => [...cache.set.labels(i)]) };
    images.dispose();
  }
}

/** Augmented batches of training images, without end. */
export function trainingBatches(cache, { seed, batchSize, size }) {
  const pipeline = pipelineOf("classificationTraining", size);
  return labelled(cache, viewLoader({ cache, maker, batchSize, seed, pipeline }).from(0));
}

/** Every image once: resized, the central crop. */
export function plainBatches(cache, size) {
  const pipeline = pipelineOf("classificationValidation", size);
  return labelled(cache, validationBatches({ cache, maker, batchSize: 32, seed: 0, pipeline }));
}
