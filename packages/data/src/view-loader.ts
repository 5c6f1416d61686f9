import { createRandom } from "@dira/random";
import { DataError } from "./image.ts";
import type { ImageCache } from "./image-cache.ts";
import type { BatchTask, ViewBatch } from "./view-batch.ts";
import type { BatchMaker } from "./worker-pool.ts";

/** Options of {@link viewLoader}. */
export interface ViewLoaderOptions {
  readonly cache: ImageCache;
  readonly maker: BatchMaker;
  readonly batchSize: number;
  readonly seed: number;
  readonly transform: BatchTask["transform"];
  /** Batches made ahead of the step; bounds memory. @defaultValue 3 */
  readonly ahead?: number;
}

/** Batches in an order that depends on the seed alone. */
export interface ViewLoader {
  readonly stepsPerEpoch: number;
  /**
   * Batches from a step on, without end; the last, partial batch of an epoch is dropped.
   *
   * @param start - steps since the first, or an epoch and a step in it.
   */
  from(
    start: number | { readonly epoch: number; readonly step?: number },
  ): AsyncGenerator<ViewBatch, void, void>;
}

/**
 * Loads, transforms and batches images ahead of the training step.
 *
 * The order of an epoch is a permutation keyed by (seed, epoch), and each image's transforms are keyed
 * by (seed, epoch, image), so that the same step gives the same batch with any number of workers and
 * after any restart.
 *
 * @throws DataError when the batch is larger than the set.
 */
export function viewLoader(options: ViewLoaderOptions): ViewLoader {
  const { cache, batchSize, seed, ahead = 3 } = options;
  const count = cache.usable.length;
  checkBatchSize(batchSize);
  if (batchSize > count) {
    throw new DataError(
      `The batch (${batchSize}) is larger than the set (${count} readable images). Use a smaller --batch.`,
    );
  }
  const stepsPerEpoch = Math.floor(count / batchSize);
  let order: { epoch: number; images: Uint32Array } = { epoch: -1, images: new Uint32Array() };
  const task = (step: number): Promise<ViewBatch> => {
    const epoch = Math.floor(step / stepsPerEpoch);
    if (order.epoch !== epoch) {
      order = { epoch, images: createRandom(seed, "order", epoch).permutation(count) };
    }
    const start = (step % stepsPerEpoch) * batchSize;
    const chosen = order.images.subarray(start, start + batchSize);
    return batchOf(
      options,
      epoch,
      Array.from(chosen, (i) => cache.usable[i] as number),
    );
  };
  return {
    stepsPerEpoch,
    from: (start) =>
      inOrder(
        task,
        typeof start === "number" ? start : start.epoch * stepsPerEpoch + (start.step ?? 0),
        Infinity,
        ahead,
      ),
  };
}

/** Options of {@link validationBatches}. */
export interface ValidationOptions extends ViewLoaderOptions {
  /** Whether the last, smaller batch counts. @defaultValue true */
  readonly keepLast?: boolean;
}

/** Every image once, in order, each with the transforms that it has in epoch 0: for validation. */
export function validationBatches(
  options: ValidationOptions,
): AsyncGenerator<ViewBatch, void, void> {
  const { cache, batchSize, ahead = 3, keepLast = true } = options;
  checkBatchSize(batchSize);
  const batches = cache.usable.length / batchSize;
  const task = (step: number): Promise<ViewBatch> =>
    batchOf(options, 0, cache.usable.slice(step * batchSize, (step + 1) * batchSize));
  return inOrder(task, 0, keepLast ? Math.ceil(batches) : Math.floor(batches), ahead);
}

function checkBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize > 0) return;
  throw new DataError(`The batch must be a whole number above 0, got ${batchSize}.`);
}

async function batchOf(
  { cache, maker, seed, transform }: ViewLoaderOptions,
  epoch: number,
  indices: readonly number[],
): Promise<ViewBatch> {
  const images = await Promise.all(indices.map((index) => cache.get(index)));
  return maker.make({ images, indices, seed, epoch, transform });
}

/** Starts up to `ahead` tasks before the one that is waited for. */
async function* inOrder<T>(
  task: (step: number) => Promise<T>,
  start: number,
  end: number,
  ahead: number,
): AsyncGenerator<T, void, void> {
  const pending: Promise<T>[] = [];
  for (let step = start; step < end; step += 1) {
    while (pending.length < Math.max(1, ahead) && step + pending.length < end) {
      const made = task(step + pending.length);
      made.catch(() => undefined); // reported when its turn comes
      pending.push(made);
    }
    yield await (pending.shift() as Promise<T>);
  }
}
