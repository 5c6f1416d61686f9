import { existsSync } from "node:fs";
import type { BatchMaker, ViewBatch } from "@dira/data";
import type { Variables } from "@dira/nn";
import {
  adam,
  adamW,
  constant,
  cosine,
  type EarlyStopping,
  earlyStopping,
  fit,
  type Optimiser,
  type Plateau,
  type PlateauState,
  reduceOnPlateau,
  type Schedule,
  sgd,
} from "@dira/training";
import {
  type CheckpointFolder,
  checkpointFolder,
  keepAs,
  loadState,
  type Numbers,
  type RunFolder,
} from "@dira/training/node";
import { layerWiseRates, supervisedStep, type SupervisedStep, trainable } from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import { progress } from "../pretraining/progress.ts";
import { heldOutBatches, type TargetReader, toTask, trainingBatches } from "./batches.ts";
import type { FinetuneConfig } from "./config.ts";
import type { TaskNetwork } from "./network.ts";
import type { TaskData } from "./open-task-data.ts";
import { OUTPUTS } from "./outputs.ts";

/** What {@link train} needs. */
export interface Training extends TaskNetwork {
  readonly config: FinetuneConfig;
  readonly data: TaskData;
  readonly reader: TargetReader;
  readonly maker: BatchMaker;
  readonly run: RunFolder;
  readonly signal: AbortSignal;
}

/** What follows the validation loss. */
interface Followers {
  readonly plateau: Plateau;
  readonly stopping: EarlyStopping;
}

/**
 * Trains until the epochs are done or nothing improves any more, or goes on with that, and takes the weights of the epoch
 * with the lowest validation loss.
 *
 * @returns whether it was interrupted.
 */
export async function train(training: Training): Promise<boolean> {
  const { config, network, encoder, data, reader, maker, run, signal } = training;
  const parameters = trainedParameters(training);
  const optimiser = optimiserOf(training, parameters);
  const step = supervisedStep({ network, parameters, optimiser, loss: OUTPUTS[config.loss].loss });
  const loader = trainingBatches({ config, cache: data.train, maker, patches: data.patches });
  const { stepsPerEpoch } = loader;
  const records = recordsOf(training, optimiser);
  const checkpoints = checkpointFolder(run.checkpoints);
  const saved = savedIn(checkpoints, records);
  const from = saved["done"] ?? 0;
  optimiser.stepCount = from;
  run.truncateLog(from);
  const steps = config.epochs * stepsPerEpoch;
  if (from > 0) console.log(`resumed at step ${from} of at most ${steps}`);
  const followers = followersOf(config, saved);
  const ended = new AbortController();
  if (isDue(config, followers)) ended.abort();
  let better = false;
  const bar = progress("fine-tuning", steps, config.batch, from);
  const { stopped } = await fit<ViewBatch>({
    ...{ from, steps, stepsPerEpoch, checkLeaks: true },
    signal: AbortSignal.any([signal, ended.signal]),
    learningRate: rateOf(config, followers, steps, stepsPerEpoch),
    batches: loader.from,
    imagesIn: ({ indices }) => indices.length,
    step: async (views, { learningRate }) => {
      const batch = toTask(views, reader, data.train, encoder.inChannels);
      const loss = await step.train(batch, learningRate);
      tf.dispose([batch.images, batch.targets]);
      return { loss };
    },
    validate: async () => {
      const loss = await validationLoss(training, step);
      followers.plateau.observe(loss);
      better = followers.stopping.observe(loss);
      if (isDue(config, followers)) ended.abort();
      return { val_loss: loss };
    },
    onStep: (line) => {
      run.log(line);
      bar.update(line.step, line["loss"] ?? NaN);
    },
    checkpoint: async (line) => {
      run.flush();
      const numbers = { ...numbersOf(line.step, followers), isBest: Number(better) };
      await checkpoints.save(records, numbers, { best: better });
      // What follows is not validated: an interruption saves it, too, but not as the best.
      better = false;
    },
  }).finally(bar.stop);
  if (!stopped || !signal.aborted) loadState(checkpoints.best, records);
  optimiser.dispose();
  return stopped && signal.aborted;
}

