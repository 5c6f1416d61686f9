import { uNetEncoder } from "@dira/backbones";
import { adversarialLoss, gradientPenalty, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import { adam, sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import {
  type DiraMetrics,
  type DiraParts,
  diraStep,
  type DiraStep,
  generatorParameters,
} from "./index.ts";

type Rank = 2 | 3;
type All = { [Name in Exclude<keyof DiraParts, "objective">]-?: NonNullable<DiraParts[Name]> };

const weights = { discriminative: 0, restorative: 10, adversarial: 0.5 };

/** A U-Net and a critic whose last maps have 4 positions, without batch statistics: parts of a batch are apart. */
function build(spatialRank: Rank, checkpoint = false): All {
  const random = createRandom(1);
  const encoder = uNetEncoder({ spatialRank, width: 1, levels: 2, random });
  const decoder = uNetDecoder({ encoder, design: "genesis", random });
  return {
    encoder: { ...encoder, apply: (x) => encoder.apply(x, "infer") },
    decoder: { ...decoder, apply: (x) => decoder.apply(x, "infer") },
    critic: patchCritic({ spatialRank, width: 1, checkpoint, random }),
    adversarialLoss: adversarialLoss("wgan-gp"),
  };
}

function start(parts: All, microBatch?: number): DiraStep {
  const generator = sgd({ parameters: generatorParameters(parts), momentum: 0 });
  const critic = sgd({ parameters: parts.critic.parameters, momentum: 0 });
  return diraStep(parts, { generator, critic }, weights, { microBatch });
}

const image = (rank: Rank, seed: number, images: number): tf.Tensor =>
  tf.randomUniform([images, ...[8, 16, 16].slice(3 - rank), 1], 0, 1, "float32", seed);
const batchOf = (rank: Rank, images = 4) => ({
  views: [image(rank, 1, images)],
  target: image(rank, 2, images),
});
const contextOf = (key: number) => ({
  learningRate: 0.01,
  criticLearningRate: 0.1,
  random: createRandom(key),
});
const read = (parts: All): number[] =>
  [...Object.values(generatorParameters(parts)), ...Object.values(parts.critic.parameters)].flatMap(
    (v) => [...v.dataSync()],
  );

/** One step from the start: its metrics, and how far the weights moved. */
async function move(
  rank: Rank,
  { key = 5, microBatch, checkpoint }: { key?: number; microBatch?: number; checkpoint?: boolean },
): Promise<[DiraMetrics, number[]]> {
  const parts = build(rank, checkpoint);
  const before = read(parts);
  const metrics = await start(parts, microBatch).train(batchOf(rank), contextOf(key));
  return [metrics, read(parts).map((value, i) => value - (before[i] ?? NaN))];
}

const engine = (await enginesHere())[0] ?? "cpu";

describe.each([2, 3] as const)("a step with a gradient penalty, %dD", (rank) => {
  beforeAll(() => startEngine(engine));

  it("law: the same numbers give the same bits, others another penalty", async () => {
    const [metrics, moved] = await move(rank, {});
    expect(await move(rank, {})).toEqual([metrics, moved]);
    const [other] = await move(rank, { key: 6 });
    expect(other["critic_penalty"]).not.toBe(metrics["critic_penalty"]);
    expect(other["loss_adv"]).toBe(metrics["loss_adv"]);
  });

  it("law: micro-batches give the whole batch's step", async () => {
    const [metrics, moved] = await move(rank, {});
    const [parts, theirs] = await move(rank, { microBatch: 2 });
    expect(relativeError(theirs, moved)).toBeLessThan(1e-4);
    expect(Object.keys(parts)).toEqual(Object.keys(metrics));
    expect(relativeError(Object.values(parts), Object.values(metrics))).toBeLessThan(1e-5);
  });

  it("law: a checkpointed critic gives the same step, but for the order of sums", async () => {
    const [metrics, moved] = await move(rank, {});
    const [again, theirs] = await move(rank, { checkpoint: true });
    expect(relativeError(theirs, moved)).toBeLessThan(1e-5);
    expect(relativeError(Object.values(again), Object.values(metrics))).toBeLessThan(1e-5);
  });

  it("law: evaluation gives the same each time, and changes nothing", async () => {
    const parts = build(rank);
    const step = start(parts);
    const before = read(parts);
    const first = await step.evaluate(batchOf(rank), createRandom(7));
    expect(await step.evaluate(batchOf(rank), createRandom(7))).toEqual(first);
    expect(read(parts)).toEqual(before);
    expect(first["critic_penalty"]).toBeGreaterThan(0);
  });

  it("parity: loss_critic is the scores' part and the penalty, of the step's own numbers", async () => {
    const parts = build(rank);
    const batch = batchOf(rank);
    const step = start(parts);
    const restored = step.restore(batch.views[0] as tf.Tensor);
    const score = (x: tf.Tensor): tf.Tensor => parts.critic.apply(x, "infer");
    const random = createRandom(7).derive("critic");
    const penalty = 10 * Number(gradientPenalty(score, batch.target, restored, random).dataSync());
    const scores = parts.adversarialLoss.critic(score(batch.target), score(restored)).dataSync();
    const metrics = await step.evaluate(batch, createRandom(7));
    expect(metrics["critic_penalty"]).toBeCloseTo(penalty, 4);
    expect(metrics["loss_critic"]).toBeCloseTo(Number(scores) + penalty, 4);
  });

  it("whole run: 200 steps stay finite, leave no tensor, and bring the slope to 1", async () => {
    const parts = build(rank);
    const options = { betas: [0, 0.9] as const };
    const step = diraStep(
      parts,
      {
        generator: adam({ parameters: generatorParameters(parts), ...options }),
        critic: adam({ parameters: parts.critic.parameters, ...options }),
      },
      { ...weights, adversarial: 0.01 },
    );
    const batch = batchOf(rank, 2);
    const lines: DiraMetrics[] = [];
    let tensors = 0;
    for (let i = 0; i < 200; i += 1) {
      const random = createRandom("run", i);
      lines.push(await step.train(batch, { learningRate: 1e-3, criticLearningRate: 5e-3, random }));
      if (i === 2) tensors = tf.memory().numTensors;
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(lines.flatMap((line) => Object.values(line)).every(Number.isFinite)).toBe(true);
    expect(read(parts).every(Number.isFinite)).toBe(true);
    // One step's penalty swings with its one random point between two images, so means are compared.
    const meanOf = (some: readonly DiraMetrics[]): number =>
      some.reduce((sum, line) => sum + (line["critic_penalty"] ?? NaN), 0) / some.length;
    expect(meanOf(lines.slice(-50))).toBeLessThan(0.5 * meanOf(lines.slice(0, 10)));
  }, 300_000);
});
