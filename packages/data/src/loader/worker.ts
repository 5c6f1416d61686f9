import { parentPort } from "node:worker_threads";
import { type Job, outcomeOf, transferables } from "./job.ts";

parentPort?.on("message", ({ id, job }: { id: number; job: Job }) => {
  void outcomeOf(job).then((outcome) => {
    parentPort?.postMessage(
      { id, outcome },
      "result" in outcome ? transferables(outcome.result) : [],
    );
  });
});
