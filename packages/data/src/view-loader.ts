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
  /** Batches from a step on, without end; the last, partial batch of an epoch is dropped. */
  from(step: number): AsyncGenerator<ViewBatch, void, void>;
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
  const { cache, maker, batchSize, seed, transform, ahead = 3 } = options;
  const count = cache.usable.length;
  if (batchSize > count) {
    throw new DataError(
      `The batch (${batchSize}) is larger than the set (${count} readable images). Use a smaller --batch.`,
    );
  }
  const stepsPerEpoch = Math.floor(count / batchSize);
  const make = async (step: number): Promise<ViewBatch> => {
    const epoch = Math.floor(step / stepsPerEpoch);
    const start = (step % stepsPerEpoch) * batchSize;
    const order = createRandom(seed, "order", epoch).permutation(count);
    const indices = [...order.subarray(start, start + batchSize)].map(
      (i) => cache.usable[i] as number,
    );
    const images = await Promise.all(indices.map((index) => cache.get(index)));
    return maker.make({ images, indices, seed, epoch, transform });
  };
  return {
    stepsPerEpoch,
    async *from(step) {
      const pending: Promise<ViewBatch>[] = [];
      for (let next = step; ; next += 1) {
        while (pending.length < ahead) {
          const batch = make(next + pending.length);
          batch.catch(() => undefined); // reported when its turn comes
          pending.push(batch);
        }
        yield await (pending.shift() as Promise<ViewBatch>);
      }
    },
  };
}

/** Every image once, in order, each with fixed transforms: for validation. */
export async function* validationBatches(
  options: Omit<ViewLoaderOptions, "ahead">,
): AsyncGenerator<ViewBatch, void, void> {
  const { cache, maker, batchSize, seed, transform } = options;
  for (let start = 0; start < cache.usable.length; start += batchSize) {
    const indices = cache.usable.slice(start, start + batchSize);
    const images = await Promise.all(indices.map((index) => cache.get(index)));
    yield await maker.make({ images, indices, seed, epoch: 0, transform });
  }
}
