import { type Encoder, resNet, uNetEncoder } from "@dira/backbones";
import { adversarialLoss, patchCritic } from "@dira/critic";
import { uNetDecoder } from "@dira/decoder";
import { startEngine } from "@dira/engine";
import { prefixed, type Variables } from "@dira/nn";
import { moco, type ObjectiveEncoder, transVw } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import type { Optimiser } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { cancelled } from "../test/reference.ts";
import { type DiraMetrics, type DiraParts, diraStep } from "./index.ts";

type Rank = 2 | 3;
type All = { [Name in keyof DiraParts]-?: NonNullable<DiraParts[Name]> };

/** Per-axis options: along the depth, kernels, strides and pools of 1. */
const flat = (rank: Rank, along: number): number[] => [1, along, along].slice(3 - rank);

/** Both designs of a rank, small. */
const networks = {
  "ResNet-18 U-Net with MoCo": (spatialRank: Rank): All => {
    const [kernel, stride] = [flat(spatialRank, 3), flat(spatialRank, 2)];
    const make = () =>
      resNet("resnet18", {
        spatialRank,
        width: 2,
        inChannels: 1,
        kernel,
        stride,
        stemKernel: flat(spatialRank, 7),
        stemStride: stride,
      });
    const encoder = make();
    const createEncoder = make as () => ObjectiveEncoder;
    const channels = [8, 8, 4, 4, 4];
    return {
      encoder,
      objective: moco({ encoder, createEncoder, features: 4, queueSize: 8 }),
      decoder: uNetDecoder({ encoder, channels, kernel }),
      ...adversary(spatialRank, "wgan-gp"),
    };
  },
  "U-Net with TransVW": (spatialRank: Rank): All => {
    const kernel = flat(spatialRank, 3);
    const encoder = uNetEncoder({
      spatialRank,
      width: 2,
      levels: 3,
      kernel,
      pool: flat(spatialRank, 2),
    });
    return {
      encoder,
      objective: transVw({ encoder, spatialRank, words: 4, hiddenChannels: 8, kernel }),
      decoder: uNetDecoder({ encoder, design: "genesis", kernel }),
      ...adversary(spatialRank, "log"),
    };
  },
} as const;

const adversary = (spatialRank: Rank, form: "log" | "wgan-gp") => ({
  critic: patchCritic({
    spatialRank,
    width: 2,
    kernel: flat(spatialRank, 3),
    stride: flat(spatialRank, 2),
  }),
  adversarialLoss: adversarialLoss(form),
});

const allOf = ({ encoder, objective, decoder, critic }: All): Variables => ({
  ...prefixed("encoder", { ...encoder.parameters, ...encoder.buffers }),
  ...prefixed("objective", { ...objective.parameters, ...objective.buffers, ...objective.state }),
  ...prefixed("decoder", { ...decoder.parameters, ...decoder.buffers }),
  ...prefixed("critic", critic.parameters),
});

/** Gives volumes' networks the images' weights. */
function copyWeights(from: All, to: All): void {
  const [sources, targets] = [allOf(from), allOf(to)];
  expect(Object.keys(targets)).toEqual(Object.keys(sources));
  for (const [name, variable] of Object.entries(targets)) {
    const source = sources[name] as tf.Variable;
    expect(variable.size, name).toBe(source.size);
    variable.assign(tf.tidy(() => tf.reshape(tf.clone(source), variable.shape)));
  }
}

const images = (seed: number): tf.Tensor => tf.randomUniform([4, 32, 32, 1], 0, 1, "float32", seed);
/** An image, or the volume of depth 1 that it is. */
const ofRank = (x: tf.Tensor, rank: Rank): tf.Tensor => (rank === 2 ? x : tf.expandDims(x, 1));

/** An optimiser that moves nothing and notes the gradients. */
function noting(gradients: Record<string, tf.Tensor>, prefix: string): Optimiser {
  return {
    parameters: {},
    state: {},
    stepCount: 0,
    dispose: () => undefined,
    update: (given) => {
      for (const [name, gradient] of Object.entries(given))
        gradients[prefix + name] = tf.keep(tf.clone(gradient));
    },
  };
}

