import { join } from "node:path";
import type { BatchMaker, ViewBatch } from "@dira/data";
import { type DiraStep, diraStep } from "@dira/dira";
import { encodeSafetensors, saveWeights } from "@dira/nn";
import { createRandom } from "@dira/random";
import type { OnlineEvaluation } from "@dira/transfer";
import { fit, type Schedule, type StepLine } from "@dira/training";
import { checkpointFolder, type RunFolder, writeAtomically } from "@dira/training/node";
import type { Config, Stage } from "../config/index.ts";
import { classesOf, disposeOfBatch, toTensors, trainingBatches } from "./batches.ts";
import {
  type AllParts,
  buildOptimisers,
  exportedVariables,
  stageParts,
  stageWeights,
} from "./build.ts";
import { collapseWatch } from "./collapse-watch.ts";
import { buildSchedule } from "./learning-rate.ts";
import type { Images } from "./open-data.ts";
import { restorations, writeCubes, writePictures } from "./pictures.ts";
import { progress } from "./progress.ts";
import { numbersOf, type Optimisers, restoreTraining, trainingRecords } from "./state.ts";
import { validate } from "./validate.ts";

/** What all stages of a run share. */
export interface Pretraining {
  readonly config: Config;
  readonly parts: AllParts;
  readonly run: RunFolder;
  readonly images: Images;
  readonly maker: BatchMaker;
  /** Where the configuration asks for it. */
  readonly online: OnlineEvaluation | undefined;
  /** Steps of each stage. */
  readonly stageSteps: number;
  readonly stepsPerEpoch: number;
  readonly signal: AbortSignal;
}

/** One stage, ready to train. */
interface StageRun extends Pretraining {
  readonly stage: Stage;
  /** Steps of the run before this stage. */
  readonly start: number;
  readonly step: DiraStep;
  readonly optimisers: Optimisers;
}

/**
 * Trains one stage of a run, or what is left of it, then writes its pictures and weights.
 *
 * @param resume - go on from the run's last checkpoint, which is of this stage.
 * @returns steps of the run done, and whether it was interrupted.
 */
export async function runStage(
  shared: Pretraining,
  index: number,
  resume: boolean,
): Promise<{ readonly done: number; readonly stopped: boolean }> {
  const { config, parts, run } = shared;
  const stage = config.stages[index] as Stage;
  const weights = stageWeights(config, stage);
  const used = stageParts(parts, weights);
  const optimisers = buildOptimisers(config, used);
  const step = diraStep(used, optimisers, weights, {
    microBatch: config.memory.microBatch ?? undefined,
  });
  const s = { ...shared, stage, start: index * shared.stageSteps, step, optimisers };
  const last = checkpointFolder(run.checkpoints).last;
  const standing = resume
    ? restoreTraining(last, parts, optimisers)
    : { done: s.start, best: Infinity };
  // Only now: a checkpoint that does not fit must not cost the log a line.
  if (resume) run.truncateLog(standing.done);
  const { done, stopped } = await trainStage(s, standing.done, standing.best);
  if (!stopped) await writeResults(s);
  optimisers.generator.dispose();
  optimisers.critic?.dispose();
  return { done, stopped };
}

/** Weights for elsewhere, and what held-out images look like. */
async function writeResults(s: StageRun): Promise<void> {
  const { config, stage, step, parts, run, images, maker } = s;
  const weights = await saveWeights(exportedVariables(parts, config.decoder));
  const file = join(run.checkpoints, `${stage}-unet.safetensors`);
  writeAtomically(file, encodeSafetensors(weights));
  if (stage === "d") return;
  const shown = await restorations(config, stage, step, images.val, maker);
  await writePictures(pictureOf(s), shown);
  if (config.spatialRank === 3) await writeCubes(join(run.images, stage), shown);
}

function pictureOf({ run, stage }: StageRun): string {
  return join(run.images, `${stage}.png`);
}

/** The loop of a stage; steps are counted through the whole run. */
function trainStage(s: StageRun, from: number, bestBefore: number): ReturnType<typeof fit> {
  const { config, stage, start, stageSteps, stepsPerEpoch, run, images, maker } = s;
  const end = start + stageSteps;
  const rate = inStage(buildSchedule(config.generator, stageSteps, stepsPerEpoch), start);
  const criticRate = inStage(buildSchedule(config.critic, stageSteps, stepsPerEpoch), start);
  const bar = progress(`stage ${stage}`, stageSteps, config.batch, from - start);
  const checkpoints = checkpointFolder(run.checkpoints);
  const records = trainingRecords(s.parts, s.optimisers);
  const watch = collapseWatch(s.parts.objective);
  let best = bestBefore;
  const isBest = (line: StepLine): boolean => (line["val_loss"] ?? Infinity) < best;
  return fit<ViewBatch>({
    from,
    steps: end,
    stepsPerEpoch,
    checkpointEvery: config.checkpointEvery ?? stepsPerEpoch,
    checkpointAlso: isBest,
    signal: s.signal,
    checkLeaks: true,
    learningRate: rate,
    batches: trainingBatches(config, stage, images.train, maker).from,
    imagesIn: ({ indices }) => indices.length,
    step: (views, { step, learningRate }) => trainStep(s, views, step, learningRate, criticRate),
    validate: async (done) => {
      const { encoder } = s.parts;
      const held = await validate(config, stage, s.step, encoder, images.val, maker);
      const due = done === end || s.online?.due(done / stepsPerEpoch) === true;
      const quality = due ? await s.online?.evaluate(encoder) : {};
      return { ...held.metrics, ...watch(held.features, held.metrics), ...quality };
    },
    onStep: (line) => {
      const { step, ...measured } = line;
      run.log({ step, stage, ...measured });
      bar.update(step - start, line["loss"] ?? NaN);
    },
    checkpoint: async (line) => {
      const better = isBest(line);
      if (better) best = line["val_loss"] as number;
      run.flush();
      const ends = line.step === end ? { stage } : {};
      const numbers = numbersOf(stage, { done: line.step, best }, s.optimisers);
      await checkpoints.save(records, numbers, { best: better, ...ends });
      if (stage !== "d")
        await writePictures(
          pictureOf(s),
          await restorations(config, stage, s.step, images.val, maker),
        );
    },
  }).finally(bar.stop);
}

/** A schedule of a stage, by steps of the run. */
function inStage(schedule: Schedule, start: number): Schedule {
  return (step) => schedule(step - start);
}

async function trainStep(
  { config, step, start, stageSteps, images }: StageRun,
  views: ViewBatch,
  done: number,
  learningRate: number,
  criticRate: Schedule,
): Promise<Record<string, number>> {
  const batch = toTensors(views, classesOf(config, images.train));
  const random = createRandom(config.seed, "step", done);
  const context = {
    learningRate,
    criticLearningRate: criticRate(done),
    random,
    progress: (done - start) / stageSteps,
  };
  const metrics = await step.train(batch, context);
  disposeOfBatch(batch);
  return metrics;
}
