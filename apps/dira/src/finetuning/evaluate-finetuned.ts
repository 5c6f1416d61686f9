import { dirname, join, parse } from "node:path";
import { batchMaker, makeFolder } from "@dira/data";
import { type EngineName, startEngine } from "@dira/engine";
import { checkEngine } from "@dira/tensor";
import { checkReplaceable } from "../check-out.ts";
import { UsageError } from "../usage-error.ts";
import type { FinetuneConfig } from "./config.ts";
import { type FinetunedCheckpoint, openFinetunedRun, readFinetunedRun } from "./finetuned-run.ts";
import { openTaskSplit, type TaskSplit } from "./open-task-data.ts";
import { describeTest, testNetwork, writeTest } from "./test-network.ts";

/** Options of {@link evaluateFinetuned}. */
export interface EvaluateFinetunedOptions {
  readonly checkpoint: string;
  readonly engine: EngineName | "auto";
  /** Another data set in the task's layout than the run's own. */
  readonly data?: string | undefined;
  readonly split: string;
  readonly workers: number;
  /** Where the JSON goes. */
  readonly out: string;
}

/**
 * Tests a fine-tuned run again, on its own test images or on an external set in the task's layout, and writes what
 * `finetune` writes as test.json; each image's beside it, as `<out>-predictions.csv` or `<out>-per-image.csv`.
 *
 * @throws UsageError for a split or a checkpoint that there is not, and a set that lacks what is to be told.
 */
export async function evaluateFinetuned(
  run: string,
  { checkpoint, engine: wanted, data, split, workers, out }: EvaluateFinetunedOptions,
): Promise<void> {
  const { config, names } = readFinetunedRun(run);
  const which = checkpointNamed(checkpoint);
  const tested = testOf(config, names, data);
  const part = splitNamed(split);
  const { dir, name } = parse(out);
  checkReplaceable(out);
  makeFolder(dirname(out));
  const engine = await startEngine(wanted, { check: checkEngine });
  console.log(`engine: ${engine.name} (${engine.reason})`);
  const maker = batchMaker(workers);
  try {
    const cache = await openTaskSplit(tested, part, maker);
    console.log(`data: ${cache.set.name}, ${cache.usable.length} to test; ${names.join(", ")}`);
    const { network, encoder } = openFinetunedRun(run, which);
    const predictor = { config: tested, network, channels: encoder.inChannels, maker };
    const test = await testNetwork(predictor, names, cache);
    writeTest(test, { result: out, table: (table) => join(dir, `${name}-${table}`) });
    console.log(`${describeTest(test.result)}\nwritten: ${out}`);
  } finally {
    await maker.close();
  }
}

/** @throws UsageError for another. */
export function checkpointNamed(name: string): FinetunedCheckpoint {
  if (name === "best" || name === "last") return name;
  throw new UsageError(`--checkpoint: a fine-tuned run has best and last, not \`${name}\`.`);
}

function splitNamed(name: string): TaskSplit {
  const splits: readonly string[] = ["train", "val", "test", "all"];
  if (splits.includes(name)) return name as TaskSplit;
  throw new UsageError(`--split: expected ${splits.join(", ")}, got \`${name}\`.`);
}

/** The run's configuration with what it was trained to tell, on the images to test. */
function testOf(
  config: FinetuneConfig,
  names: readonly string[],
  data: string | undefined,
): FinetuneConfig {
  const { target } = config;
  return {
    ...config,
    data: data ?? config.data,
    target: target.kind === "labels" ? { kind: "labels", names: [...names] } : target,
  };
}
