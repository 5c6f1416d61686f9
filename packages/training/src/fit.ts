import { leakGuard } from "./leak-guard.ts";
import type { Schedule } from "./schedule.ts";

/** Scalars by name. */
export type Metrics = Readonly<Record<string, number>>;

/** What a step is told besides its batch. */
export interface FitContext {
  /** Steps done before this one. */
  readonly step: number;
  /** Whole epochs done before this one. */
  readonly epoch: number;
  readonly learningRate: number;
}

/** What a step gave: its metrics, and `step` (from 1), `lr`, `images_per_second`; in Node `rss_bytes`. */
export type StepLine = Metrics & {
  readonly step: number;
  readonly lr: number;
  readonly images_per_second: number;
};

/** Options of {@link fit}. */
export interface FitOptions<Batch> {
  /** One step of training; disposes of what it makes. Its metrics must be finite. */
  readonly step: (batch: Batch, context: FitContext) => Promise<Metrics>;
  /** The batches from a step on; ending before `steps` is an error. */
  readonly batches: (from: number) => AsyncIterable<Batch>;
  /** Images in a batch, for `images_per_second`. */
  readonly imagesIn: (batch: Batch) => number;
  readonly learningRate: Schedule;
  /** Steps to have done at the end. */
  readonly steps: number;
  /** Steps already done: those of the checkpoint. @defaultValue 0 */
  readonly from?: number;
  /** @defaultValue `steps`: one epoch */
  readonly stepsPerEpoch?: number;
  /** Runs at each epoch's end and after the last step; its metrics join that step's line. */
  readonly validate?: (done: number) => Promise<Metrics>;
  /** Takes a step's line, e.g. into the run's log. */
  readonly onStep?: (line: StepLine) => void | Promise<void>;
  /** Saves the state. Runs every `checkpointEvery` steps, where `checkpointAlso` says so, when stopped, and after the last step. */
  readonly checkpoint?: (line: StepLine) => Promise<void>;
  /** @defaultValue `stepsPerEpoch` */
  readonly checkpointEvery?: number;
  /** Whether to save after this step too, e.g. when its validation is the best so far. @defaultValue never */
  readonly checkpointAlso?: (line: StepLine) => boolean;
  /** When it aborts, the step under way is finished and saved. In Node `onInterrupt` gives one. */
  readonly signal?: AbortSignal;
  /** Refuse a number of tensors that grows. @defaultValue false */
  readonly checkLeaks?: boolean;
}

/** How training ended. */
export interface FitResult {
  /** Steps done in all. */
  readonly done: number;
  /** Whether the signal stopped it before `steps`. */
  readonly stopped: boolean;
  /** The last step's line, if any was done. */
  readonly last?: StepLine;
}

/**
 * Trains: batch, step, validation at an epoch's end, line, checkpoint. It knows steps, not methods.
 *
 * A run that is resumed at `from` goes through the same steps as one that was never stopped, as long as
 * step, batches and schedule depend on the step's number alone.
 *
 * @throws Error when a metric is NaN or infinite (step and term are named; nothing is saved over the
 *   last checkpoint), when batches run out, or when tensors leak.
 */
export async function fit<Batch>(options: FitOptions<Batch>): Promise<FitResult> {
  const { from = 0, steps, signal, stepsPerEpoch = Math.max(1, steps) } = options;
  const checkpointEvery = options.checkpointEvery ?? stepsPerEpoch;
  const aborted = (): boolean => signal?.aborted === true;
  const result = (done: number, last?: StepLine): FitResult => {
    const stopped = done < steps && aborted();
    return last === undefined ? { done, stopped } : { done, stopped, last };
  };
  if (from >= steps || aborted()) return result(from);
  const guard = options.checkLeaks === true ? leakGuard() : () => undefined;
  let done = from;
  let began = performance.now();
  for await (const batch of options.batches(from)) {
    const epoch = Math.floor(done / stepsPerEpoch);
    const learningRate = options.learningRate(done);
    const images = options.imagesIn(batch);
    const metrics = await options.step(batch, { step: done, epoch, learningRate });
    const seconds = (performance.now() - began) / 1000;
    guard();
    done += 1;
    checkFinite(metrics, done, learningRate);
    const ends = done >= steps;
    const validates = options.validate !== undefined && (ends || done % stepsPerEpoch === 0);
    const validation = validates ? await options.validate?.(done) : {};
    checkFinite(validation ?? {}, done, learningRate);
    const line: StepLine = {
      ...metrics,
      ...validation,
      step: done,
      lr: learningRate,
      images_per_second: images / seconds,
      ...residentMemory(),
    };
    await options.onStep?.(line);
    await turn();
    const stops = ends || aborted();
    const due = stops || done % checkpointEvery === 0 || options.checkpointAlso?.(line) === true;
    if (due) await options.checkpoint?.(line);
    if (stops) return result(done, line);
    began = performance.now();
  }
  throw new Error(
    `fit: the batches ran out after step ${done} of ${steps}. Let \`batches\` go on through all epochs.`,
  );
}

/**
 * Lets timers, signals and other messages through. Where batches are ready and steps end without waiting, promises alone
 * would follow each other, and Ctrl-C or an abort by a timer would not be heard before the last step.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}

/** The process's memory; a browser's page knows none. */
function residentMemory(): Metrics {
  const inNode = typeof process !== "undefined" && typeof process.memoryUsage === "function";
  return inNode ? { rss_bytes: process.memoryUsage.rss() } : {};
}

function checkFinite(metrics: Metrics, step: number, learningRate: number): void {
  const bad = Object.entries(metrics).filter(([, value]) => !Number.isFinite(value));
  if (bad.length === 0) return;
  const told = bad.map(([name, value]) => `${name} is ${value}`).join(", ");
  throw new Error(
    `Step ${step}: ${told}. The last checkpoint is kept. Try a learning rate below ${learningRate}, a warm-up, or look for damaged images in this step's batch.`,
  );
}
