import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEngine } from "@dira/engine";
import { pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import * as ops from "../src/index.ts";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

/** As in the golden file, by our names. */
type Options = Readonly<Record<string, unknown>>;

/** What tools/reference/make_ops_golden.py stored of one case. */
interface Golden {
  readonly op: string;
  readonly shapes: number[][];
  readonly options: Options;
  readonly shape: number[];
  readonly y: string;
  readonly gradients: string[];
}

const WEIGHTS_SEED = 99;
/** Largest ‖a − b‖/‖b‖: float32 here against float64 there. */
const TOLERANCE = 1e-5;

const path = fileURLToPath(new URL("golden/ops.json", import.meta.url));
const script = fileURLToPath(
  new URL("../../../tools/reference/make_ops_golden.py", import.meta.url),
);
const read = (file: string): { source: string; cases: Golden[] } =>
  JSON.parse(readFileSync(file, "utf8")) as { source: string; cases: Golden[] };
const golden = read(path);

/** The numbers behind base64 of float32. */
function decode(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}

type Op = (o: Options, ...x: tf.Tensor[]) => tf.Tensor;
const call =
  (f: (x: tf.Tensor, options: never) => tf.Tensor): Op =>
  (o, x) =>
    f(x as tf.Tensor, o as never);

/** Our operation of each name in the golden file. */
const ours: Record<string, Op> = {
  conv: (o, x, w) => ops.conv(x as tf.Tensor, w as tf.Tensor, o),
  convTranspose: (o, x, w) => ops.convTranspose(x as tf.Tensor, w as tf.Tensor, o),
  maxPool: call(ops.maxPool),
  averagePool: call(ops.averagePool),
  globalAveragePool: call(ops.globalAveragePool),
  globalMaxPool: call(ops.globalMaxPool),
  upsampleNearest: call((x, o: { factor: number }) => ops.upsampleNearest(x, o.factor)),
  resizeNearest: call((x, o: { size: number[] }) => ops.resizeNearest(x, o.size)),
  resizeLinear: call((x, o: { size: number[] }) => ops.resizeLinear(x, o.size)),
  pad: call((x, o: { padding: number[]; mode: ops.PadMode }) => ops.pad(x, o.padding, o.mode)),
  batchNorm: (_, x, g, b) => ops.batchNorm(x as tf.Tensor, g as tf.Tensor1D, b as tf.Tensor1D),
  splitBatchNorm: (o, x, g, b) =>
    ops.splitBatchNorm(x as tf.Tensor, g as tf.Tensor1D, b as tf.Tensor1D, o["splits"] as number),
  batchNormInference: (o, x, g, b) => {
    const [mean, variance] = [o["mean"], o["variance"]].map((v) => tf.tensor1d(v as number[]));
    return ops.batchNormInference(
      x as tf.Tensor,
      g as tf.Tensor1D,
      b as tf.Tensor1D,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
    );
  },
  instanceNorm: (_, x) => ops.instanceNorm(x as tf.Tensor),
  groupNorm: (o, x, scale, offset) =>
    ops.groupNorm(x as tf.Tensor, o["groups"] as number, { scale, offset } as ops.Affine),
  layerNorm: (_, x, scale, offset) =>
    ops.layerNorm(x as tf.Tensor, { scale, offset } as ops.Affine),
  leakyRelu: call((x, o: { slope: number }) => ops.leakyRelu(x, o.slope)),
  softmax: (_, x) => ops.softmax(x as tf.Tensor),
  softmaxCrossEntropy: (o, x) => {
    const targets = o["targets"] as number[] | number[][];
    const classes = typeof targets[0] === "number";
    return ops.softmaxCrossEntropy(
      x as tf.Tensor,
      classes ? tf.tensor1d(targets as number[], "int32") : tf.tensor2d(targets as number[][]),
    );
  },
  l2Normalize: (_, x) => ops.l2Normalize(x as tf.Tensor),
  meanSquaredError: (_, a, b) => ops.meanSquaredError(a as tf.Tensor, b as tf.Tensor),
};

/** Largest relative error of the output and the gradients. */
function errorOf(c: Golden): number {
  return tf.tidy(() => {
    const inputs = c.shapes.map((shape, i) => tf.tensor(pseudoRandom(shape, i + 1), shape));
    const op = ours[c.op];
    if (op === undefined) throw new Error(`no operation ${c.op}`);
    const y = op(c.options, ...inputs);
    expect(y.shape).toEqual(c.shape);
    const r = tf.tensor(pseudoRandom(c.shape, WEIGHTS_SEED), c.shape);
    const gradients = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(op(c.options, ...xs), r)))(
      inputs,
    );
    return Math.max(
      relativeError(y, decode(c.y)),
      ...gradients.map((g, i) => relativeError(g, decode(c.gradients[i] ?? ""))),
    );
  });
}

const named = golden.cases.map((c) => {
  const { statistics: _, ...options } = c.options;
  return [`${c.op} [${c.shapes[0]?.join(", ") ?? ""}] ${JSON.stringify(options)}`, c] as const;
});

describe.each(await enginesHere())("parity with PyTorch on %s", (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  it.each(named)("%s", (_, c) => {
    expect(errorOf(c)).toBeLessThanOrEqual(TOLERANCE);
  });

  it("batchNorm's statistics are those of a running average with momentum 1", () => {
    for (const c of golden.cases.filter((c) => c.op === "batchNorm")) {
      tf.tidy(() => {
        const [x, g, b] = c.shapes.map((shape, i) => tf.tensor(pseudoRandom(shape, i + 1), shape));
        const [mean, variance] = (c.options["statistics"] as string[]).map(decode);
        let seen = 0;
        ops.batchNorm(x as tf.Tensor, g as tf.Tensor1D, b as tf.Tensor1D, 1e-5, (s) => {
          expect(relativeError(s.mean, mean ?? [])).toBeLessThanOrEqual(TOLERANCE);
          expect(relativeError(s.variance, variance ?? [])).toBeLessThanOrEqual(TOLERANCE);
          seen += 1;
        });
        expect(seen).toBe(1);
      });
    }
  });
});

const python = pythonWith(["torch"], "A check of the stored results against PyTorch is");

describe("the stored results", () => {
  it("have every operation in both ranks", () => {
    const found = new Set(golden.cases.map((c) => c.op));
    expect([...found].sort()).toEqual(Object.keys(ours).sort());
    const spatial = golden.cases.filter((c) => (c.shapes[0]?.length ?? 0) > 2);
    const ranks = (rank: number): string[] =>
      spatial.filter((c) => c.shapes[0]?.length === rank + 2).map((c) => c.op);
    expect(ranks(2)).toEqual(ranks(3));
  });

  it.skipIf(python === undefined)("are those that PyTorch here gives", () => {
    const folder = mkdtempSync(join(tmpdir(), "ops-golden-"));
    try {
      const file = join(folder, "ops.json");
      runPython(python as string, [script, file]);
      const fresh = read(file);
      expect(fresh.cases.length).toBe(golden.cases.length);
      fresh.cases.forEach((c, i) => {
        const old = golden.cases[i] as Golden;
        expect([c.op, c.shapes]).toEqual([old.op, old.shapes]);
        [c.y, ...c.gradients].forEach((text, k) => {
          const stored = [old.y, ...old.gradients][k] ?? "";
          expect(relativeError(decode(text), decode(stored))).toBeLessThanOrEqual(1e-6);
        });
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