function trainedParameters({ config, network, encoder }: Training): Variables {
  const frozenStages = config.frozenStages === "all" ? Infinity : config.frozenStages;
  return trainable(network.parameters, encoder, { frozenStages });
}

function optimiserOf({ config, encoder }: Training, parameters: Variables): Optimiser {
  const { kind, weightDecay } = config.optimiser;
  const groups =
    config.layerDecay === 1 ? {} : { groups: layerWiseRates(encoder, config.layerDecay) };
  return { adam, adamw: adamW, sgd }[kind]({ parameters, weightDecay, ...groups });
}

/** Takes the last checkpoint, if there is one, and gives its numbers. */
function savedIn(checkpoints: CheckpointFolder, records: Parameters<typeof loadState>[1]): Numbers {
  if (!existsSync(checkpoints.last)) return {};
  const { numbers } = loadState(checkpoints.last, records);
  // Killed after the one and before the other, the last was not kept as the best.
  if (numbers["isBest"] === 1) keepAs(checkpoints.last, checkpoints.best);
  return numbers;
}

/** The records that a checkpoint holds: frozen parameters too, so that it can be used by itself. */
function recordsOf(
  { network }: TaskNetwork,
  optimiser?: Optimiser,
): Parameters<typeof loadState>[1] {
  const { parameters, buffers } = network;
  return { parameters, buffers, ...(optimiser && { optimiser: optimiser.state }) };
}

function followersOf({ optimiser, schedule, patience }: FinetuneConfig, saved: Numbers): Followers {
  const { learningRate: base } = optimiser;
  const plateauState: PlateauState | undefined =
    saved["plateauBest"] === undefined
      ? undefined
      : {
          best: saved["plateauBest"],
          waited: saved["plateauWaited"] ?? 0,
          reductions: saved["reductions"] ?? 0,
        };
  const stoppingState =
    saved["best"] === undefined ? undefined : { best: saved["best"], waited: saved["waited"] ?? 0 };
  const options = schedule.kind === "plateau" ? schedule : { factor: 0.5, patience: Infinity };
  return {
    plateau: reduceOnPlateau(
      { base, ...{ factor: options.factor, patience: options.patience } },
      plateauState,
    ),
    stopping: earlyStopping(patience === null ? {} : { patience }, stoppingState),
  };
}

function numbersOf(done: number, { plateau, stopping }: Followers): Numbers {
  return {
    done,
    best: stopping.state.best,
    waited: stopping.state.waited,
    plateauBest: plateau.state.best,
    plateauWaited: plateau.state.waited,
    reductions: plateau.state.reductions,
  };
}

const isDue = ({ patience }: FinetuneConfig, { stopping }: Followers): boolean =>
  patience !== null && stopping.due;

function rateOf(
  { schedule, optimiser }: FinetuneConfig,
  { plateau }: Followers,
  steps: number,
  stepsPerEpoch: number,
): Schedule {
  const { learningRate: base } = optimiser;
  if (schedule.kind === "cosine") return cosine({ base, steps, every: stepsPerEpoch });
  return schedule.kind === "constant" ? constant(base) : () => plateau.rate;
}

/** Over all validation images, each batch weighted by its number of images. */
async function validationLoss(
  { config, data, reader, maker, encoder }: Training,
  step: SupervisedStep,
): Promise<number> {
  let [sum, count] = [0, 0];
  const { val: cache, patches } = data;
  for await (const views of heldOutBatches({ config, cache, maker, patches }, "val")) {
    const batch = toTask(views, reader, cache, encoder.inChannels);
    const { loss, output } = await step.evaluate(batch);
    tf.dispose([batch.images, batch.targets, output]);
    sum += loss * views.indices.length;
    count += views.indices.length;
  }
  return sum / count;
}
