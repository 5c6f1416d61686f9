import { resNet } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { moco } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type DiraParts,
  diraStep,
  type DiraStep,
  type DiraWeights,
  generatorParameters,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

type All = { [Name in keyof DiraParts]-?: NonNullable<DiraParts[Name]> };

function build(): All {
  const createEncoder = (): ReturnType<typeof resNet> =>
    resNet("resnet18", { width: 2, random: createRandom(1) });
  const encoder = createEncoder();
  return {
    encoder,
    objective: moco({ encoder, createEncoder, features: 4, queueSize: 8 }),
    decoder: uNetDecoder({ encoder, channels: [8, 8, 4, 4, 4] }),
    critic: patchCritic({ width: 2 }),
    adversarialLoss: adversarialLoss("log"),
  };
}

function start(parts: All, weights: DiraWeights): DiraStep {
  const used = {
    ...parts,
    objective: weights.discriminative > 0 ? parts.objective : undefined,
    decoder: weights.restorative > 0 ? parts.decoder : undefined,
  };
  const options = { betas: [0.5, 0.999] } as const;
  const generator = adam({ parameters: generatorParameters(used), ...options });
  const critic = adam({ parameters: parts.critic.parameters, ...options });
  return diraStep(parts, { generator, critic }, weights);
}

const image = (seed: number): tf.Tensor => tf.randomUniform([2, 32, 32, 1], 0, 1, "float32", seed);
const batch = { views: [image(1), image(2)], target: image(1) };
const context = { learningRate: 2e-3, criticLearningRate: 2e-4, random: createRandom(5) };
const D = { discriminative: 1, restorative: 0, adversarial: 0 };
const DR = { ...D, restorative: 10 };
const DRA = { ...DR, adversarial: 0.001 };
const read = (record: Readonly<Record<string, tf.Tensor>>): number[][] =>
  Object.values(record).map((v) => [...v.dataSync()]);

describe("diraStep, laws", () => {
  it("the loss is the weighted sum of its terms, in each stage", async () => {
    for (const weights of [D, DR, DRA]) {
      const m = await start(build(), weights).train(batch, context);
      const sum =
        weights.discriminative * (m["loss_dis"] ?? 0) +
        weights.restorative * (m["loss_res"] ?? 0) +
        weights.adversarial * (m["loss_adv"] ?? 0);
      expect(m["loss"]).toBeCloseTo(sum, 4);
      expect("loss_res" in m).toBe(weights.restorative > 0);
      expect("loss_critic" in m).toBe(weights.adversarial > 0);
    }
  });

  it("a part with weight 0 is left alone", async () => {
    const parts = build();
    const before = read({
      ...parts.decoder.parameters,
      ...parts.decoder.buffers,
      ...parts.critic.parameters,
    });
    await start(parts, D).train(batch, context);
    expect(
      read({ ...parts.decoder.parameters, ...parts.decoder.buffers, ...parts.critic.parameters }),
    ).toEqual(before);
  });

  it("evaluation changes nothing", async () => {
    const parts = build();
    const all = (): number[][] =>
      read({
        ...parts.encoder.parameters,
        ...parts.encoder.buffers,
        ...parts.objective.state,
        ...parts.critic.parameters,
      });
    const before = all();
    await start(parts, DRA).evaluate(batch, createRandom(1));
    expect(all()).toEqual(before);
  });

  it("leaves no tensor behind from step 3 on", async () => {
    const step = start(build(), DRA);
    const counts: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      await step.train(batch, context);
      counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts.slice(2)).size).toBe(1);
  });

  it("view 1 is encoded once: one update of its running statistics a step", async () => {
    const parts = build();
    let passes = 0;
    const apply = parts.encoder.apply.bind(parts.encoder);
    const counting = {
      ...parts,
      encoder: {
        ...parts.encoder,
        apply: (...args: Parameters<typeof apply>) => ((passes += 1), apply(...args)),
      },
    };
    await start(counting, DRA).train(batch, context);
    expect(passes).toBe(1);
  });
});

describe("diraStep, whole runs", () => {
  it("learns to restore one batch", async () => {
    const step = start(build(), DR);
    const losses: number[] = [];
    for (let i = 0; i < 12; i += 1)
      losses.push((await step.train(batch, context))["loss_res"] ?? NaN);
    expect(losses[11]).toBeLessThan(0.9 * (losses[0] ?? 0));
  });
});

describe("diraStep, examples", () => {
  it("says which part a weight needs", () => {
    const { encoder } = build();
    const generator = adam({ parameters: encoder.parameters });
    expect(() => diraStep({ encoder }, { generator }, D)).toThrow(
      /λ_dis > 0 needs `parts.objective`/,
    );
    expect(() =>
      diraStep({ encoder }, { generator }, { discriminative: 0, restorative: 0, adversarial: 0 }),
    ).toThrow(/at least one weight/);
    expect(() => diraStep({ encoder }, { generator }, { ...D, discriminative: -1 })).toThrow(
      /must not be negative/,
    );
  });
});
