import { fileURLToPath } from "node:url";
import { startEngine } from "@dira/engine";
import { evaluate, type Loss, pseudoRandom, relativeError, type Sample } from "@dira/testing";
import type * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  barlowTwinsLoss,
  byolLoss,
  dinoLoss,
  inBatchInfoNce,
  infoNce,
  negativeCosine,
  ntXent,
  sinkhorn,
  swappedPrediction,
  vicRegLoss,
} from "../src/index.ts";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

interface Case {
  readonly loss: string;
  readonly options: Readonly<Record<string, number | string>>;
  readonly inputs: readonly Sample[];
  readonly constants: readonly number[];
  readonly own: Loss;
}

/** Shapes are drawn anew in each run; the seed is printed. */
const seed = Number(process.env["SEED"] ?? Date.now() % 100_000);
const drawn = (least: number, most: number, key: number): number =>
  least + Math.floor((((pseudoRandom([1], seed + key)[0] ?? 0) + 1) / 2) * (most - least + 1));
const table = (shape: number[], key: number): Sample => ({
  shape,
  values: pseudoRandom(shape, seed + key).map((x) => 2 * x),
});
const unit = ({ shape, values }: Sample): Sample => {
  const C = shape[1] ?? 1;
  const norm = (i: number): number => {
    const start = i - (i % C);
    return Math.hypot(...values.subarray(start, start + C));
  };
  return { shape, values: values.map((x, i) => x / norm(i)) };
};

/** Every loss at one batch size and width. */
function casesOf(N: number, C: number, key: number): Case[] {
  const [a, b] = [table([N, C], key), table([N, C], key + 1)];
  const queue = unit(table([drawn(1, 40, key), C], key + 2));
  const center = { shape: [C], values: pseudoRandom([C], key + 3) };
  const pair = { inputs: [a, b], constants: [] };
  const held = { inputs: [a, b], constants: [1] };
  const weights = { invariance: 25, variance: 25, covariance: 1 };
  const temperature = [0.07, 0.2, 1][key % 3] ?? 1;
  const barlow = (["batch-norm", "unbiased"] as const).map((standardize): Case => {
    const options = { lambda: 0.0051, standardize };
    const own: Case["own"] = (x, y) => barlowTwinsLoss(x, y, options);
    return { loss: "barlow_twins", options, ...pair, own };
  });
  const vicReg = (["mean", "sum"] as const).map((views): Case => {
    const options = { ...weights, views };
    return { loss: "vicreg", options, ...pair, own: (x, y) => vicRegLoss(x, y, options) };
  });
  const sharp = { student_temperature: 0.1, teacher_temperature: 0.04 };
  return [
    ...barlow,
    ...vicReg,
    {
      loss: "nt_xent",
      options: { temperature },
      ...pair,
      own: (x, y) => ntXent(x, y, { temperature }),
    },
    {
      loss: "in_batch_info_nce",
      options: { temperature },
      ...pair,
      own: (x, y) => inBatchInfoNce(x, y, { temperature }),
    },
    {
      loss: "info_nce",
      options: { temperature },
      inputs: [a, b, queue],
      constants: [1, 2],
      own: (q, k, negatives) => infoNce(q, k, negatives, { temperature }),
    },
    { loss: "negative_cosine", options: {}, ...held, own: (p, z) => negativeCosine(p, z) },
    { loss: "byol", options: {}, ...held, own: (p, z) => byolLoss(p, z) },
    {
      loss: "swav",
      options: { epsilon: 0.2, temperature: 0.1 },
      ...held,
      own: (x, y) => swappedPrediction(x, sinkhorn(y, { epsilon: 0.2 })),
    },
    {
      loss: "dino",
      options: sharp,
      inputs: [a, b, center],
      constants: [1, 2],
      own: (s, t, c) => dinoLoss(s, t, c as tf.Tensor as tf.Tensor1D),
    },
  ];
}

/**
 * Fewer images than features, as many, and more. Three images at least: over two, standardised
 * values are ±1 whatever the input, so that all of a gradient but epsilon's share cancels and
 * float32 keeps few digits of the rest, in PyTorch as here.
 */
const cases = [
  ...casesOf(drawn(3, 8, 1), drawn(9, 20, 2), 10),
  ...casesOf(9, 9, 20),
  ...casesOf(drawn(12, 40, 3), drawn(2, 11, 4), 30),
];

const nested = ({ shape: [N = 0, C], values }: Sample): number[] | number[][] =>
  C === undefined
    ? [...values]
    : Array.from({ length: N }, (_, n) => [...values.subarray(n * C, (n + 1) * C)]);

const python = pythonWith(["torch"], "Parity of losses with PyTorch is");

interface Answer {
  readonly loss: number;
  readonly gradients: readonly number[][];
}

function askTorch(): Answer[] {
  const input = JSON.stringify(cases.map((each) => ({ ...each, inputs: each.inputs.map(nested) })));
  const script = fileURLToPath(new URL("losses.py", import.meta.url));
  const stdout = runPython(python as string, [script], input);
  return JSON.parse(stdout) as Answer[];
}

const engines =
  python !== undefined ? await enginesHere(["cpu", "tensorflow", "torch"]) : ["cpu" as const];

describe.skipIf(python === undefined)(`losses against PyTorch in float64, seed ${seed}`, () => {
  let answers: Answer[];
  beforeAll(() => {
    answers = askTorch();
  });

  it.each(engines)("on %s", async (engine) => {
    await startEngine(engine);
    cases.forEach((each, i) => {
      const { loss, gradients } = answers[i] as Answer;
      const own = evaluate(each.own, each.inputs);
      const where = `${each.loss} [${each.inputs[0]?.shape.join(", ")}]`;
      expect(Math.abs(own.value - loss), where).toBeLessThan(2e-5 * Math.max(1, Math.abs(loss)));
      const free = own.gradients.filter((_, view) => !each.constants.includes(view));
      free.forEach((gradient, g) => {
        expect(relativeError(gradient, gradients[g] ?? []), where).toBeLessThan(5e-5);
      });
    });
  });
});
