import { resNet } from "@dira/backbones";
import { uNetDecoder } from "@dira/decoder";
import { prefixed, saveWeights } from "@dira/nn";
import { createRandom } from "@dira/random";
import { expectGradient } from "@dira/testing";
import { adam } from "@dira/training";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  binaryCrossEntropy,
  classifier,
  layerWiseRates,
  loadPretrained,
  segmenter,
  softDiceLoss,
  supervisedStep,
  trainable,
} from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));
const encoderOf = (seed: number, spatialRank: 2 | 3 = 2): ReturnType<typeof resNet> =>
  resNet("resnet18", { width: 2, inChannels: 1, spatialRank, random: createRandom(seed) });
const valueOf = (x: tf.Tensor): number => x.dataSync()[0] ?? NaN;

describe("loadPretrained", () => {
  const weights = async (prefix: string): Promise<Awaited<ReturnType<typeof saveWeights>>> => {
    const { parameters, buffers } = encoderOf(1);
    const saved = await saveWeights({ ...parameters, ...buffers });
    return prefix === "" ? saved : (prefixed(prefix, saved) as typeof saved);
  };
  const sum = (variables: Readonly<Record<string, tf.Tensor>>): number =>
    Object.values(variables).reduce((total, v) => total + valueOf(tf.sum(tf.abs(v))), 0);

  it.each(["", "encoder", "module.encoder_q.backbone.encoder"])(
    "finds an encoder's names behind `%s`, and says what it did not use",
    async (prefix) => {
      const target = encoderOf(2);
      const variables = { ...target.parameters, ...target.buffers };
      const given = {
        ...(await weights(prefix)),
        "decoder.blocks.0.conv1.0.weight": { dtype: "F32", shape: [1], data: new Float32Array(1) },
        "bn1.num_batches_tracked": { dtype: "F32", shape: [], data: new Float32Array(1) },
      } as const;
      const report = loadPretrained(variables, given);
      expect(report).toMatchObject({ coverage: 1, missing: [] });
      expect(report.unexpected).toEqual(["decoder.blocks.0.conv1.0.weight"]);
      expect(report.matched).toHaveLength(Object.keys(variables).length);
      expect(sum(target.parameters)).toBeCloseTo(sum(encoderOf(1).parameters), 3);
    },
  );

  it("refuses weights of another architecture, and changes nothing", async () => {
    const target = encoderOf(2);
    const before = sum(target.parameters);
    const given = await weights("");
    const { "layer4.1.conv2.weight": _, ...lacking } = given;
    expect(() => loadPretrained(target.parameters, lacking, { name: "a.safetensors" })).toThrow(
      /a\.safetensors must give 100 % .*1 of \d+ names are missing \(layer4\.1\.conv2\.weight/,
    );
    expect(() => loadPretrained(target.parameters, {})).toThrow(/gives 0\.0 %/);
    const wide = resNet("resnet18", { width: 4, inChannels: 1 });
    expect(() => loadPretrained(wide.parameters, given)).toThrow(/must be \[/);
    expect(sum(target.parameters)).toBe(before);
    expect(loadPretrained(target.parameters, lacking, { leastCoverage: 0.5 }).missing).toEqual([
      "layer4.1.conv2.weight",
    ]);
  });
});

describe.each([2, 3] as const)("networks of rank %i", (spatialRank) => {
  const image = tf.randomUniform(
    [2, ...new Array<number>(spatialRank).fill(32), 1],
    0,
    1,
    "float32",
    1,
  );

  it("a classifier learns to tell two images apart; frozen stages stay as they are", async () => {
    const encoder = encoderOf(3, spatialRank);
    const network = classifier({ encoder, outputs: 1, random: createRandom("head") });
    const parameters = trainable(network.parameters, encoder, { frozenStages: 4 });
    expect(Object.keys(parameters).every((name) => /^(head|encoder\.layer4)\./.test(name))).toBe(
      true,
    );
    const frozen = encoder.parameters["layer1.0.conv1.weight"] as tf.Variable;
    const before = frozen.dataSync().slice();
    const step = supervisedStep({
      network,
      parameters,
      loss: binaryCrossEntropy,
      optimiser: adam({ parameters }),
    });
    const targets = tf.tensor2d([[0], [1]]);
    const losses: number[] = [];
    for (let i = 0; i < 12; i += 1) losses.push(await step.train({ images: image, targets }, 1e-2));
    expect(losses[0]).toBeCloseTo(Math.LN2, 1);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
    expect(frozen.dataSync()).toEqual(before);
  });

  it("a segmenter gives logits of the image's size, under the names of encoder and decoder", async () => {
    const encoder = encoderOf(4, spatialRank);
    const decoder = uNetDecoder({
      encoder,
      channels: [4, 4, 4, 4, 4],
      outChannels: 2,
      activation: "identity",
    });
    const network = segmenter({ encoder, decoder });
    const { loss, output } = await supervisedStep({
      network,
      parameters: network.parameters,
      loss: (logits, masks) => softDiceLoss(tf.sigmoid(logits), masks),
      optimiser: adam({ parameters: network.parameters }),
    }).evaluate({ images: image, targets: tf.ones([...image.shape.slice(0, -1), 2]) });
    expect(output.shape).toEqual([...image.shape.slice(0, -1), 2]);
    expect(loss).toBeGreaterThan(0);
    expect(Object.keys(network.parameters)).toContain("decoder.blocks.0.conv1.0.weight");
    expect(Object.keys(network.parameters)).toContain("encoder.conv1.weight");
  });
});

describe("layer-wise rates", () => {
  it("fall from the head to the image", () => {
    const encoder = encoderOf(5);
    const groups = layerWiseRates(encoder, 0.5);
    const rateOf = (name: string): number =>
      groups.find(
        ({ parameters }) =>
          typeof parameters === "function" && parameters(name, tf.variable(tf.scalar(0))),
      )?.learningRateFactor ?? 1;
    expect(
      [
        "head.weight",
        "encoder.layer4.0.conv1.weight",
        "encoder.layer1.0.bn1.bias",
        "encoder.conv1.weight",
      ].map(rateOf),
    ).toEqual([1, 0.5, 0.5 ** 4, 0.5 ** 5]);
    expect(() => layerWiseRates(encoder, 0)).toThrow(/in \(0, 1\], got 0/);
  });
});

describe("losses", () => {
  const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
    minLength: 4,
    maxLength: 4,
  });

  it("binary cross-entropy: its definition in float64, over known labels alone", () => {
    fc.assert(
      fc.property(
        logits,
        fc.array(fc.constantFrom(0, 1, NaN), { minLength: 4, maxLength: 4 }),
        (x, y) => {
          const known = y.flatMap((label, i) => (Number.isNaN(label) ? [] : [i]));
          const each = known.map((i) => {
            const [a, label] = [Math.fround(x[i] ?? 0), y[i] ?? 0];
            return Math.max(a, 0) - a * label + Math.log1p(Math.exp(-Math.abs(a)));
          });
          const expected = each.reduce((sum, v) => sum + v, 0) / Math.max(1, known.length);
          const got = valueOf(binaryCrossEntropy(tf.tensor2d(x, [2, 2]), tf.tensor2d(y, [2, 2])));
          expect(Math.abs(got - expected)).toBeLessThan(1e-5 * (1 + expected));
        },
      ),
    );
    expectGradient(
      (x) => binaryCrossEntropy(x, tf.tensor1d([1, NaN, 0])),
      [tf.tensor1d([0.3, 1, -2])],
    );
    expect(() => binaryCrossEntropy(tf.zeros([2, 3]), tf.zeros([2, 2]))).toThrow(
      /must have one shape/,
    );
  });

  it("soft Dice: 0 of what is right, nearly 1 of what is wrong, an empty mask is no division by 0", () => {
    const mask = tf.tensor3d([1, 1, 0, 0, 1, 0], [1, 6, 1]);
    expect(valueOf(softDiceLoss(mask, mask))).toBeCloseTo(0, 6);
    // 2·0 + 1 over 3 + 3 + 1.
    expect(valueOf(softDiceLoss(tf.sub(1, mask), mask))).toBeCloseTo(1 - 1 / 7, 6);
    expect(valueOf(softDiceLoss(tf.zerosLike(mask), tf.zerosLike(mask)))).toBeCloseTo(0, 6);
    expectGradient(
      (p) => softDiceLoss(p, mask),
      [tf.tensor3d([0.2, 0.9, 0.5, 0.1, 0.4, 0.3], [1, 6, 1])],
    );
  });

  it("soft Dice over images is the mean of theirs", () => {
    const [a, b] = [tf.tensor2d([[0.9], [0.1], [0.4]]), tf.tensor2d([[0.2], [0.7], [0.6]])];
    const [y, z] = [tf.tensor2d([[1], [0], [0]]), tf.tensor2d([[0], [1], [1]])];
    const one = (p: tf.Tensor, m: tf.Tensor): number =>
      valueOf(softDiceLoss(tf.expandDims(p, 0), tf.expandDims(m, 0)));
    const both = valueOf(softDiceLoss(tf.stack([a, b]), tf.stack([y, z]), { over: "image" }));
    expect(both).toBeCloseTo((one(a, y) + one(b, z)) / 2, 6);
  });
});
