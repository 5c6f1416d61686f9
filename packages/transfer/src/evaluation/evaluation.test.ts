import { resNet } from "@dira/backbones";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { noisyLabels, normalFeatures } from "../../test/tables.ts";
import {
  accuracy,
  evaluateFeatures,
  evaluationMetrics,
  kNearestNeighbours,
  type LabelledBatch,
  type LabelledFeatures,
  linearProbe,
  multiLabelAuroc,
  onlineEvaluation,
} from "../index.ts";

beforeAll(() => tf.setBackend("cpu"));

const labelled = (N: number, key: number): LabelledFeatures => {
  const features = normalFeatures(N, 6, 1);
  return { ...features, data: features.data.map((v, i) => v + Math.sin(i * key)), labels: noisyLabels(features, 2, key) }; // prettier-ignore
};

describe("evaluateFeatures", () => {
  it("example: the two classifiers' scores and their AUROC, on the same features", async () => {
    const [train, test] = [labelled(60, 1), labelled(40, 2)];
    const { knn, probe } = await evaluateFeatures(train, test, { k: 7, probe: { c: 0.1 } });
    expect(knn.scores).toEqual(await kNearestNeighbours(train, test, { k: 7 }));
    expect(probe?.scores).toEqual(linearProbe(train, { c: 0.1 }).predict(test));
    const { mean, perLabel } = multiLabelAuroc(knn.scores, test.labels as number[][]);
    expect(knn).toMatchObject({ metric: "auroc", value: mean, perLabel });
    expect(evaluationMetrics({ knn })).toEqual({ knn_auroc: mean });
    expect(Object.keys(await evaluateFeatures(train, test, { probe: false }))).toEqual(["knn"]);
  });

  it("example: of classes it is accuracy", async () => {
    const classes = (f: LabelledFeatures): LabelledFeatures => ({
      ...f,
      labels: (f.labels as number[][]).map(([a = 0, b = 0]) => a + b),
    });
    const [train, test] = [classes(labelled(60, 1)), classes(labelled(40, 2))];
    const evaluation = await evaluateFeatures(train, test);
    expect(evaluationMetrics(evaluation)).toEqual({
      knn_accuracy: accuracy(evaluation.knn.scores, test.labels as number[]),
      probe_accuracy: accuracy(evaluation.probe?.scores ?? [], test.labels as number[]),
    });
  });

  it("a label that no test image has gives no metric", async () => {
    const train = labelled(30, 1);
    const test = { ...train, labels: train.labels.map(() => [0, 0]) };
    expect(evaluationMetrics(await evaluateFeatures(train, test))).toEqual({});
  });

  it("refuses sets that are labelled differently", async () => {
    const train = labelled(9, 1);
    const others = [train.labels.map(() => 0), train.labels.map(() => [0, 1, 0])];
    for (const labels of others) {
      await expect(evaluateFeatures(train, { ...train, labels })).rejects.toThrow(/labelled alike/);
    }
  });
});

describe("onlineEvaluation", () => {
  const encoder = resNet("resnet18", { width: 2, random: createRandom("online") });
  /** Bright images have the label. */
  function* batches(seed: number): Generator<LabelledBatch, void, void> {
    for (let i = 0; i < 3; i += 1) {
      const images = tf.tidy(() => {
        const noise = tf.randomUniform([4, 32, 32, 3], 0, 1, "float32", seed + i);
        return tf.add(noise, tf.tensor4d([0, 2, 0, 2], [4, 1, 1, 1]));
      });
      yield { images, labels: [[0], [1], [0], [1]] };
      images.dispose();
    }
  }

  it("example: finds what is plain to see, when due, and leaves no tensors", async () => {
    const options = { train: () => batches(1), test: () => batches(5), every: 3, k: 3 };
    const online = onlineEvaluation(options);
    expect([1, 2, 3, 4, 5, 6].filter(online.due)).toEqual([3, 6]);
    await online.evaluate(encoder);
    const before = tf.memory().numTensors;
    expect(await online.evaluate(encoder)).toEqual({ val_knn_auroc: 1, val_probe_auroc: 1 });
    expect(tf.memory().numTensors).toBe(before);
    expect(await onlineEvaluation({ ...options, probe: false }).evaluate(encoder)).toEqual({
      val_knn_auroc: 1,
    });
    expect(() => onlineEvaluation({ ...options, every: 0 })).toThrow(/whole number from 1/);
  });
});
