import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { torchMemory } from "../src/index.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`Tests for leaks of the torch engine are skipped: ${why}`);

const MIB = 2 ** 20;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** MiB of the process in the machine's memory, without what V8 has not collected yet. */
function resident(): number {
  collectGarbage();
  return process.memoryUsage().rss / MIB;
}

describe.skipIf(why !== undefined)("the torch engine leaks nothing", () => {
  beforeAll(async () => {
    await tf.setBackend("torch");
  });

  it("in a million small operations", () => {
    const x = tf.mul(tf.ones([8]), 1);
    const run = (operations: number): void => {
      for (let i = 0; i < operations; i += 1) tf.add(x, x).dispose();
    };
    run(200_000);
    const [before, { slots }] = [resident(), torchMemory()];
    run(1_000_000);
    expect(torchMemory().slots).toBe(slots);
    expect(resident() - before).toBeLessThan(32);
    x.dispose();
  });

  it("in steps of a small network", () => {
    const inputs = tf.mul(tf.randomUniform([4, 16, 16, 2], 0, 1, "float32", 1), 1);
    const filter = tf.variable(tf.randomUniform([3, 3, 2, 8], -1, 1, "float32", 2) as tf.Tensor4D);
    const optimiser = tf.train.adam(1e-3);
    const run = (steps: number): void => {
      for (let i = 0; i < steps; i += 1)
        optimiser.minimize(() => {
          const y = tf.relu(tf.conv2d(inputs as tf.Tensor4D, filter, 1, "same"));
          return tf.mean(tf.square(tf.maxPool(y, 2, 2, "valid")));
        });
    };
    run(1500);
    const [before, { slots, bytes }] = [resident(), torchMemory()];
    run(5000);
    expect(torchMemory().slots).toBe(slots);
    expect(torchMemory().bytes).toBe(bytes);
    expect(resident() - before).toBeLessThan(32);
  });
});
