import { resNet } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import {
  barlowTwins,
  denseCl,
  moco,
  type Objective,
  type ObjectiveEncoder,
  simClr,
  swav,
  vicReg,
} from "@dira/objectives";
import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import { sgd } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type DiraParts, diraStep, generatorParameters } from "./index.ts";
import { microBatches } from "./micro-batches.ts";

beforeAll(() => tf.setBackend("cpu"));

type All = { [Name in keyof DiraParts]-?: NonNullable<DiraParts[Name]> };
type Make = (encoder: ObjectiveEncoder, createEncoder: () => ObjectiveEncoder) => Objective;

/** A network whose batch norm uses its running statistics: then images do not see each other in it. */
function withoutBatchStatistics<T extends { apply(x: never, mode: "train" | "infer"): unknown }>(
  network: T,
): T {
  return { ...network, apply: (x: never) => network.apply(x, "infer") };
}

function build(make: Make): All {
  const createEncoder = (): ReturnType<typeof resNet> =>
    withoutBatchStatistics(resNet("resnet18", { width: 2, random: createRandom(1) }));
  const encoder = createEncoder();
  const decoder = uNetDecoder({ encoder, channels: [8, 8, 4, 4, 4], random: createRandom(2) });
  return {
    encoder,
    objective: make(encoder, createEncoder),
    decoder: withoutBatchStatistics(decoder),
    critic: withoutBatchStatistics(patchCritic({ width: 2, random: createRandom(3) })),
    adversarialLoss: adversarialLoss("log"),
  };
}

const image = (seed: number): tf.Tensor => tf.randomUniform([6, 32, 32, 1], 0, 1, "float32", seed);
const weights = { discriminative: 1, restorative: 10, adversarial: 0.5 };

/** One step of plain SGD: how far each parameter moved, which is its gradient, and the metrics. */
async function move(make: Make, microBatch?: number): Promise<[Float32Array[], number[]]> {
  const parts = build(make);
  const generator = sgd({ parameters: generatorParameters(parts), momentum: 0 });
  const critic = sgd({ parameters: parts.critic.parameters, momentum: 0 });
  const step = diraStep(parts, { generator, critic }, weights, { microBatch });
  const moved = [...Object.values(step.parameters), ...Object.values(parts.critic.parameters)];
  const before = moved.map((v) => v.dataSync().slice() as Float32Array);
  const batch = { views: [image(1), image(2)], target: image(3) };
  const context = { learningRate: 1, criticLearningRate: 1, random: createRandom(5) };
  const metrics = await step.train(batch, context);
  const after = moved.map((v, i) => v.dataSync().map((x, j) => x - (before[i]?.[j] ?? NaN)));
  return [after as Float32Array[], Object.values(metrics)];
}

const random = (): ReturnType<typeof createRandom> => createRandom(4);
const methods: Readonly<Record<string, Make>> = {
  moco: (encoder, createEncoder) =>
    moco({ encoder, createEncoder, features: 4, queueSize: 8, random: random() }),
  "moco, symmetric": (encoder, createEncoder) =>
    moco({ encoder, createEncoder, features: 4, queueSize: 8, symmetric: true, random: random() }),
  "barlow-twins": (encoder) => barlowTwins({ encoder, features: [8, 8], random: random() }),
  vicreg: (encoder) => vicReg({ encoder, features: [8, 8], random: random() }),
  simclr: (encoder) => simClr({ encoder, features: 8, random: random() }),
  swav: (encoder) =>
    swav({
      encoder,
      features: 8,
      hiddenFeatures: 8,
      prototypes: 6,
      queueSize: 0,
      random: random(),
    }),
  "dense-cl": (encoder, createEncoder) =>
    denseCl({
      encoder,
      createEncoder,
      features: 4,
      hiddenFeatures: 8,
      queueSize: 8,
      random: random(),
    }),
};

