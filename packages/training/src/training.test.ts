import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  adam,
  constant,
  cosine,
  loadCheckpoint,
  openRun,
  readNumbers,
  saveCheckpoint,
  sgd,
  writeAtomically,
} from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));
const folder = (): string => mkdtempSync(join(tmpdir(), "dira-training-"));
const start = [0.5, -1, 2];
const gradientAt = (step: number): number[] => start.map((_, i) => Math.sin(step * 1.7 + i));

/** torch.optim's documented algorithms over float64 arrays. */
function reference(kind: "adam" | "sgd", steps: number): number[] {
  const theta = [...start];
  const [m, v] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let t = 1; t <= steps; t += 1) {
    gradientAt(t).forEach((raw, i) => {
      const g = raw + 0.01 * (theta[i] ?? 0);
      if (kind === "sgd") {
        m[i] = t === 1 ? g : 0.9 * (m[i] ?? 0) + g;
        theta[i] = (theta[i] ?? 0) - 0.03 * (m[i] ?? 0);
        return;
      }
      m[i] = 0.5 * (m[i] ?? 0) + 0.5 * g;
      v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
      const [mHat, vHat] = [(m[i] ?? 0) / (1 - 0.5 ** t), (v[i] ?? 0) / (1 - 0.999 ** t)];
      theta[i] = (theta[i] ?? 0) - (0.03 * mHat) / (Math.sqrt(vHat) + 1e-8);
    });
  }
  return theta;
}

describe("optimisers, parity with PyTorch's algorithms over 50 steps", () => {
  it.each(["adam", "sgd"] as const)("%s", (kind) => {
    const parameters = { a: tf.variable(tf.tensor1d(start)) };
    const optimiser =
      kind === "adam"
        ? adam({ parameters, betas: [0.5, 0.999], weightDecay: 0.01 })
        : sgd({ parameters, momentum: 0.9, weightDecay: 0.01 });
    for (let t = 1; t <= 50; t += 1) {
      const a = tf.tensor1d(gradientAt(t));
      optimiser.update({ a }, 0.03);
      a.dispose();
    }
    expect(relativeError(parameters.a, reference(kind, 50))).toBeLessThan(1e-5);
    expect(optimiser.stepCount).toBe(50);
  });

  it("example: names the parameter without a gradient", () => {
    const optimiser = sgd({ parameters: { a: tf.variable(tf.zeros([1])) } });
    expect(() => optimiser.update({}, 0.1)).toThrow(/no gradient for `a`/);
  });
});

describe("schedules, laws", () => {
  it("the cosine starts at its base, never rises and ends at its final rate", () => {
    const rate = cosine({ base: 0.03, steps: 20, final: 0.001 });
    const rates = Array.from({ length: 21 }, (_, step) => rate(step));
    expect(rates[0]).toBe(0.03);
    expect(rates[20]).toBeCloseTo(0.001, 12);
    rates.slice(1).forEach((value, i) => expect(value).toBeLessThanOrEqual(rates[i] ?? 0));
    expect(cosine({ base: 1, steps: 20, every: 5 })(4)).toBe(1);
    expect(constant(2)(99)).toBe(2);
  });
});

describe("checkpoints", () => {
  const variables = (value: number): Record<string, tf.Variable> => ({
    "a/b.weight": tf.variable(tf.fill([2, 3], value)),
    c: tf.variable(tf.scalar(3, "int32"), false),
  });

  it("law: what is saved loads back bit for bit, and the same state gives the same bytes", async () => {
    const [one, two] = [join(folder(), "a"), join(folder(), "b")];
    await saveCheckpoint(one, variables(0.1), { done: 7, best: 0.1 });
    await saveCheckpoint(two, variables(0.1), { done: 7, best: 0.1 });
    expect(readFileSync(one)).toEqual(readFileSync(two));
    const fresh = variables(5);
    expect(loadCheckpoint(one, fresh)).toEqual({ done: 7, best: 0.1 });
    expect(readNumbers(one)).toEqual({ done: 7, best: 0.1 });
    expect(
      relativeError(fresh["a/b.weight"] as tf.Tensor, variables(0.1)["a/b.weight"] as tf.Tensor),
    ).toBe(0);
  });

  it("examples: another architecture or a damaged file is refused, and nothing changes", async () => {
    const path = join(folder(), "a");
    await saveCheckpoint(path, variables(0.1), {});
    const other = { c: tf.variable(tf.tensor1d([1, 2])) };
    expect(() => loadCheckpoint(path, other)).toThrow(
      /another architecture: none missing, 1 unexpected \(a\/b.weight\), 1 of another shape \(c\)/,
    );
    expect([...other.c.dataSync()]).toEqual([1, 2]);
    writeFileSync(path, readFileSync(path).subarray(0, 60));
    expect(() => loadCheckpoint(path, variables(1))).toThrow(/truncated/);
    expect(() => loadCheckpoint(join(folder(), "none"), variables(1))).toThrow(/No checkpoint at/);
  });

  it("law: a write that fails leaves what was there and no litter", () => {
    const inside = folder();
    const path = join(inside, "kept");
    writeAtomically(path, "good");
    const broken = {
      length: 4,
      get 0(): number {
        throw new Error("no space");
      },
    } as unknown as Uint8Array;
    expect(() => writeAtomically(path, broken)).toThrow(/Could not write .*kept/);
    expect(readFileSync(path, "utf8")).toBe("good");
    expect(readdirSync(inside)).toEqual(["kept"]);
  });
});

describe("run folders", () => {
  it("law: truncating drops later lines and a half-written one", () => {
    const path = join(folder(), "run");
    const run = openRun(path, { config: { a: 1 } });
    for (let step = 1; step <= 5; step += 1) run.log({ step });
    writeFileSync(
      join(path, "metrics.jsonl"),
      `${readFileSync(join(path, "metrics.jsonl"), "utf8")}{"st`,
    );
    run.truncateLog(3);
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe(
      '{"step":1}\n{"step":2}\n{"step":3}\n',
    );
    expect(run.logged()).toBe(3);
  });

  it("examples: another run is not overwritten, and resuming needs the same options", () => {
    const path = join(folder(), "run");
    expect(() => openRun(path, { config: {}, resume: true })).toThrow(/there is no run/);
    openRun(path, { config: { a: 1 }, provenance: { engine: "x" } });
    expect(() => openRun(path, { config: { a: 1 } })).toThrow(/already holds a run/);
    expect(() => openRun(path, { config: { a: 2 }, resume: true })).toThrow(/a: 1 before, 2 now/);
    openRun(path, { config: { a: 1 }, provenance: { engine: "y" }, resume: true });
  });
});
