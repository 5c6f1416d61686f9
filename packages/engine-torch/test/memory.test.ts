import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { resetPeakMemory, torchMemory } from "../src/index.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`Tests of the torch engine's memory are skipped: ${why}`);

const MIB = 2 ** 20;

/** One of which something is still known when others have come and gone. */
interface Held {
  readonly tensor: tf.Tensor1D;
  readonly value: number;
}

describe.skipIf(why !== undefined)("memory of large tensors", () => {
  let drawn = 0;
  let draws: tf.backend_util.TypedArray = new Float32Array();
  const uniform = (low: number, high: number): number => {
    drawn += 1;
    return low + (high - low) * (draws[drawn % draws.length] as number);
  };

  /** Makes and frees tensors of 0.25 to 8 MiB, of up to 200 MiB together. */
  function churn(rounds: number): Held[] {
    const held: Held[] = [];
    for (let i = 0; i < rounds; i += 1) {
      const size = Math.floor(uniform(0.25, 8) * 2 ** 18);
      held.push({ tensor: tf.fill([size], i), value: i });
      while (torchMemory().bytes > 200 * MIB) {
        const [freed] = held.splice(Math.floor(uniform(0, held.length)), 1) as [Held];
        check(freed);
      }
    }
    return held;
  }

  function check({ tensor, value }: Held): void {
    // What a later one wrote into it would be larger.
    const most = tf.max(tensor);
    expect(most.dataSync()[0]).toBe(value);
    tf.dispose([most, tensor]);
  }

  beforeAll(async () => {
    await tf.setBackend("torch");
    draws = tf.tidy(() => tf.randomUniform([1000], 0, 1, "float32", 1).dataSync());
  });

  it("is one tensor's alone, and takes little more than the tensors do, whatever comes and goes", () => {
    churn(5).forEach(check);
    const before = process.memoryUsage().rss - torchMemory().bytes;
    resetPeakMemory();
    churn(400).forEach(check);
    const resident = process.memoryUsage().rss - before;
    expect(resident / torchMemory().peakBytes).toBeLessThan(1.4);
  });

  it("is refused by a JavaScript error when the machine has too little", () => {
    expect(() => tf.fill([2 ** 45], 1)).toThrow(/memory/i);
    expect(
      tf
        .fill([2 ** 20], 3)
        .min()
        .dataSync()[0],
    ).toBe(3);
  });
});
