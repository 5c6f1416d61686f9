import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type BatchTask, makeBatch, type ViewBatch } from "./view-batch.ts";

/** Transforms batches, here or in worker threads; the result is the same. */
export interface BatchMaker {
  /** Transforms one batch; several can be asked for at once. */
  make(task: BatchTask): Promise<ViewBatch>;
  /** Stops the threads; batches still being made are given up. */
  close(): Promise<void>;
}

interface Job {
  readonly resolve: (batch: ViewBatch) => void;
  readonly reject: (error: Error) => void;
  readonly thread: Worker;
}

interface Answer {
  readonly id: number;
  readonly batch?: ViewBatch;
  readonly error?: string;
}

/**
 * A maker with this many worker threads; 0 works in the calling thread. Images go to the threads in
 * shared memory and batches come back by transfer: no pixel is copied.
 *
 * @param workers - @defaultValue all processors but one, which trains; at least 1
 */
export function batchMaker(workers: number = Math.max(1, availableParallelism() - 1)): BatchMaker {
  if (!Number.isInteger(workers) || workers < 0) {
    throw new RangeError(`batchMaker: expected 0 or more workers, got ${workers}.`);
  }
  return workers === 0
    ? { make: async (task) => makeBatch(task), close: () => Promise.resolve() }
    : threadedMaker(workers);
}

function threadedMaker(workers: number): BatchMaker {
  const jobs = new Map<number, Job>();
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of jobs.values()) reject(broken);
    jobs.clear();
  };
  const failed = (why: string): void => fail(new Error(`A data worker failed: ${why}`));
  const settle = ({ id, batch, error }: Answer): void => {
    const job = jobs.get(id);
    jobs.delete(id);
    if (batch !== undefined) job?.resolve(batch);
    else job?.reject(new Error(`A data worker failed: ${error}`));
  };
  const threads = Array.from({ length: workers }, () => {
    // Without the parent's flags, which may resolve packages to their source.
    const thread = new Worker(workerFile(), { execArgv: [] });
    thread.on("message", settle);
    thread.on("error", (error) => failed(error instanceof Error ? error.message : String(error)));
    thread.on("exit", (code) => failed(`it ended with code ${code}`));
    return thread;
  });
  const load = (thread: Worker): number =>
    [...jobs.values()].filter((job) => job.thread === thread).length;
  let next = 0;
  return {
    make: (task) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken);
        const id = next++;
        const thread = threads.reduce((a, b) => (load(b) < load(a) ? b : a));
        jobs.set(id, { resolve, reject, thread });
        thread.postMessage({ id, task });
      }),
    close: async () => {
      fail(new Error("The batch maker is closed."));
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/** Workers run the compiled file, also when this one runs from source. */
function workerFile(): URL {
  const inSource = import.meta.url.endsWith(".ts");
  return new URL(inSource ? "../dist/batch-worker.js" : "./batch-worker.js", import.meta.url);
}
