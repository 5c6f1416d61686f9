import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { adam, constant, cosine, fit, type FitOptions, leakGuard, type StepLine } from "./index.ts";
import { checkpointFolder, loadState, onInterrupt, openRun } from "./node/index.ts";

beforeAll(() => tf.setBackend("cpu"));

async function* counting(from: number): AsyncGenerator<number> {
  for (let i = from; ; i += 1) yield i;
}

const plain = {
  step: async (batch: number) => ({ loss: 1 / (batch + 1) }),
  batches: counting,
  imagesIn: () => 4,
  learningRate: constant(0.1),
  steps: 6,
} satisfies FitOptions<number>;

/** Trains `w` towards 3; the batch of a step depends on its number alone. */
async function trainRun(path: string, resume: boolean, killAt = Infinity): Promise<Float32Array> {
  const run = openRun(path, { config: { steps: 12 }, resume });
  const kept = checkpointFolder(run.checkpoints);
  const w = tf.variable(tf.tensor1d([0, 1]));
  const optimiser = adam({ parameters: { w } });
  const records = { model: { w }, "optimiser.generator": optimiser.state };
  let from = 0;
  if (resume) {
    const { numbers } = loadState(kept.last, records);
    from = numbers["step"] ?? 0;
    optimiser.stepCount = numbers["optimiserSteps"] ?? 0;
  }
  run.truncateLog(from);
  const step = async (batch: number, { learningRate }: { learningRate: number }) => {
    if (batch === killAt) throw new Error("killed");
    const loss = (): tf.Scalar => tf.mean(tf.square(tf.sub(w, 3 + Math.sin(batch))));
    const { value, grads } = tf.variableGrads(loss, [w]);
    optimiser.update({ w: grads[w.name] as tf.Tensor }, learningRate);
    const metrics = { loss: value.dataSync()[0] ?? NaN };
    tf.dispose([value, grads]);
    return metrics;
  };
  await fit({
    ...{ step, batches: counting, from, steps: 12, checkpointEvery: 5, checkLeaks: true },
    imagesIn: () => 2,
    learningRate: cosine({ base: 0.1, steps: 12 }),
    onStep: (line) => run.log(line),
    checkpoint: async ({ step: done }) => {
      run.flush();
      await kept.save(records, { step: done, optimiserSteps: optimiser.stepCount });
    },
  });
  return (await w.data()) as Float32Array;
}

describe("fit", () => {
  it("hears timers and signals between steps that never wait", async () => {
    const aborted = new AbortController();
    setTimeout(() => aborted.abort());
    const found = await fit({ ...plain, steps: 100_000, signal: aborted.signal });
    expect(found.stopped).toBe(true);
    expect(found.done).toBeLessThan(100_000);
  });
});

const metricsOf = (path: string): unknown[] =>
  readFileSync(join(path, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const { images_per_second, rss_bytes, ...rest } = JSON.parse(line) as StepLine;
      expect(images_per_second).toBeGreaterThan(0);
      expect(rss_bytes).toBeGreaterThan(1e6);
      return rest;
    });

describe("whole runs: the loop", () => {
  it("a run killed after any step and resumed is the run that was never stopped", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dira-training-"));
    const whole = join(folder, "whole");
    const final = await trainRun(whole, false);
    const checkpoint = (path: string): Buffer =>
      readFileSync(join(path, "checkpoints", "last.safetensors"));
    expect(metricsOf(whole)).toHaveLength(12);
    for (const at of [5, 6, 9, 11]) {
      const broken = join(folder, `broken-${at}`);
      await expect(trainRun(broken, false, at)).rejects.toThrow("killed");
      expect(metricsOf(broken)).toHaveLength(at);
      expect(await trainRun(broken, true)).toEqual(final);
      expect(metricsOf(broken)).toEqual(metricsOf(whole));
      expect(checkpoint(broken).equals(checkpoint(whole))).toBe(true);
    }
  });
});

