import { join } from "node:path";
import { batchMaker, makeFolder } from "@dira/data";
import { onInterrupt, writeAtomically } from "@dira/training/node";
import { endInterrupted } from "../end-interrupted.ts";
import { noteData } from "../pretraining/note-data.ts";
import { startRunEngine } from "../run-engine.ts";
import { checkRun, withRunFolder } from "../run-folder.ts";
import { targetReader } from "./batches.ts";
import type { FinetuneConfig } from "./config.ts";
import { outputsOf } from "./finetuned-run.ts";
import { buildNetwork, weightsFile } from "./network.ts";
import { openTaskData } from "./open-task-data.ts";
import { describeTest, testNetwork, writeTest } from "./test-network.ts";
import { train } from "./train.ts";

/**
 * Fine-tunes a network on a task, or goes on with that, and tests the weights with the lowest validation loss: `test.json`
 * with intervals, and each image's in `predictions.csv` (labels) or `per-image.csv` (masks).
 */
export async function finetune(
  config: FinetuneConfig,
  out: string,
  resume: boolean,
): Promise<void> {
  // These may differ when a run goes on; everything else decides its result.
  const { engine: _, workers: __, cache: ___, ...decisive } = config;
  const options = { config: decisive, resume };
  checkRun(out, options);
  weightsFile(config);
  const engine = await startRunEngine(config.engine, out, resume);
  makeFolder(out);
  const interrupt = onInterrupt();
  const maker = batchMaker(config.workers);
  try {
    const data = await openTaskData(config, maker);
    const reader = targetReader(config, data.train);
    const { train: t, val, test } = data;
    console.log(
      `data: ${t.set.name}, ${t.usable.length} to train, ${val.usable.length} to validate, ${test.usable.length} to test; ${reader.names.join(", ")}`,
    );
    const built = buildNetwork(config, reader.names.length);
    const { signal } = interrupt;
    await withRunFolder(out, { ...options, engine }, async (run) => {
      noteData(out, { train: t, val, test });
      writeAtomically(outputsOf(out), `${JSON.stringify(reader.names)}\n`);
      if (await train({ ...built, config, data, reader, maker, run, signal }))
        return endInterrupted("what is done is saved");
      const channels = built.encoder.inChannels;
      const predictor = { config, network: built.network, channels, maker };
      const tested = await testNetwork(predictor, reader.names, test);
      writeTest(tested, { result: join(out, "test.json"), table: (name) => join(out, name) });
      console.log(describeTest(tested.result));
    });
  } finally {
    interrupt.dispose();
    await maker.close();
  }
}
