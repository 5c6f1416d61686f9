import { startEngine } from "@dira/engine";
import {
  distinctValues,
  expectAdjoint,
  expectGradient,
  expectNoLeak,
  expectSecondOrderGradient,
  pseudoRandom,
} from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { checkEngine } from "../src/index.ts";
import { type OpCase, opCases } from "../src/op-cases.ts";
import { enginesHere } from "../../../tools/testing/engines-here.ts";

const engines = await enginesHere();

const inputsOf = ({ shapes, kind }: OpCase): tf.Tensor[] =>
  shapes.map((shape, i) =>
    kind === "kinks"
      ? distinctValues(shape, i + 1)
      : tf.tensor(pseudoRandom(shape, i + 1), [...shape]),
  );

/** Throws when the first-order gradient of any input is wrong. */
function expectFirstOrder(c: OpCase): void {
  const inputs = inputsOf(c);
  const call = (...xs: tf.Tensor[]): tf.Tensor => c.op(...(xs as [tf.Tensor]));
  if (c.kind !== "linear") {
    return expectGradient(call, inputs, c.kind === "kinks" ? { step: 0.05 } : {});
  }
  c.shapes.forEach((shape, i) => {
    expectAdjoint((x) => call(...inputs.map((other, j) => (i === j ? x : other))), shape);
  });
}

function expectSecondOrder(c: OpCase): void {
  const options = { directions: 1, tolerance: 5e-3, ...(c.kind === "kinks" ? { step: 0.05 } : {}) };
  expectSecondOrderGradient((...xs) => c.op(...(xs as [tf.Tensor])), inputsOf(c), options);
}

/** What stock `wasm` gets wrong or has no kernel for. */
const refused: Record<string, readonly string[]> = { wasm: [] };

describe.each(engines)("laws on %s", (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });
  const cases = opCases();
  const failing = refused[engine] ?? [];
  const sound = cases.filter((c) => !failing.includes(c.name));

  it.each(sound.map((c) => [c.name, c] as const))("gradient of %s", (_, c) => {
    tf.tidy(() => expectFirstOrder(c));
  });

  it.each(sound.map((c) => [c.name, c] as const))("gradient of the gradient of %s", (_, c) => {
    tf.tidy(() => expectSecondOrder(c));
  });

  it.each(sound.map((c) => [c.name, c] as const))("%s leaves no tensor behind", (_, c) => {
    tf.tidy(() => {
      const inputs = inputsOf(c) as [tf.Tensor];
      expectNoLeak(() => tf.tidy(() => c.op(...inputs)));
      const total = (...xs: tf.Tensor[]): tf.Tensor => tf.sum(c.op(...(xs as [tf.Tensor])));
      expectNoLeak(() => tf.grads(total)(inputs), inputs.length);
    });
  });

  it("the gate names what fails, and nothing else", () => {
    expect(checkEngine()).toEqual(failing);
  });
});
