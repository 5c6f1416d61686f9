import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ImageError, type Scan } from "../image.ts";
import { doJob, type Job, type Outcome, type ReadTask } from "./job.ts";
import type { BatchTask, ViewBatch } from "./view-batch.ts";

/** Reads images and transforms batches, here or in worker threads; the result is the same. */
export interface BatchMaker {
  /** Transforms one batch; several can be asked for at once. */
  make(task: BatchTask): Promise<ViewBatch>;
  /** Reads one image. @throws ImageError when it can't be read. */
  read(task: ReadTask): Promise<Scan>;
  /** Stops the threads; what is still being made is given up. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (result: ViewBatch | Scan) => void;
  readonly reject: (error: Error) => void;
  readonly thread: Worker;
}

interface Answer {
  readonly id: number;
  readonly outcome: Outcome;
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
  const { run, close } =
    workers === 0 ? { run: doJob, close: () => Promise.resolve() } : threads(workers);
  return {
    make: (task) => run({ kind: "batch", task }) as Promise<ViewBatch>,
    read: (task) => run({ kind: "read", task }) as Promise<Scan>,
    close,
  };
}

function threads(workers: number): {
  run(job: Job): Promise<ViewBatch | Scan>;
  close(): Promise<void>;
} {
  const jobs = new Map<number, Pending>();
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    for (const { reject } of jobs.values()) reject(broken);
    jobs.clear();
  };
  const failed = (why: string): void => fail(new Error(`A data worker failed: ${why}`));
  const settle = ({ id, outcome }: Answer): void => {
    const job = jobs.get(id);
    jobs.delete(id);
    if ("result" in outcome) job?.resolve(outcome.result);
    else if (outcome.unreadable) job?.reject(new ImageError(outcome.error));
    else job?.reject(new Error(`A data worker failed: ${outcome.error}`));
  };
  const pool = Array.from({ length: workers }, () => {
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
    run: (job) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken);
        const id = next++;
        const thread = pool.reduce((a, b) => (load(b) < load(a) ? b : a));
        jobs.set(id, { resolve, reject, thread });
        thread.postMessage({ id, job });
      }),
    close: async () => {
      fail(new Error("The batch maker is closed."));
      await Promise.all(pool.map((thread) => thread.terminate()));
    },
  };
}

/** Workers run the compiled file, also when this one runs from source. */
function workerFile(): URL {
  const inSource = import.meta.url.endsWith(".ts");
  return new URL(inSource ? "../../dist/loader/worker.js" : "./worker.js", import.meta.url);
}