describe("examples: the loop", () => {
  it("tells the step where it is, validates at epochs' ends and saves when asked", async () => {
    const [told, saved, lines]: [unknown[], number[], StepLine[]] = [[], [], []];
    const result = await fit({
      ...plain,
      step: async (batch, context) => {
        told.push({ batch, ...context });
        return { loss: 1 };
      },
      from: 1,
      steps: 5,
      stepsPerEpoch: 2,
      validate: async (done) => ({ val_loss: done }),
      onStep: (line) => void lines.push(line),
      checkpoint: async ({ step }) => void saved.push(step),
    });
    expect(told).toEqual(
      [1, 2, 3, 4].map((step) => ({
        ...{ batch: step, step, epoch: Math.floor(step / 2), learningRate: 0.1 },
      })),
    );
    expect(lines.map((line) => [line.step, line["val_loss"]])).toEqual([
      [2, 2],
      [3, undefined],
      [4, 4],
      [5, 5],
    ]);
    expect(saved).toEqual([2, 4, 5]);
    expect(result).toEqual({ done: 5, stopped: false, last: lines[3] });
    expect(await fit({ ...plain, from: 6 })).toEqual({ done: 6, stopped: false });
  });

  it("stops at a NaN by name, without logging or saving it", async () => {
    const [saved, logged]: [number[], number[]] = [[], []];
    const run = fit({
      ...plain,
      step: async (batch) => ({ loss: 1, loss_adv: batch === 3 ? NaN : 0 }),
      checkpointEvery: 1,
      checkpoint: async ({ step }) => void saved.push(step),
      onStep: ({ step }) => void logged.push(step),
    });
    await expect(run).rejects.toThrow(
      /Step 4: loss_adv is NaN. The last checkpoint is kept. Try a learning rate below 0.1/,
    );
    expect([saved, logged]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    const validation = fit({ ...plain, validate: async () => ({ val_loss: Infinity }) });
    await expect(validation).rejects.toThrow(/Step 6: val_loss is Infinity/);
  });

  it("finishes the step, saves and stops when interrupted, and frees the batches", async () => {
    const { signal, dispose } = onInterrupt();
    const saved: number[] = [];
    let freed = false;
    const result = await fit({
      ...plain,
      step: async (batch) => {
        if (batch === 2) process.emit("SIGINT", "SIGINT");
        return { loss: 1 };
      },
      batches: async function* (from) {
        try {
          yield* counting(from);
        } finally {
          freed = true;
        }
      },
      checkpoint: async ({ step }) => void saved.push(step),
      signal,
    });
    dispose();
    expect([result.done, result.stopped, saved, freed]).toEqual([3, true, [3], true]);
    expect(process.listenerCount("SIGTERM")).toBe(0);
    expect(await fit({ ...plain, signal })).toEqual({ done: 0, stopped: true });
  });

  it("says when batches run out, and lets a failing checkpoint through", async () => {
    const two = async function* (): AsyncGenerator<number> {
      yield* [0, 1];
    };
    await expect(fit({ ...plain, batches: two })).rejects.toThrow(/ran out after step 2 of 6/);
    const full = fit({ ...plain, checkpoint: () => Promise.reject(new Error("the disk is full")) });
    await expect(full).rejects.toThrow("the disk is full");
  });

  it("finds a leak from the third step on", async () => {
    const leaked: tf.Tensor[] = [];
    const leaking = fit({
      ...plain,
      step: async () => {
        leaked.push(tf.zeros([1]));
        return { loss: 1 };
      },
      checkLeaks: true,
    });
    await expect(leaking).rejects.toThrow(/Tensors leak: \d+ in memory.*\d+ after the next/);
    expect(leaked).toHaveLength(4);
    tf.dispose(leaked);
    const guard = leakGuard();
    for (let i = 0; i < 5; i += 1) guard();
  });
});
