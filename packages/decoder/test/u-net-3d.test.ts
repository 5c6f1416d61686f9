import { fileURLToPath } from "node:url";
import { uNetEncoder } from "@dira/backbones";
import { loadWeights, toTorchLayout } from "@dira/nn";
import { relativeError } from "@dira/testing";
import { valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { restorationLoss, uNetDecoder } from "../src/index.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}

/** What u_net_3d.py prints. */
interface Reference {
  readonly image: number[];
  readonly restored: number[];
  readonly weights: Readonly<Record<string, Stored>>;
  readonly statistics: Readonly<Record<string, Stored>>;
  readonly gradients: Readonly<Record<string, Stored>>;
}

const script = fileURLToPath(new URL("./u_net_3d.py", import.meta.url));

const python = pythonWith(["torch"], "Parity of the 3D U-Net with PyTorch is");

/** PyTorch's own. */
function reference(...options: string[]): Reference {
  const said = runPython(python as string, [script, ...options]);
  return JSON.parse(said) as Reference;
}

beforeAll(() => tf.setBackend("cpu"));

describe.skipIf(python === undefined)("the 3D U-Net, parity with PyTorch run here", () => {
  it("gives the same volume, gradients and running statistics from the same weights", () => {
    const { image, restored, weights, gradients, statistics } = reference();
    const single = reference("--float32");
    const encoder = uNetEncoder({ width: 2, levels: 3 });
    const decoder = uNetDecoder({ encoder, design: "genesis" });
    const parameters = { ...encoder.parameters, ...decoder.parameters };
    const variables = { ...parameters, ...encoder.buffers, ...decoder.buffers };
    const arrays = Object.entries(weights).map(([name, { shape, data }]) => [
      name,
      { dtype: "F32", shape, data: Float32Array.from(data) } as const,
    ]);
    const report = loadWeights(variables, Object.fromEntries(arrays));
    expect([report.missing, report.unexpected]).toEqual([[], []]);
    const x = tf.tensor5d(image, [2, 4, 8, 8, 1]);
    let found: tf.Tensor = tf.zerosLike(x);
    const { gradients: own } = valueAndGradients(() => {
      const y = decoder.apply(encoder.apply(x, "train"), "train");
      found = tf.keep(y);
      return restorationLoss(y, x);
    }, Object.values(parameters));
    expect(relativeError(found, tf.tensor(restored, x.shape))).toBeLessThan(1e-5);
    const apart: number[] = [];
    Object.keys(parameters).forEach((name, i) => {
      // Batch norm cancels the biases before it: their gradient is 0 but for rounding.
      if (name.endsWith("conv1.bias")) return;
      const mine = toTorchLayout(name, own[i] as tf.Tensor);
      const truth = tf.tensor(gradients[name]?.data ?? [], mine.shape);
      const theirs = tf.tensor(single.gradients[name]?.data ?? [], mine.shape);
      const [ours, torchs] = [relativeError(mine, truth), relativeError(theirs, truth)];
      apart.push(ours);
      expect(ours, name).toBeLessThan(Math.max(1e-5, 2 * torchs));
    });
    expect(apart).toHaveLength(
      Object.keys(gradients).filter((n) => !n.endsWith("conv1.bias")).length,
    );
    for (const [name, { data }] of Object.entries(statistics)) {
      const running = variables[name] as tf.Variable;
      expect(relativeError(running, tf.tensor(data)), name).toBeLessThan(1e-5);
    }
    console.log(
      `gradients differ from float64 PyTorch's by at most ${Math.max(...apart).toExponential(1)}`,
    );
  });
});
