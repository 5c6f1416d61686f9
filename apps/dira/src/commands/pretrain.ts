import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { type DiraStep, diraStep } from "@dira/dira";
import {
  batchMaker,
  cacheImages,
  type ImageCache,
  openImages,
  phantomXrays,
  validationBatches,
  type ViewBatch,
  viewLoader,
} from "@dira/data";
import { startEngine } from "@dira/engine";
import { encodeSafetensors, saveWeights, type Variables } from "@dira/nn";
import { createRandom } from "@dira/random";
import { checkEngine } from "@dira/tensor";
import {
  loadCheckpoint,
  type Numbers,
  openRun,
  type Optimiser,
  readNumbers,
  type RunFolder,
  saveCheckpoint,
  writeAtomically,
} from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import {
  buildOptimisers,
  buildParts,
  buildSchedule,
  exportedVariables,
  networkVariables,
  slashed,
  stageParts,
  stageWeights,
} from "../build.ts";
import type { Config, Stage } from "../config.ts";
import { writeGrid } from "../grid.ts";
import { progress } from "../progress.ts";

/** Where a run stands: steps done in all, and the lowest validation loss of the stage. */
interface Standing {
  readonly done: number;
  readonly best: number;
}

/** Pre-trains through all stages of a configuration, or goes on with a run. */
export async function pretrain(config: Config, out: string, resume: boolean): Promise<void> {
  const engine = await startEngine(config.engine, { check: checkEngine });
  for (const { name, why } of engine.rejected) console.log(`engine: not ${name}: ${why}`);
  console.log(`engine: ${engine.name} (${engine.reason})`);
  const { engine: _, workers: __, ...decisive } = config;
  const run = openRun(out, {
    config: decisive,
    provenance: { version: "0.0.0", commit: commit(), engine },
    resume,
  });
  const maker = batchMaker(config.workers);
  try {
    const data = await openData(config);
    const parts = buildParts(config);
    let standing = { done: 0, best: Infinity };
    const last = join(run.checkpoints, "last.safetensors");
    const saved = resume && existsSync(last) ? readNumbers(last) : undefined;
    run.truncateLog(saved?.["done"] ?? 0);
    const perEpoch = Math.max(1, Math.floor(data.train.usable.length / config.batch));
    const stageSteps = config.steps ?? config.epochs * perEpoch;
    for (const [index, stage] of config.stages.entries()) {
      if (
        saved !== undefined &&
        saved["done"] !== undefined &&
        saved["done"] >= (index + 1) * stageSteps &&
        index + 1 < config.stages.length
      )
        continue;
      const weights = stageWeights(config, stage);
      const used = stageParts(parts, weights);
      const optimisers = buildOptimisers(config, used);
      const step = diraStep(used, optimisers, weights);
      const all: Variables = {
        ...networkVariables(parts),
        ...slashed("generator", optimisers.generator.state),
        ...slashed("critic", optimisers.critic?.state ?? {}),
      };
      const start = index * stageSteps;
      if (
        saved !== undefined &&
        (saved["done"] ?? 0) > start &&
        standing.done < (saved["done"] ?? 0)
      ) {
        standing = restore(last, all, optimisers);
        console.log(`resumed at step ${standing.done} of ${stageSteps * config.stages.length}`);
      } else standing = { done: start, best: Infinity };
      const stageRun = {
        config,
        run,
        stage,
        index,
        start,
        stageSteps,
        perEpoch,
        data,
        maker,
        step,
        optimisers,
        all,
      };
      standing = await trainStage(stageRun, standing);
      await finishStage(run, parts, stageRun);
    }
    console.log(`done: ${standing.done} steps in ${out}`);
  } finally {
    await maker.close();
  }
}

interface Data {
  readonly train: ImageCache;
  readonly val: ImageCache;
}

interface StageRun {
  readonly config: Config;
  readonly run: RunFolder;
  readonly stage: Stage;
  readonly index: number;
  /** Steps done before this stage. */
  readonly start: number;
  readonly stageSteps: number;
  readonly perEpoch: number;
  readonly data: Data;
  readonly maker: ReturnType<typeof batchMaker>;
  readonly step: DiraStep;
  readonly optimisers: { readonly generator: Optimiser; readonly critic?: Optimiser };
  readonly all: Variables;
}

async function trainStage(s: StageRun, from: Standing): Promise<Standing> {
  const { config, run, stage, start, stageSteps, perEpoch, step } = s;
  const transform = { ...config.transform, size: config.size, distort: stage !== "d" };
  const loader = viewLoader({
    cache: s.data.train,
    maker: s.maker,
    batchSize: config.batch,
    seed: config.seed,
    transform,
  });
  const rate = buildSchedule(config.generator, stageSteps, perEpoch);
  const criticRate = buildSchedule(config.critic, stageSteps, perEpoch);
  const bar = progress(`stage ${stage}`, stageSteps, config.batch);
  let { done, best } = from;
  if (done >= start + stageSteps) return from;
  let began = performance.now();
  for await (const views of loader.from(done)) {
    const local = done - start;
    const learningRate = rate(local);
    const batch = toTensors(views);
    const context = {
      learningRate,
      criticLearningRate: criticRate(local),
      random: createRandom(config.seed, "step", done),
    };
    const metrics = await step.train(batch, context);
    tf.dispose([batch.views, batch.target]);
    checkFinite(metrics, stage, local);
    done += 1;
    const ends = done - start === stageSteps;
    const validates = ends || done % perEpoch === 0;
    const validation = validates ? await validate(s) : {};
    const imagesPerSecond = (1000 * config.batch) / (performance.now() - began);
    began = performance.now();
    run.log({
      step: done,
      stage,
      ...metrics,
      lr: learningRate,
      ...validation,
      images_per_second: imagesPerSecond,
      rss_bytes: process.memoryUsage().rss,
    });
    bar.update(done - start, metrics["loss"] ?? NaN);
    const better = (validation["val_loss"] ?? Infinity) < best;
    if (better) best = validation["val_loss"] as number;
    if (better || ends || done % (config.checkpointEvery ?? perEpoch) === 0) {
      const path = join(run.checkpoints, "last.safetensors");
      await saveCheckpoint(path, s.all, numbersOf(s, done, best));
      if (better) copyFileSync(path, join(run.checkpoints, "best.safetensors"));
    }
    if (ends) break;
  }
  bar.stop();
  return { done, best };
}

