import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeSafetensors } from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  checkpointFolder,
  loadCheckpoint,
  loadState,
  readNumbers,
  saveCheckpoint,
  saveState,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));
const folder = (): string => mkdtempSync(join(tmpdir(), "dira-training-"));
const variables = (value: number): Record<string, tf.Variable> => ({
  "a/b.weight": tf.variable(tf.fill([2, 3], value)),
  c: tf.variable(tf.scalar(3, "int32"), false),
});
const bits = (variable: tf.Variable | undefined): number[] => {
  const data = variable?.dataSync() as Float32Array;
  return [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
};

describe("laws: checkpoints", () => {
  it("the same state gives the same bytes, whatever the order of its numbers", async () => {
    const [one, two] = [join(folder(), "a"), join(folder(), "b")];
    await saveCheckpoint(one, variables(0.1), { done: 7, best: 0.1 });
    await saveCheckpoint(two, variables(0.1), { best: 0.1, done: 7 });
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    const fresh = variables(5);
    expect(loadCheckpoint(one, fresh)).toEqual({ done: 7, best: 0.1 });
    expect(bits(fresh["a/b.weight"])).toEqual(bits(variables(0.1)["a/b.weight"]));
  });

  it("any values and numbers come back bit for bit, NaN, infinities and −0 too", async () => {
    const path = join(folder(), "a");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float(), { minLength: 1, maxLength: 8 }),
        fc.dictionary(fc.string(), fc.double(), { noNullPrototype: true }),
        async (values, numbers) => {
          const a = tf.variable(tf.tensor1d(values));
          await saveCheckpoint(path, { a }, numbers, { allowNonFinite: true });
          const b = tf.variable(tf.zeros([values.length]));
          const loaded = loadCheckpoint(path, { a: b });
          for (const [name, value] of Object.entries(numbers)) expect(loaded[name]).toBe(value);
          expect(Object.keys(loaded).sort()).toEqual(Object.keys(numbers).sort());
          expect(bits(b)).toEqual(bits(a));
          expect(readNumbers(path)).toEqual(loaded);
          tf.dispose([a, b]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("a file cut anywhere is refused by its path, and nothing changes", async () => {
    const path = join(folder(), "a");
    await saveCheckpoint(path, variables(0.1), {});
    const bytes = readFileSync(path);
    const fresh = variables(1);
    for (let end = 0; end < bytes.length; end += 7) {
      writeFileSync(path, bytes.subarray(0, end));
      expect(() => loadCheckpoint(path, fresh)).toThrow(`The checkpoint ${path} can't be read`);
    }
    expect(fresh["a/b.weight"]?.dataSync()[0]).toBe(1);
  });
});

describe("examples: checkpoints", () => {
  it("another architecture is refused with what matches and what does not", async () => {
    const path = join(folder(), "a");
    await saveCheckpoint(path, variables(0.1), {});
    const other = { c: tf.variable(tf.tensor1d([1, 2])), d: tf.variable(tf.scalar(1)) };
    expect(() => loadCheckpoint(path, other)).toThrow(
      "of another architecture: 0 matched, 1 missing (d), 1 unexpected (a/b.weight), 1 of another shape (c is I32 [], expected F32 [2])",
    );
    expect([...other.c.dataSync()]).toEqual([1, 2]);
    expect(() => loadCheckpoint(path, other, { subset: true })).toThrow(/of another shape \(c/);
    expect(() => loadCheckpoint(join(folder(), "none"), variables(1))).toThrow(/No checkpoint at/);
  });

  it("a diverged state is not saved over a good one", async () => {
    const path = join(folder(), "a");
    await saveCheckpoint(path, variables(0.1), {});
    await expect(saveCheckpoint(path, variables(NaN), {})).rejects.toThrow(
      /`a\/b.weight` holds NaN, so the training has diverged/,
    );
    loadCheckpoint(path, variables(1));
  });

  it("a state's parts become namespaces, and loading reports what matched", async () => {
    const path = join(folder(), "a");
    const state = (x: number): Record<string, Record<string, tf.Variable>> => ({
      encoder: { "conv1.weight": tf.variable(tf.fill([2], x)) },
      "optimiser.generator": { "exp_avg.conv1.weight": tf.variable(tf.fill([2], x)) },
    });
    await saveState(path, state(0.1), { step: 3 });
    expect(Object.keys(decodeSafetensors(readFileSync(path)).tensors)).toEqual([
      "encoder/conv1.weight",
      "optimiser.generator/exp_avg.conv1.weight",
    ]);
    const fresh = state(0);
    const { encoder } = fresh as { encoder: Record<string, tf.Variable> };
    expect(loadState(path, { encoder }, { subset: true })).toEqual({
      numbers: { step: 3 },
      matched: ["encoder/conv1.weight"],
      missing: [],
      unexpected: ["optimiser.generator/exp_avg.conv1.weight"],
    });
    expect(bits(encoder["conv1.weight"])).toEqual(bits(state(0.1)["encoder"]?.["conv1.weight"]));
    expect(() => loadState(path, { encoder })).toThrow(/1 unexpected \(optimiser.generator\/exp/);
    expect(loadState(path, fresh).matched).toHaveLength(2);
    const twice = { a: { "b/c": tf.scalar(1).variable() }, "a/b": { c: tf.scalar(1).variable() } };
    await expect(async () => saveState(path, twice, {})).rejects.toThrow(/name `a\/b\/c` once/);
  });

  it("a run keeps last, best and each stage's end; a full disk harms none", async () => {
    const inside = folder();
    const kept = checkpointFolder(inside);
    const save = (x: number, also: object = {}): Promise<void> =>
      kept.save({ part: { x: tf.variable(tf.scalar(x)) } }, { step: x }, also);
    await save(1, { best: true });
    await save(2, { stage: "d" });
    await save(3);
    const steps = (): unknown[] =>
      [kept.last, kept.best, kept.stage("d")].map((path) => readNumbers(path)["step"]);
    expect(steps()).toEqual([3, 1, 2]);
    if (process.platform === "linux") {
      symlinkSync("/dev/full", `${kept.last}.tmp`);
      await expect(save(4, { best: true })).rejects.toThrow(/the disk is full/);
    }
    expect(steps()).toEqual([3, 1, 2]);
    expect(readdirSync(inside)).toHaveLength(3);
  });
});