describe("micro-batches", () => {
  it.each(Object.keys(methods))("give the whole batch's gradient and metrics: %s", async (name) => {
    const make = methods[name] as Make;
    const [whole, metrics] = await move(make);
    // In three parts of 2, and in 3 + 3: parts are of equal size.
    for (const size of [2, 4]) {
      const [parts, theirs] = await move(make, size);
      const flat = (all: Float32Array[]): Float32Array =>
        Float32Array.from(all.flatMap((x) => [...x]));
      expect(relativeError(flat(parts), flat(whole)), `micro-batches of ${size}`).toBeLessThan(
        1e-4,
      );
      theirs.forEach((value, i) => expect(value).toBeCloseTo(metrics[i] ?? NaN, 4));
    }
  });

  it.each(Object.keys(methods))("evaluate as the whole batch does: %s", async (name) => {
    const evaluated = async (microBatch?: number): Promise<Record<string, number>> => {
      const parts = build(methods[name] as Make);
      const generator = sgd({ parameters: generatorParameters(parts) });
      const critic = sgd({ parameters: parts.critic.parameters });
      const step = diraStep(parts, { generator, critic }, weights, { microBatch });
      // Of five images, parts of two leave one alone: nothing that inference would mind.
      const five = (seed: number): tf.Tensor => tf.slice(image(seed), 0, 5);
      return step.evaluate({ views: [five(1), five(2)], target: five(3) }, createRandom(5));
    };
    const whole = await evaluated();
    for (const size of [2, 3, 5]) {
      const theirs = await evaluated(size);
      expect(Object.keys(theirs)).toEqual(Object.keys(whole));
      for (const [metric, value] of Object.entries(whole))
        expect(theirs[metric], `${metric}, micro-batches of ${size}`).toBeCloseTo(value, 4);
    }
  });

  it("one part as large as the batch is the plain step", async () => {
    const make = methods["barlow-twins"] as Make;
    expect(await move(make, 6)).toEqual(await move(make));
  });

  it("leave no tensor behind", async () => {
    const parts = build(methods["dense-cl"] as Make);
    const generator = sgd({ parameters: generatorParameters(parts), momentum: 0 });
    const critic = sgd({ parameters: parts.critic.parameters, momentum: 0 });
    const step = diraStep(parts, { generator, critic }, weights, { microBatch: 2 });
    const batch = { views: [image(1), image(2)], target: image(3) };
    const context = { learningRate: 1e-3, criticLearningRate: 1e-3, random: createRandom(5) };
    const counts: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      await step.train(batch, context);
      counts.push(tf.memory().numTensors);
    }
    expect(counts[2]).toBe(counts[1]);
  });

  it("running statistics move once a micro-batch and view", async () => {
    const encoder = resNet("resnet18", { width: 2 });
    const twins = barlowTwins({ encoder, features: [8, 8] });
    // An objective may ask for a view more than once.
    const objective: Objective = {
      ...twins,
      loss: (encode, ...rest) => (encode(0), twins.loss(encode, ...rest)),
    };
    let passes = 0;
    const moving = Object.values(encoder.buffers)[0] as tf.Variable;
    const seen = new Set<number>();
    const apply = encoder.apply.bind(encoder);
    const counted = {
      ...encoder,
      apply: (...args: Parameters<typeof apply>) => {
        passes += 1;
        const maps = apply(...args);
        seen.add(moving.dataSync()[0] ?? NaN);
        return maps;
      },
    };
    const parts = { encoder: counted, objective };
    const generator = sgd({ parameters: generatorParameters(parts), momentum: 0 });
    const onlyD = { discriminative: 1, restorative: 0, adversarial: 0 };
    const step = diraStep(parts, { generator }, onlyD, { microBatch: 3 });
    const context = { learningRate: 0, criticLearningRate: 0, random: createRandom(5) };
    await step.train({ views: [image(1), image(2)] }, context);
    expect(passes).toBe(8);
    const settled = [...seen][3];
    expect(moving.dataSync()[0]).toBe(settled);
  });

  it("are of equal size within one image, and never of one", () => {
    const sizes = (images: number, size: number): number[] =>
      microBatches({ views: [tf.zeros([images, 1])] }, size).map(({ count }) => count);
    expect(sizes(16, 6)).toEqual([6, 5, 5]);
    expect(sizes(7, 3)).toEqual([3, 2, 2]);
    expect(sizes(4, 3)).toEqual([2, 2]);
    expect(sizes(1, 2)).toEqual([1]);
    expect(() => sizes(5, 2)).toThrow(
      /5 images in micro-batches of 2 leave one image alone.*even batch, or `microBatch` 3/,
    );
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 3, max: 40 }), (n, size) => {
        const counts = sizes(n, size);
        expect(counts.reduce((a, b) => a + b)).toBe(n);
        expect(counts).toHaveLength(Math.ceil(n / size));
        expect(Math.max(...counts)).toBeLessThanOrEqual(size);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.max(2, Math.max(...counts) - 1));
      }),
      { numRuns: 50 },
    );
  });

  it("refuse sizes that batch norm cannot take", () => {
    const parts = build(methods["simclr"] as Make);
    const generator = sgd({ parameters: generatorParameters(parts) });
    const critic = sgd({ parameters: parts.critic.parameters });
    for (const microBatch of [0, 1, 2.5, NaN])
      expect(() => diraStep(parts, { generator, critic }, weights, { microBatch })).toThrow(
        /`microBatch` must be a whole number of images from 2 on/,
      );
  });
});
