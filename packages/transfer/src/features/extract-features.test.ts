import { resNet } from "@dira/backbones";
import { startEngine } from "@dira/engine";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { enginesHere } from "../../../../tools/testing/engines-here.ts";
import { extractFeatures, type FeatureEncoder, type LabelledBatch } from "../index.ts";

const engines = await enginesHere(["cpu", "tensorflow", "torch"]);

/** Three images in batches of two and one; each disposed of once it was used. */
function* batches(spatialRank: number, channels = 1): Generator<LabelledBatch, void, void> {
  const sides = new Array<number>(spatialRank).fill(32);
  for (const [n, labels] of [
    [2, [4, 7]],
    [1, [9]],
  ] as const) {
    // prettier-ignore
    const images = tf.randomUniform([n, ...sides, channels], 0, 1, "float32", 10 + n);
    yield { images, labels };
    images.dispose();
  }
}

describe.each(engines)("extractFeatures on %s", (engine) => {
  it.each([2, 3] as const)(
    "law: rank %d: pooled last maps with running statistics, nothing changed, no tensors left",
    async (spatialRank) => {
      await startEngine(engine);
      const random = createRandom("encoder");
      const encoder = resNet("resnet18", { spatialRank, inChannels: 1, width: 2, random });
      // Statistics of their own, so that the batch's would give other features.
      for (const [name, buffer] of Object.entries(encoder.buffers)) {
        if (name.endsWith("running_mean")) buffer.assign(tf.fill(buffer.shape, 0.1));
      }
      const state = { ...encoder.parameters, ...encoder.buffers };
      const held = Object.values(state).map((variable) => variable.dataSync().slice());
      await extractFeatures(encoder, batches(spatialRank));
      const tensors = tf.memory().numTensors;
      const { data, shape, labels } = await extractFeatures(encoder, batches(spatialRank));
      expect(tf.memory().numTensors).toBe(tensors);
      Object.entries(state).forEach(([name, variable], i) => {
        expect(variable.dataSync(), name).toEqual(held[i]);
      });
      expect([shape, labels]).toEqual([
        [3, 16],
        [4, 7, 9],
      ]);
      let at = 0;
      for (const { images } of batches(spatialRank)) {
        const maps = encoder.apply(images as tf.Tensor4D, "infer");
        const axes = [1, 2, 3].slice(0, spatialRank);
        const mean = tf.mean(maps["layer4"] as tf.Tensor, axes).dataSync();
        mean.forEach((value, i) => expect(data[at + i]).toBeCloseTo(value, 5));
        at += mean.length;
      }
    },
  );
});

describe("extractFeatures, examples", () => {
  const encoder = resNet("resnet18", { width: 2 });

  it("takes batches that are made asynchronously, and rows of labels", async () => {
    async function* later(): AsyncGenerator<LabelledBatch, void, void> {
      await Promise.resolve();
      yield { images: tf.ones([1, 32, 32, 3]), labels: [[0, NaN]] };
    }
    const { labels, shape } = await extractFeatures(encoder, later());
    expect(labels).toEqual([[0, NaN]]);
    expect(shape).toEqual([1, 16]);
  });

  it("refuses other channels, no images, no stages", async () => {
    await expect(extractFeatures(encoder, batches(2))).rejects.toThrow(
      /takes 3 channels.*withChannels/,
    );
    await expect(extractFeatures(encoder, [])).rejects.toThrow(/expected images, got none/);
    const bare: FeatureEncoder = { ...encoder, stages: [] };
    await expect(extractFeatures(bare, batches(2, 3))).rejects.toThrow(/no stages/);
  });
});
