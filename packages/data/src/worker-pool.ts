import { Worker } from "node:worker_threads";
import { type BatchTask, makeBatch, type ViewBatch } from "./view-batch.ts";

/** Transforms batches, here or in worker threads; the result is the same. */
export interface BatchMaker {
  make(task: BatchTask): Promise<ViewBatch>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (batch: ViewBatch) => void;
  readonly reject: (error: Error) => void;
}

/** A maker with this many worker threads; 0 works in the calling thread. */
export function batchMaker(workers: number): BatchMaker {
  if (workers === 0) {
    return { make: async (task) => makeBatch(task), close: () => Promise.resolve() };
  }
  const waiting = new Map<number, Waiting>();
  // Workers run the compiled file, also when this one runs from source.
  const file = new URL(
    import.meta.url.endsWith(".ts") ? "../dist/batch-worker.js" : "./batch-worker.js",
    import.meta.url,
  );
  const threads = Array.from({ length: workers }, () => new Worker(file, { execArgv: [] }));
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values())
      reject(new Error(`A data worker failed: ${error.message}`));
    waiting.clear();
  };
  for (const thread of threads) {
    thread.on(
      "message",
      ({ id, batch, error }: { id: number; batch?: ViewBatch; error?: string }) => {
        const entry = waiting.get(id);
        waiting.delete(id);
        if (batch !== undefined) entry?.resolve(batch);
        else entry?.reject(new Error(`A data worker failed: ${error}`));
      },
    );
    thread.on("error", failAll);
  }
  let next = 0;
  return {
    make: (task) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        threads[id % workers]?.postMessage({ id, task });
      }),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
