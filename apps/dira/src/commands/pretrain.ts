import { existsSync } from "node:fs";
import { join } from "node:path";
import { batchMaker, makeFolder } from "@dira/data";
import { onInterrupt, readNumbers, type RunFolder } from "@dira/training/node";
import type { Config, Stage } from "../config/index.ts";
import { endInterrupted } from "../end-interrupted.ts";
import { UsageError } from "../usage-error.ts";
import { onlineEvaluationOf } from "../evaluation/labelled-images.ts";
import { discoverPhantomWords } from "../discovery/phantom-words.ts";
import { objectiveMaker } from "../objectives/recipe-file.ts";
import { trainingBatches } from "../pretraining/batches.ts";
import { buildParts } from "../pretraining/build.ts";
import { noteData } from "../pretraining/note-data.ts";
import { openData } from "../pretraining/open-data.ts";
import { type Pretraining, runStage } from "../pretraining/stage.ts";
import { startFrom } from "../pretraining/state.ts";
import { startRunEngine } from "../run-engine.ts";
import { checkRun, withRunFolder } from "../run-folder.ts";

/** Pre-trains through all stages of a configuration, or goes on with a run. */
export async function pretrain(config: Config, out: string, resume: boolean): Promise<void> {
  const makeObjective = await objectiveMaker(config);
  // These may differ when a run goes on; everything else decides its result.
  const { engine: _, workers: __, cache: ___, ...decisive } = config;
  const options = { config: decisive, resume };
  checkRun(out, options);
  const engine = await startRunEngine(config.engine, out, resume);
  if (!(await discoverPhantomWords({ ...config, engine: engine.name }, out))) return;
  makeFolder(out);
  const interrupt = onInterrupt();
  const maker = batchMaker(config.workers);
  try {
    const images = await openData(config, out, maker);
    const [first] = config.stages as [Stage, ...Stage[]];
    const { stepsPerEpoch } = trainingBatches(config, first, images.train, maker);
    const parts = buildParts(config, makeObjective, images.train.set.labelNames?.length);
    const online = onlineEvaluationOf(config, parts.encoder, images, maker);
    const stageSteps = config.steps ?? config.epochs * stepsPerEpoch;
    const { signal } = interrupt;
    const shared = { config, images, maker, parts, online, stepsPerEpoch, stageSteps, signal };
    await withRunFolder(out, { ...options, engine }, async (run) => {
      noteData(out, { ...images });
      await runStages({ ...shared, run });
    });
  } finally {
    interrupt.dispose();
    await maker.close();
  }
}

async function runStages(shared: Pretraining): Promise<void> {
  const { config, run, parts, stageSteps } = shared;
  const total = stageSteps * config.stages.length;
  const saved = stepsSaved(run);
  if (saved === 0) run.truncateLog(0);
  if (saved > 0) console.log(`resumed at step ${saved} of ${total}`);
  else if (config.init !== null) console.log(startFrom(config.init, parts));
  // A checkpoint at a stage's very end is still of that stage: its pictures may be missing.
  const first = Math.max(0, Math.ceil(saved / stageSteps) - 1);
  for (let index = first; index < config.stages.length; index += 1) {
    const { done, stopped } = await runStage(shared, index, saved > 0 && index === first);
    if (stopped) {
      endInterrupted(`${done} of ${total} steps are saved`);
      return;
    }
  }
  const peak = process.resourceUsage().maxRSS / 2 ** 20;
  console.log(`done: ${total} steps in ${run.path}, at most ${peak.toFixed(1)} GiB of memory`);
}

/** Steps that the run's last checkpoint holds. @throws UsageError when it is no training state. */
function stepsSaved({ checkpoints }: RunFolder): number {
  const last = join(checkpoints, "last.safetensors");
  if (!existsSync(last)) return 0;
  const { done } = readNumbers(last);
  if (done === undefined) {
    throw new UsageError(
      `--resume: ${last} is not the training state of a run (it does not say how many steps it has done). Put the run's own file back.`,
    );
  }
  return done;
}
