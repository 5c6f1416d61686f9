import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";

interface Example {
  compare(): Readonly<Record<string, number>>;
}

beforeAll(() => tf.setBackend("cpu"));

describe("docs/examples/micro-batches.mjs", () => {
  it("shows what adds up exactly and what does not", async () => {
    const file = "../../../docs/examples/micro-batches.mjs";
    const { compare } = (await import(file)) as Example;
    const distances = compare();
    expect(distances["restorativeAccumulated"]).toBeLessThan(1e-5);
    expect(distances["contrastiveAccumulated"]).toBeGreaterThan(0.1);
    expect(distances["contrastiveCached"]).toBeLessThan(1e-5);
    expect(distances["contrastiveCachedWithBatchNorm"]).toBeGreaterThan(0.05);
  });
});
