import { startEngine } from "@dira/engine";
import { evaluate, goldenLosses, goldenTable, type Loss, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  barlowTwinsLoss,
  infoNce,
  negativeCosine,
  ntXent,
  type NtXentOptions,
  vicRegLoss,
} from "../src/index.ts";
import { enginesHere } from "../../../tools/testing/engines-here.ts";

/** Other libraries' losses and gradients, in float64, against ours. */
const ntXentAt =
  (options: NtXentOptions): Loss =>
  (a, b) =>
    ntXent(a, b, options);
const infoNceAt =
  (temperature: number): Loss =>
  (q, k) =>
    infoNce(q, k, goldenTable("queue"), { temperature });
const barlow =
  (standardize: "batch-norm" | "unbiased"): Loss =>
  (a, b) =>
    barlowTwinsLoss(a, b, { lambda: 0.005, standardize });
const vicReg =
  (views: "mean" | "sum"): Loss =>
  (a, b) =>
    vicRegLoss(a, b, { views });
const simSiam: Loss = (p1: tf.Tensor2D, z2: tf.Tensor2D, p2: tf.Tensor2D, z1: tf.Tensor2D) =>
  tf.mul(tf.add(negativeCosine(p1, z2), negativeCosine(p2, z1)), 0.5);

const losses: Record<string, Loss> = {
  "NT-Xent, temperature 0.5": ntXentAt({ temperature: 0.5 }),
  "NT-Xent, temperature 0.1": ntXentAt({}),
  "NT-Xent, temperature 0.07": ntXentAt({ temperature: 0.07 }),
  "Barlow Twins, biased variance": barlow("batch-norm"),
  "Barlow Twins, unbiased deviation": barlow("unbiased"),
  "Barlow Twins, identical views": barlow("batch-norm"),
  "VICReg, mean of variances": vicReg("mean"),
  "VICReg, sum of variances": vicReg("sum"),
  "SimSiam, one side": negativeCosine,
  "SimSiam, both sides": simSiam,
  "InfoNCE, temperature 0.2": infoNceAt(0.2),
  "InfoNCE, temperature 0.07": infoNceAt(0.07),
};

const TOLERANCE = 1e-5;
describe.each(await enginesHere(["cpu", "tensorflow", "torch"]))(
  "golden losses, on %s",
  (engine) => {
    beforeAll(() => startEngine(engine));

    it.each(Object.entries(goldenLosses))("%s", (name, golden) => {
      const samples = golden.inputs.map((input) => {
        const table = goldenTable(input);
        return { shape: table.shape, values: table.dataSync() as Float32Array };
      });
      const { value, gradients } = evaluate(losses[name] as Loss, samples);
      expect(Math.abs(value / golden.loss - 1)).toBeLessThan(TOLERANCE);
      golden.gradients.forEach((expected, view) => {
        const own = gradients[view] as Float32Array;
        if (expected === null) {
          expect(own.every((element) => element === 0)).toBe(true);
          return;
        }
        expect(relativeError(own, expected), `view ${view}`).toBeLessThan(TOLERANCE);
      });
    });
  },
);
