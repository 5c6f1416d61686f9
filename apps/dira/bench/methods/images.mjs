import {
  batchMaker,
  cacheImages,
  cacheSide,
  openImages,
  validationBatches,
  viewLoader,
} from "@dira/data";
import { withChannels } from "@dira/dira";
import * as tf from "@tensorflow/tfjs";

/** Side of what the encoder sees. */
export const SIZE = 96;

const maker = batchMaker(0);

/** The images of a list, decoded. */
export const openList = (data, list) =>
  cacheImages(openImages(data, list), { side: cacheSide(SIZE) });

/** How many labels the images have. */
export const classes = ({ set }) => set.labelNames.length;

function pipelineOf(name) {
  const resize = Math.round((SIZE * 256) / 224);
  const view = { size: SIZE, resize, normalize: "none" };
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
export function trainingBatches(cache, seed, batchSize) {
  const pipeline = pipelineOf("classificationTraining");
  return labelled(cache, viewLoader({ cache, maker, batchSize, seed, pipeline }).from(0));
}

/** Every image once: resized, the central crop. */
export function plainBatches(cache) {
  const pipeline = pipelineOf("classificationValidation");
  return labelled(cache, validationBatches({ cache, maker, batchSize: 32, seed: 0, pipeline }));
}
