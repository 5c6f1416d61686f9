import { parentPort } from "node:worker_threads";
import { type BatchTask, makeBatch } from "./view-batch.ts";

parentPort?.on("message", ({ id, task }: { id: number; task: BatchTask }) => {
  try {
    const batch = makeBatch(task);
    const buffers = [...batch.views, batch.target, batch.inpainted].map(
      (a) => a.buffer as ArrayBuffer,
    );
    parentPort?.postMessage({ id, batch }, buffers);
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
