import { join } from "node:path";
import { batchMaker, type ImageCache, makeFolder } from "@dira/data";
import { startEngine } from "@dira/engine";
import { checkEngine } from "@dira/tensor";
import { checkRunFolder, onInterrupt, openRun, writeAtomically } from "@dira/training/node";
import { provenance } from "../pretraining/provenance.ts";
import { targetReader } from "./batches.ts";
import type { FinetuneConfig } from "./config.ts";
import { outputsOf } from "./finetuned-run.ts";
import { type Measured, measure, type TestResult } from "./measure.ts";
import { buildNetwork } from "./network.ts";
import { openTaskData } from "./open-task-data.ts";
import { predict, type Predictions } from "./predict.ts";
import { train } from "./train.ts";

/** The exit code of a process that was interrupted. */
const INTERRUPTED = 130;

/**
 * Fine-tunes a network on a task, or goes on with that, and tests the weights with the lowest validation loss: `test.json`
 * with intervals, and `predictions.csv` of labels.
 */
export async function finetune(
  config: FinetuneConfig,
  out: string,
  resume: boolean,
): Promise<void> {
  // These may differ when a run goes on; everything else decides its result.
  const { engine: _, workers: __, cache: ___, ...decisive } = config;
  checkRunFolder(out, { config: decisive, resume });
  const engine = await startEngine(config.engine, { check: checkEngine });
  console.log(`engine: ${engine.name} (${engine.reason})`);
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
    const options = { config: decisive, provenance: { ...provenance(engine) }, resume };
    const run = openRun(out, options);
    writeAtomically(outputsOf(out), `${JSON.stringify(reader.names)}\n`);
    const interrupted = await train({
      ...built,
      config,
      data,
      reader,
      maker,
      run,
      signal: interrupt.signal,
    });
    if (interrupted) {
      console.log("interrupted: what is done is saved; go on with --resume");
      process.exitCode = INTERRUPTED;
      return;
    }
    const prediction = {
      config,
      network: built.network,
      channels: built.encoder.inChannels,
      reader,
      maker,
    };
    const predictions = await predict(prediction, test);
    const result = measure(config, reader.names, predictions, test);
    writeAtomically(join(out, "test.json"), `${JSON.stringify(result, null, 2)}\n`);
    if (config.target.kind === "labels")
      writeAtomically(join(out, "predictions.csv"), tableOf(predictions, reader.names, test));
    console.log(describe(result));
  } finally {
    interrupt.dispose();
    await maker.close();
  }
}

/** Images, their patients, probabilities and truth as CSV. */
function tableOf(
  { images, probabilities, truth }: Predictions,
  names: readonly string[],
  { set }: ImageCache,
): string {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const head = ["image", "patient", ...names, ...names.map((name) => `true ${name}`)].map(quoted);
  const rows = images.map((image, n) =>
    [
      quoted(set.id(image)),
      quoted(set.patient?.(image) ?? set.id(image)),
      ...(probabilities[n] ?? []),
      ...Array.from(truth[n] ?? [], (value) => (Number.isNaN(value) ? "" : String(value))),
    ].join(","),
  );
  return `${[head.join(","), ...rows].join("\n")}\n`;
}

function describe({ metric, mean, images, each }: TestResult): string {
  const undefinedOnes = Object.entries(each).flatMap(([name, metrics]) =>
    (metrics[metric] as Measured).value === undefined ? [name] : [],
  );
  const left =
    undefinedOnes.length === 0
      ? ""
      : `; without ${undefinedOnes.join(", ")}, of which the test images are all alike`;
  return `test: ${metric} ${interval(mean)} of ${images} images${left}`;
}

function interval({ value, low, high, patients }: Measured): string {
  const shown = (x: number | undefined): string => x?.toFixed(4) ?? "undefined";
  return `${shown(value)} (95 % ${shown(low)} to ${shown(high)}, by ${patients} patients)`;
}
