import { startEngine } from "@dira/engine";
import { expectNoLeak } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { checkpoint, profileMemory, valueAndGradients } from "./index.ts";

/** 4 bytes each. */
const N = 16 * 8;
const SCALAR = 4;
/** With every copy. */
const all = 5 * 4 * N + 4 * 64 + SCALAR;
const engines = await enginesHere();

describe.each(engines)("profileMemory, counted by hand, on %s", (engine) => {
  beforeAll(() => startEngine(engine));
  const kept: tf.Tensor[] = [];
  afterAll(() => tf.dispose(kept));
  const tensor = (shape: number[], seed: number): tf.Tensor => {
    const made = tf.randomNormal(shape, 0, 1, "float32", seed);
    made.dataSync();
    kept.push(made);
    return made;
  };
  const x = (): tf.Tensor2D => tensor([16, 8], 1) as tf.Tensor2D;
  const w = (): tf.Variable => {
    const made = tf.variable(tensor([8, 8], 2));
    kept.push(made);
    return made;
  };
  /**
   * Keeps tanh's output (for its own gradient; reshaped for the square's) and the squares (for their shape), and
   * gives a scalar. The product's factors were there before.
   */
  const net = (x: tf.Tensor2D, w: tf.Tensor): tf.Scalar =>
    tf.sum(tf.square(tf.reshape(tf.tanh(tf.matMul(x, w as tf.Tensor2D)), [N])));
  /** Stock `wasm` copies where others share: the factors, and tanh's output for each who keeps it. */
  const copies = (): boolean =>
    tf.tidy(() => {
      const a = tf.zeros([1]);
      return tf.clone(a).dataId !== a.dataId;
    });

  it("counts what is retained, a reshape and clones not again", async () => {
    const [input, weight] = [x(), w()];
    const run = (): void => {
      tf.tidy(() => {
        valueAndGradients(() => net(input, weight), [weight]);
      });
    };
    const { gradients, left } = await profileMemory(run);
    expect(gradients).toHaveLength(1);
    const found = Object.fromEntries(
      gradients[0]?.retained.operations.map(({ name, bytes, buffers }) => [
        name,
        [bytes, buffers],
      ]) ?? [],
    );
    expect(found).toEqual({
      ...(copies() ? { BatchMatMul: [4 * N + 4 * 64, 2] } : {}),
      Tanh: copies() ? [3 * 4 * N, 3] : [4 * N, 1],
      Square: [4 * N, 1],
      Sum: [SCALAR, 1],
    });
    const { bytes, buffers } = gradients[0]?.retained ?? {};
    expect([bytes, buffers]).toEqual(copies() ? [all, 7] : [2 * 4 * N + SCALAR, 3]);
    expect(left).toEqual({ bytes: 0, buffers: 0 });
  });

  it("sees the same under tf.grads, and what that keeps though no gradient needs it", async () => {
    const [input, weight] = [x(), w()];
    const retained = async (f: () => tf.Scalar): Promise<number> => {
      const { gradients } = await profileMemory(() => {
        tf.tidy(() => {
          tf.variableGrads(f, [weight]);
        });
      });
      expect(gradients).toHaveLength(1);
      return gradients[0]?.retained.bytes ?? NaN;
    };
    const alone = await retained(() => net(input, weight));
    expect(alone).toBe(copies() ? all : 2 * 4 * N + SCALAR);
    const beside = await retained(() => {
      tf.exp(input);
      return net(input, weight);
    });
    expect(beside - alone).toBe(4 * N);
  });

  it("names the results that are left, and gives each gradient its peaks", async () => {
    const [input, weight] = [x(), w()];
    const { result, gradients, left, peakBytes } = await profileMemory(() => {
      const first = valueAndGradients(() => net(input, weight), [weight]);
      const again = valueAndGradients(() => net(input, weight), [weight]);
      return [first.value, ...first.gradients, again.value, ...again.gradients] as tf.Tensor[];
    });
    expect(gradients).toHaveLength(2);
    expect(left.bytes).toBe(2 * (SCALAR + 4 * 64));
    const peaks = gradients.map((g) => [g.forwardPeakBytes, g.backwardPeakBytes]) as number[][];
    // Forward: product and tanh, at least; backward: tanh's output and the gradient of the product.
    for (const [forward = 0, backward = 0] of peaks) {
      expect(forward).toBeGreaterThanOrEqual(2 * 4 * N);
      expect(backward).toBeGreaterThanOrEqual(2 * 4 * N);
    }
    expect(peakBytes).toBe(Math.max(...peaks.flat()));
    tf.dispose(result);
  });

  it("law: a checkpoint retains its input alone, and its inside counts in the backward peak", async () => {
    const [input, weight] = [x(), w()];
    const profile = (kept: boolean) =>
      profileMemory(() => {
        tf.tidy(() => {
          valueAndGradients(() => {
            const before = tf.matMul(input, weight as tf.Tensor as tf.Tensor2D);
            const block = (...[y]: tf.Tensor[]): tf.Tensor =>
              [1, 2, 3, 4, 5].reduce((z) => tf.tanh(z), y as tf.Tensor);
            return tf.sum(kept ? checkpoint(block, [before]) : block(before));
          }, [weight]);
        });
      });
    const [plain, again] = [(await profile(false)).gradients, (await profile(true)).gradients];
    expect(again).toHaveLength(1);
    const factors = copies() ? 4 * N + 4 * 64 : 0;
    // The block's outputs; its input and last output (for the sum's shape).
    expect(plain[0]?.retained.bytes).toBe(5 * 4 * N + SCALAR + factors + (copies() ? 4 * N : 0));
    expect(again[0]?.retained.bytes).toBe(2 * 4 * N + SCALAR + factors);
    expect(again[0]?.backwardPeakBytes).toBeGreaterThanOrEqual(5 * 4 * N);
  });

  it("a variable that takes a new value is not counted", async () => {
    // The only one who holds its memory.
    const weight = tf.tidy(() => tf.variable(tf.randomNormal([8, 8])));
    kept.push(weight);
    const { left, peakBytes } = await profileMemory(() => {
      for (let i = 0; i < 5; i += 1) tf.tidy(() => weight.assign(tf.mul(weight, 0.5)));
    });
    expect(left.bytes).toBe(0);
    expect(peakBytes).toBeLessThanOrEqual(4 * 64 + 8 * SCALAR);
  });

  it("says what the process, or the engine's heap, has taken", async () => {
    const { processPeakBytes, wasmHeapBytes } = await profileMemory(() => undefined);
    expect(processPeakBytes).toBeGreaterThanOrEqual(process.memoryUsage.rss() / 2);
    if (engine === "wasm") expect(wasmHeapBytes).toBeGreaterThan(2 ** 20);
    else expect(wasmHeapBytes).toBeUndefined();
  });

  it("leaves the engine as it was, also after a fault, and refuses a second at once", async () => {
    const methods = (): string[] => Object.keys(tf.engine()).sort();
    const before = methods();
    await expect(profileMemory(() => Promise.reject(new Error("no step")))).rejects.toThrow(
      "no step",
    );
    expect(methods()).toEqual(before);
    const first = profileMemory(() => Promise.resolve(1));
    await expect(profileMemory(() => 2)).rejects.toThrow(/another profile is running/);
    expect((await first).result).toBe(1);
    expect(methods()).toEqual(before);
    expectNoLeak(() => tf.add(x(), 1), 2);
  });
});