async function stepOf(
  parts: All,
  rank: Rank,
): Promise<[DiraMetrics, Readonly<Record<string, tf.Tensor>>]> {
  const gradients: Record<string, tf.Tensor> = {};
  const optimisers = {
    generator: noting(gradients, ""),
    critic: noting(gradients, "critic."),
  };
  const weights = { discriminative: 1, restorative: 10, adversarial: 1 };
  const batch = {
    views: [ofRank(images(1), rank), ofRank(images(2), rank)],
    target: ofRank(images(3), rank),
    labels: tf.tensor1d([0, 3, 1, 2], "int32"),
  };
  const context = { learningRate: 1, criticLearningRate: 1, random: createRandom(5) };
  const metrics = await diraStep(parts, optimisers, weights).train(batch, context);
  return [metrics, gradients];
}

const bothOf = (name: keyof typeof networks): [All, All] => {
  const [plane, volume] = [networks[name](2), networks[name](3)];
  copyWeights(plane, volume);
  return [plane, volume];
};

describe.each(await enginesHere())(
  "law: a volume of depth 1 gives what the image gives, on %s",
  (engine) => {
    beforeAll(() => startEngine(engine));
    afterEach(() => tf.disposeVariables());

    it.each(["train", "infer"] as const)("ResNet-50's maps, mode %s", (mode) => {
      const make = (spatialRank: Rank): Encoder =>
        resNet("resnet50", {
          spatialRank,
          width: 2,
          kernel: flat(spatialRank, 3),
          stride: flat(spatialRank, 2),
          stemKernel: flat(spatialRank, 7),
          stemStride: flat(spatialRank, 2),
        });
      const [plane, volume] = [make(2), make(3)];
      for (const [name, variable] of Object.entries(volume.parameters)) {
        const source = plane.parameters[name] as tf.Variable;
        variable.assign(tf.tidy(() => tf.reshape(tf.clone(source), variable.shape)));
      }
      tf.tidy(() => {
        const x = tf.tile(images(1), [1, 1, 1, 3]);
        const expected = plane.apply(x as tf.Tensor4D, mode);
        const maps = volume.apply(ofRank(x, 3) as tf.Tensor5D, mode);
        for (const { name } of plane.stages)
          expect(relativeError(maps[name] as tf.Tensor, expected[name] as tf.Tensor)).toBeLessThan(
            1e-5,
          );
      });
    });

    describe.each(Object.keys(networks) as (keyof typeof networks)[])("%s", (name) => {
      // Norms of four values enlarge rounding: images' own scores are up to 2.5e-5 from `cpu`'s on the other engines.
      it("maps, restorations and scores", () => {
        const [plane, volume] = bothOf(name);
        tf.tidy(() => {
          const x = images(1);
          const outputs = ({ encoder, decoder, critic }: All, rank: Rank) => {
            const maps = encoder.apply(ofRank(x, rank) as tf.Tensor5D, "train");
            const restored = decoder.apply(maps, "train");
            return { ...maps, restored, scores: critic.apply(restored, "train") };
          };
          const [expected, found] = [outputs(plane, 2), outputs(volume, 3)];
          for (const [what, y] of Object.entries(expected)) {
            expect(found[what as "scores"].shape).toEqual([4, 1, ...y.shape.slice(1)]);
            expect(relativeError(found[what as "scores"], y), what).toBeLessThan(1e-4);
          }
        });
      });

      it("losses and gradients of the whole step", async () => {
        const [plane, volume] = bothOf(name);
        const [metrics, gradients] = await stepOf(plane, 2);
        const [theirs, own] = await stepOf(volume, 3);
        for (const [what, value] of Object.entries(metrics))
          expect(Math.abs((theirs[what] ?? NaN) - value), what).toBeLessThan(
            1e-4 * (1 + Math.abs(value)),
          );
        expect(Object.keys(own)).toEqual(Object.keys(gradients));
        const norm = (x: tf.Tensor): number => Number(tf.norm(tf.reshape(x, [-1])).dataSync());
        for (const [what, gradient] of Object.entries(gradients)) {
          const apart = tf.sub(tf.reshape(own[what] as tf.Tensor, gradient.shape), gradient);
          // What a norm cancels has no gradient but rounding, nor has the last bias of WGAN's critic.
          const from = cancelled(what) ? gradients[what.replace("bias", "weight")] : gradient;
          expect(norm(apart), what).toBeLessThan(1e-3 * norm(from as tf.Tensor) + 1e-6);
        }
        tf.dispose([gradients, own]);
      });
    });
  },
);
