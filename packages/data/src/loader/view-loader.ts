import type { ImageCache } from "../cache/image-cache.ts";
import { DataError } from "../image.ts";
import { checkCall } from "./module-call.ts";
import { type Sampler, uniformSampler } from "./sampler.ts";
import type { BatchTask, ViewBatch } from "./view-batch.ts";
import type { BatchMaker } from "./worker-pool.ts";

/** What training and validation batches have in common. */
interface BatchOptions {
  readonly cache: ImageCache;
  readonly maker: BatchMaker;
  readonly batchSize: number;
  readonly seed: number;
  /** A call that gives a pipeline of transforms, e.g. `{ name: "diraViews", args: [{ size: 224 }] }`. */
  readonly pipeline: BatchTask["pipeline"];
  /** Whether masks go through the pipeline with their images. @defaultValue false */
  readonly masks?: boolean;
  /** Batches made ahead of the step, 1 or more; bounds memory. @defaultValue 3 */
  readonly ahead?: number;
}

/** Options of {@link viewLoader}. */
export interface ViewLoaderOptions extends BatchOptions {
  /** Over positions in `cache.usable`. @defaultValue {@link uniformSampler} of the seed */
  readonly sampler?: Sampler;
}

/** Batches in an order that depends on the seed alone. */
export interface ViewLoader {
  readonly stepsPerEpoch: number;
  /**
   * Batches from a step on, without end; the last, partial batch of an epoch is dropped. The number of
   * steps done is all of the loader's state: started there, it goes on as if it had never stopped.
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
 * The order of an epoch is the sampler's, keyed by (seed, epoch), and each image's transforms are keyed
 * by (seed, epoch, image, how often the epoch showed it before), so that the same step gives the same
 * batch with any number of workers and after any restart.
 *
 * @throws DataError when the batch is larger than an epoch, the pipeline is no call, or the sampler draws
 *   other positions than those of `cache.usable`.
 */
export function viewLoader(options: ViewLoaderOptions): ViewLoader {
  const { cache, batchSize, seed, ahead = 3 } = options;
  const { sampler = uniformSampler({ count: cache.usable.length, seed }) } = options;
  checkOptions("viewLoader", options);
  checkWhole("viewLoader: the sampler's length", sampler.length);
  if (batchSize > sampler.length) {
    throw new DataError(
      `The batch (${batchSize}) is larger than the set (${sampler.length} readable images). Use a smaller --batch.`,
    );
  }
  const stepsPerEpoch = Math.floor(sampler.length / batchSize);
  let drawn: Epoch = { epoch: -1, images: new Uint32Array(), repeats: new Uint32Array() };
  const task = (step: number): Promise<ViewBatch> => {
    if (!Number.isInteger(step) || step < 0) {
      throw new DataError(`Batches start at a whole step of 0 or more, got ${step}.`);
    }
    const epoch = Math.floor(step / stepsPerEpoch);
    if (drawn.epoch !== epoch) drawn = epochOf(sampler, epoch, cache.usable.length);
    const start = (step % stepsPerEpoch) * batchSize;
    const indices = Array.from(
      drawn.images.subarray(start, start + batchSize),
      (i) => cache.usable[i] as number,
    );
    return batchOf(options, epoch, indices, [...drawn.repeats.subarray(start, start + batchSize)]);
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

/** The draws of an epoch. */
interface Epoch {
  readonly epoch: number;
  readonly images: Uint32Array;
  /** How often each was drawn before in the epoch. */
  readonly repeats: Uint32Array;
}

function epochOf(sampler: Sampler, epoch: number, count: number): Epoch {
  const drawn: ArrayLike<number> = sampler.order(epoch);
  if (drawn.length !== sampler.length) {
    throw new DataError(
      `viewLoader: the sampler must draw as many as its length, ${sampler.length}, got ${drawn.length} in epoch ${epoch}.`,
    );
  }
  const images = Uint32Array.from(drawn, (position, at) => {
    if (Number.isInteger(position) && position >= 0 && position < count) return position;
    throw new DataError(
      `viewLoader: the sampler must draw positions in cache.usable, 0 to ${count - 1}, got ${position} as draw ${at} of epoch ${epoch}. It counts readable images, not those of the set.`,
    );
  });
  const seen = new Map<number, number>();
  const repeats = images.map((image) => {
    const before = seen.get(image) ?? 0;
    seen.set(image, before + 1);
    return before;
  });
  return { epoch, images, repeats };
}

/** Options of {@link validationBatches}. */
export interface ValidationOptions extends BatchOptions {
  /** Whether the last, smaller batch counts. @defaultValue true */
  readonly keepLast?: boolean;
  /** How often each image comes, one time after the other: patches a volume, say. @defaultValue 1 */
  readonly repeats?: number;
}

/**
 * Every image once, or `repeats` times, in order, each time with the transforms that it has in epoch 0 when it
 * is drawn so often: for validation. A seed always gives the same.
 */
export function validationBatches(
  options: ValidationOptions,
): AsyncGenerator<ViewBatch, void, void> {
  const { cache, batchSize, ahead = 3, keepLast = true, repeats = 1 } = options;
  checkOptions("validationBatches", options);
  checkWhole("validationBatches: `repeats`", repeats);
  const draws = cache.usable.length * repeats;
  const batches = draws / batchSize;
  const task = (step: number): Promise<ViewBatch> => {
    const first = step * batchSize;
    const drawn = Array.from({ length: Math.min(batchSize, draws - first) }, (_, i) => first + i);
    const indices = drawn.map((draw) => cache.usable[Math.floor(draw / repeats)] as number);
    return batchOf(
      options,
      0,
      indices,
      drawn.map((draw) => draw % repeats),
    );
  };
  return inOrder(task, 0, keepLast ? Math.ceil(batches) : Math.floor(batches), ahead);
}

function checkOptions(where: string, { batchSize, ahead = 3, pipeline }: BatchOptions): void {
  checkWhole(`${where}: \`batchSize\``, batchSize);
  checkWhole(`${where}: \`ahead\``, ahead);
  checkCall(`${where}: \`pipeline\``, pipeline);
}

function checkWhole(what: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new DataError(`${what} must be a whole number above 0, got ${value}.`);
}

async function batchOf(
  { cache, maker, seed, pipeline, masks = false }: BatchOptions,
  epoch: number,
  indices: readonly number[],
  repeats?: readonly number[],
): Promise<ViewBatch> {
  const [images, labels] = await Promise.all([
    Promise.all(indices.map((index) => cache.get(index))),
    masks ? Promise.all(indices.map((index) => cache.mask(index))) : undefined,
  ]);
  return maker.make({
    images,
    indices,
    seed,
    epoch,
    pipeline,
    ...(labels === undefined ? {} : { masks: labels }),
    ...(repeats === undefined ? {} : { repeats }),
  });
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
    while (pending.length < ahead && step + pending.length < end) {
      const made = task(step + pending.length);
      made.catch(() => undefined); // reported when its turn comes
      pending.push(made);
    }
    yield await (pending.shift() as Promise<T>);
  }
}
