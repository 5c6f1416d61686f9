import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { batchMaker, makeFolder } from "@dira/data";
import { type EngineName, startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import { checkEngine } from "@dira/tensor";
import { loadState, writeAtomically } from "@dira/training/node";
import * as tf from "@tensorflow/tfjs";
import { type Config, readConfig } from "../config/index.ts";
import { checkReplaceable } from "../check-out.ts";
import { UsageError } from "../usage-error.ts";
import { bootstrapMean, type Estimate } from "../evaluation/bootstrap.ts";
import type { EvaluationRow } from "../evaluation/row.ts";
import { type Measurer, measurer, type Measures } from "../evaluation/measure.ts";
import { formatEvaluation } from "../evaluation/format.ts";
import { objectiveMaker } from "../objectives/recipe-file.ts";
import { type AllParts, buildParts } from "../pretraining/build.ts";
import { openData } from "../pretraining/open-data.ts";
import { provenance } from "../pretraining/provenance.ts";
import { networkRecords, stageOf } from "../pretraining/state.ts";

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Names of checkpoints in each run; those that a run lacks are passed over. */
  readonly checkpoints: readonly string[];
  readonly engine: EngineName | "auto";
  /** Other images than the run's own. */
  readonly data?: string | undefined;
  /** Passes through the held-out images. */
  readonly draws: number;
  /** Where the JSON goes. */
  readonly out: string;
}

/**
 * Measures the networks of runs on held-out images: retrieval against random weights, restoration,
 * the critic. Prints a table and writes it as JSON.
 */
export async function evaluate(runs: readonly string[], options: EvaluateOptions): Promise<void> {
  const config = commonConfig(runs, options.data);
  const sources = findCheckpoints(runs, options.checkpoints);
  checkReplaceable(options.out);
  makeFolder(dirname(options.out));
  const engine = await startEngine(options.engine, { check: checkEngine });
  console.log(`engine: ${engine.name} (${engine.reason})`);
  const makeObjective = await objectiveMaker(config);
  const maker = batchMaker(config.workers);
  try {
    const images = await openData(config, runs[0] as string, maker);
    const measures = measurer(config, images, maker, options.draws);
    const build = (): AllParts =>
      buildParts(config, makeObjective, images.train.set.labelNames?.length);
    const random = await untrained(build(), measures);
    const rows: EvaluationRow[] = [rowOf("random weights", "random", random)];
    for (const { name, path } of sources) {
      console.log(`measuring ${name}`);
      const parts = build();
      const stage = stageOf(loadState(path, networkRecords(parts), { subset: true }).numbers);
      rows.push(rowOf(name, stage, await measures.measure(parts, stage), random));
      disposeOf(parts);
    }
    const evaluation = {
      provenance: provenance(engine),
      images: images.val.usable.length,
      draws: options.draws,
      rows,
    };
    writeAtomically(options.out, `${JSON.stringify(evaluation, null, 2)}\n`);
    console.log(`\n${formatEvaluation(rows)}\n\nwritten: ${options.out}`);
  } finally {
    await maker.close();
  }
}

/** What makes the networks of a run. */
const NETWORKS = [
  "arch",
  "width",
  "stride",
  "decoder",
  "spatialRank",
  "size",
  "objective",
] as const;

/** The configuration of runs that can be compared. @throws UsageError where they can't. */
function commonConfig(runs: readonly string[], data: string | undefined): Config {
  const configs = runs.map((run) => readConfig(join(run, "config.json")));
  const first = configs[0] as Config;
  for (const key of NETWORKS) {
    const differing = configs.findIndex(
      (config) => JSON.stringify(config[key]) !== JSON.stringify(first[key]),
    );
    if (differing < 0) continue;
    throw new UsageError(
      `evaluate: ${runs[differing]} has another \`${key}\` than ${runs[0]}. Compare runs of the same networks.`,
    );
  }
  return { ...first, data: data ?? first.data };
}

function findCheckpoints(
  runs: readonly string[],
  names: readonly string[],
): { name: string; path: string }[] {
  const found = runs.flatMap((run) =>
    names
      .map((name) => ({
        name: `${basename(run)}/${name}`,
        path: join(run, "checkpoints", `${name}.safetensors`),
      }))
      .filter(({ path }) => existsSync(path)),
  );
  if (found.length === 0)
    throw new UsageError(`evaluate: ${runs.join(", ")} hold none of ${names.join(", ")}.`);
  return found;
}

async function untrained(parts: AllParts, measures: Measurer): Promise<Measures> {
  await measures.settle(parts);
  const measured = await measures.measure(parts, "d");
  disposeOf(parts);
  return measured;
}

function rowOf(
  name: string,
  stage: EvaluationRow["stage"],
  { hits, ...measures }: Measures,
  random?: Measures,
): EvaluationRow {
  const estimate = (values: readonly number[]): Estimate =>
    bootstrapMean(values, { random: createRandom("evaluation") });
  if (hits.length === 0) return { name, stage, ...measures };
  const leads = random?.hits.map((hit, i) => (hits[i] ?? NaN) - hit);
  const lead = leads === undefined ? {} : { retrieval_lead: estimate(leads) };
  return { name, stage, retrieval: estimate(hits), ...lead, ...measures };
}

function disposeOf(parts: AllParts): void {
  for (const variables of Object.values(networkRecords(parts))) tf.dispose({ ...variables });
}
