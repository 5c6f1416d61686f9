import { existsSync } from "node:fs";
import { createRandom } from "@dira/random";
import { meanSquaredError, valueAndGradients } from "@dira/tensor";
import { adam, constant, fit, type Optimiser } from "@dira/training";
import { checkpointFolder, keepAs, loadState, type RunFolder } from "@dira/training/node";
import * as tf from "@tensorflow/tfjs";
import { progress } from "../pretraining/progress.ts";
import type { VolumeAutoEncoder } from "./auto-encoder.ts";
import type { DiscoveryConfig } from "./config.ts";
import type { Thumbnails } from "./thumbnails.ts";

/** What {@link trainAutoEncoder} needs. */
export interface AutoEncoderTraining {
  readonly config: DiscoveryConfig;
  readonly network: VolumeAutoEncoder;
  readonly run: RunFolder;
  readonly train: Thumbnails;
  readonly val: Thumbnails;
  readonly signal: AbortSignal;
}

/**
 * Trains the auto-encoder with Adam on the mean squared error, or what is left of it, and takes the
 * weights of the epoch with the lowest held-out error.
 *
 * @returns whether it was interrupted.
 */
export async function trainAutoEncoder(training: AutoEncoderTraining): Promise<boolean> {
  const { config, network, run, train, val, signal } = training;
  const { autoEncoder, seed } = config;
  const batch = Math.min(autoEncoder.batch, train.usable.length);
  const stepsPerEpoch = Math.floor(train.usable.length / batch);
  const steps = autoEncoder.steps ?? autoEncoder.epochs * stepsPerEpoch;
  const optimiser = adam({ parameters: network.parameters });
  const { parameters, buffers } = network;
  const records = { parameters, buffers, optimiser: optimiser.state };
  const checkpoints = checkpointFolder(run.checkpoints);
  const saved = existsSync(checkpoints.last) ? loadState(checkpoints.last, records).numbers : {};
  // Killed after the one and before the other, the last was not kept as the best.
  if (saved["isBest"] === 1) keepAs(checkpoints.last, checkpoints.best);
  const from = saved["done"] ?? 0;
  optimiser.stepCount = from;
  run.truncateLog(from);
  if (from > 0) console.log(`auto-encoder: resumed at step ${from} of ${steps}`);
  let best = saved["best"] ?? Infinity;
  const bar = progress("auto-encoder", steps, batch, from);
  const { stopped } = await fit<tf.Tensor>({
    from,
    steps,
    stepsPerEpoch,
    signal,
    checkLeaks: true,
    learningRate: constant(autoEncoder.learningRate),
    batches: (start) => batchesFrom(train, { start, batch, stepsPerEpoch, seed, config }),
    imagesIn: (x) => x.shape[0] as number,
    step: (x, { learningRate }) => trainStep(network, optimiser, x, learningRate),
    validate: async () => ({ val_loss: await heldOutError(network, val, config) }),
    onStep: (line) => {
      run.log(line);
      bar.update(line.step, line["loss"] ?? NaN);
    },
    checkpoint: async (line) => {
      const better = (line["val_loss"] ?? Infinity) < best;
      if (better) best = line["val_loss"] as number;
      run.flush();
      const numbers = { done: line.step, best, isBest: Number(better) };
      await checkpoints.save(records, numbers, { best: better });
    },
  }).finally(bar.stop);
  if (!stopped) loadState(checkpoints.best, records);
  optimiser.dispose();
  return stopped;
}

interface Order {
  readonly start: number;
  readonly batch: number;
  readonly stepsPerEpoch: number;
  readonly seed: number;
  readonly config: DiscoveryConfig;
}

/** Batches from a step on, each epoch in an order of its own. */
async function* batchesFrom(
  { usable, read }: Thumbnails,
  { start, batch, stepsPerEpoch, seed, config }: Order,
): AsyncGenerator<tf.Tensor> {
  for (let step = start; ; step += 1) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const order = createRandom(seed, "auto-encoder-order", epoch).permutation(usable.length);
    const first = (step % stepsPerEpoch) * batch;
    yield volumesOf([...order.slice(first, first + batch)].map(read), config);
  }
}

/** `[N, D, H, W, 1]`. */
export function volumesOf(
  volumes: readonly Float32Array[],
  { autoEncoder: { volume } }: DiscoveryConfig,
): tf.Tensor {
  const size = volume.reduce((a, b) => a * b, 1);
  const data = new Float32Array(volumes.length * size);
  volumes.forEach((values, i) => data.set(values, i * size));
  return tf.tensor(data, [volumes.length, ...volume, 1]);
}

async function trainStep(
  network: VolumeAutoEncoder,
  optimiser: Optimiser,
  x: tf.Tensor,
  learningRate: number,
): Promise<Record<string, number>> {
  const loss = tf.tidy(() => {
    const names = Object.keys(network.parameters);
    const { value, gradients } = valueAndGradients(
      () => meanSquaredError(network.apply(x, "train"), x),
      Object.values(network.parameters),
    );
    const named = Object.fromEntries(names.map((name, i) => [name, gradients[i] as tf.Tensor]));
    optimiser.update(named, learningRate);
    return value;
  });
  const [value] = await loss.data();
  tf.dispose([loss, x]);
  return { loss: value as number };
}

/** Mean squared error of held-out volumes, one by one. */
async function heldOutError(
  network: VolumeAutoEncoder,
  { usable, read }: Thumbnails,
  config: DiscoveryConfig,
): Promise<number> {
  let sum = 0;
  for (let i = 0; i < usable.length; i += 1) {
    const error = tf.tidy(() => {
      const x = volumesOf([read(i)], config);
      return meanSquaredError(network.apply(x, "infer"), x);
    });
    sum += (await error.data())[0] as number;
    error.dispose();
  }
  return sum / usable.length;
}