function numbersOf({ optimisers, index }: StageRun, done: number, best: number): Numbers {
  return {
    done,
    best: Number.isFinite(best) ? best : Number.MAX_VALUE,
    stage: index,
    generatorSteps: optimisers.generator.stepCount,
    criticSteps: optimisers.critic?.stepCount ?? 0,
  };
}

function restore(path: string, all: Variables, optimisers: StageRun["optimisers"]): Standing {
  const numbers = loadCheckpoint(path, all);
  optimisers.generator.stepCount = numbers["generatorSteps"] ?? 0;
  if (optimisers.critic !== undefined) optimisers.critic.stepCount = numbers["criticSteps"] ?? 0;
  return { done: numbers["done"] ?? 0, best: numbers["best"] ?? Infinity };
}

/** The losses on the validation images, weighted by their number, as `val_…`. */
async function validate({
  config,
  data,
  maker,
  stage,
  step,
}: StageRun): Promise<Record<string, number>> {
  const transform = { ...config.transform, size: config.size, distort: stage !== "d" };
  const sums: Record<string, number> = {};
  let count = 0;
  for await (const views of validationBatches({
    cache: data.val,
    maker,
    batchSize: config.batch,
    seed: config.seed,
    transform,
  })) {
    const batch = toTensors(views);
    const metrics = await step.evaluate(batch, createRandom(config.seed, "validation"));
    tf.dispose([batch.views, batch.target]);
    const n = views.shape[0];
    for (const [name, value] of Object.entries(metrics))
      sums[`val_${name}`] = (sums[`val_${name}`] ?? 0) + n * value;
    count += n;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}

/** A picture of what the stage restores, its own checkpoint, and weights for other tools. */
async function finishStage(
  run: RunFolder,
  parts: ReturnType<typeof buildParts>,
  s: StageRun,
): Promise<void> {
  const { config, data, maker, stage, step } = s;
  copyFileSync(
    join(run.checkpoints, "last.safetensors"),
    join(run.checkpoints, `${stage}.safetensors`),
  );
  const weights = await saveWeights(exportedVariables(parts));
  writeAtomically(join(run.checkpoints, `${stage}-unet.safetensors`), encodeSafetensors(weights));
  if (stage === "d") return;
  const transform = { ...config.transform, size: config.size, distort: true };
  for await (const views of validationBatches({
    cache: data.val,
    maker,
    batchSize: 8,
    seed: config.seed,
    transform,
  })) {
    const {
      views: [view],
      target,
    } = views as ViewBatch & { views: [Float32Array, Float32Array] };
    const restored = tf.tidy(() => step.restore(tf.tensor(view, [...views.shape])));
    const rows = [view, (await restored.data()) as Float32Array, target];
    restored.dispose();
    await writeGrid(join(run.images, `${stage}.png`), rows, config.size);
    break;
  }
}

async function openData(config: Config): Promise<Data> {
  const held = Math.max(2, Math.round(config.phantoms / 8));
  const [trainSet, valSet] =
    config.data === null
      ? [
          phantomXrays({ count: config.phantoms, seed: config.seed }),
          phantomXrays({ count: held, seed: config.seed, first: config.phantoms }),
        ]
      : [openImages(config.data, "train"), openImages(config.data, "val")];
  const side = Math.round(config.size * 1.25);
  const [train, val] = [await cacheImages(trainSet, { side }), await cacheImages(valSet, { side })];
  const warnings = [...train.warnings, ...val.warnings];
  for (const warning of warnings.slice(0, 5)) console.warn(`warning: ${warning}`);
  if (warnings.length > 0)
    console.warn(`warning: ${warnings.length} unreadable images are left out`);
  console.log(
    `data: ${trainSet.name}, ${train.usable.length} to train, ${val.usable.length} to validate`,
  );
  return { train, val };
}

function toTensors(batch: ViewBatch): { views: tf.Tensor[]; target: tf.Tensor } {
  const shape = [...batch.shape];
  return {
    views: batch.views.map((view) => tf.tensor(view, shape)),
    target: tf.tensor(batch.target, shape),
  };
}

function checkFinite(metrics: Record<string, number>, stage: Stage, step: number): void {
  const bad = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
  if (bad !== undefined) {
    throw new Error(
      `Stage ${stage}, step ${step}: ${bad[0]} is ${bad[1]}. The last checkpoint is intact; try a lower learning rate.`,
    );
  }
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}
