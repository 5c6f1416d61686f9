// Each entry of docs/tensorflow-js-defects.md: TensorFlow.js's own operation fails, ours passes. TensorFlow.js's
// come first: once ours have run, @dira/portable-kernels has put some of its kernels right.
import { startEngine } from "@dira/engine";
import { distinctValues, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { conv } from "../src/index.ts";
import { defects } from "./defect-cases.ts";
import { type Check, type Op, random, twice, WRONG } from "./defect.ts";
import { enginesHere } from "../../../tools/testing/engines-here.ts";

const failureOf = (check: Check, op: Op): string => {
  try {
    tf.tidy(() => check(op));
    return "";
  } catch (error) {
    return String(error);
  }
};

describe.each(await enginesHere())("defects of TensorFlow.js on %s", (engine) => {
  const here = defects.filter((d) => d.engines.includes(engine));
  const stock = new Map<string, string>();
  beforeAll(async () => {
    await startEngine(engine);
    for (const d of here) stock.set(d.name, failureOf(d.check, d.stock));
  });

  it.each(here.map((d) => [d.name, d] as const))("%s; ours is right", async (_, d) => {
    await startEngine(engine);
    expect(stock.get(d.name)).toMatch(d.fails);
    expect(failureOf(d.check, d.ours)).toBe("");
  });

  it.each([
    ["exp", tf.exp],
    ["sigmoid", tf.sigmoid],
    ["tanh", tf.tanh],
  ] as const)(
    "%s has no second-order gradient, and a wrong one beside another term",
    async (_, op) => {
      await startEngine(engine);
      const check = twice(() => distinctValues([5], 1));
      expect(failureOf(check, (x) => op(x))).not.toBe("");
      expect(failureOf(check, (x) => tf.add(op(x), tf.square(x)))).toMatch(WRONG);
    },
  );

  // Seen on an AMD EPYC with AVX-512; whether oneDNN takes that way depends on the processor.
  it.runIf(engine === "tensorflow")(
    "input gradients of one channel to one channel are right",
    async () => {
      await startEngine(engine);
      tf.tidy(() => {
        const [x, w] = [random([2, 8, 11, 1]), random([1, 3, 1, 1], 2)];
        const two = (t: tf.Tensor): tf.Tensor => tf.concat([t, tf.zerosLike(t)], -1);
        const gradientOf = (op: Op): tf.Tensor =>
          tf.grad((x: tf.Tensor) => tf.sum(tf.square(op(x))))(x);
        const sound = gradientOf((x) =>
          tf.conv2d(x as tf.Tensor4D, two(w) as tf.Tensor4D, 1, "valid"),
        );
        const stock = relativeError(
          gradientOf((x) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "valid")),
          sound,
        );
        console.log(`stock conv2d of one channel to one: relative error of its gradient ${stock}`);
        expect(
          relativeError(
            gradientOf((x) => conv(x, w)),
            sound,
          ),
        ).toBeLessThan(1e-5);
      });
    },
  );
});
