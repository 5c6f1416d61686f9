import * as tf from "@tensorflow/tfjs";
import { type Sample, toTensor } from "../arbitraries.ts";
import { expectGradient } from "../gradient.ts";
import { expectNoLeak } from "../leaks.ts";
import { type Context, fixedViews, invariance } from "./context.ts";
import { permuteRows, orderOf } from "./changes.ts";
import { evaluate, valueOf } from "./evaluate.ts";
import type { Law } from "./options.ts";

const isFinite = (values: ArrayLike<number>): boolean => Array.from(values).every(Number.isFinite);

/** Laws of every loss. */
export function generalLaws(context: Context): Law[] {
  const { minBatch, views } = context.options;
  return [
    finite(context),
    unchangedInputs(context),
    { name: "leaves no tensor behind", check: () => noLeak(context) },
    jointPermutation(context),
    { name: "has the gradient of central differences", check: () => differences(context) },
    { name: "does not hide a NaN", check: () => nanShows(context) },
    ...(minBatch > 1
      ? [{ name: `refuses fewer than ${minBatch} images`, check: () => refusesSmall(context) }]
      : []),
    { name: `takes a batch of ${minBatch}`, check: () => takesSmallest(context) },
    ...(views > 1
      ? [{ name: "refuses views of different shapes", check: () => refusesShapes(context) }]
      : []),
    ...(context.options.detached.length > 0
      ? [{ name: "gives detached views a gradient of exactly 0", check: () => detached(context) }]
      : []),
  ];
}

function finite({ loss, options, forAll }: Context): Law {
  const check = (samples: Sample[]): void => {
    const { value, gradients } = evaluate(loss, samples);
    if (!Number.isFinite(value)) throw new Error(`The loss is ${value}.`);
    gradients.forEach((gradient, view) => {
      if (!isFinite(gradient)) throw new Error(`The gradient of view ${view} is not finite.`);
    });
  };
  const { finiteNorms: norms = [1e-3, 1e3] as const } = options;
  return { name: "is finite, with finite gradients", check: () => forAll(check, { norms }) };
}

function unchangedInputs({ loss, forAll }: Context): Law {
  const check = (samples: Sample[]): void =>
    tf.tidy(() => {
      const given = samples.map((sample) => toTensor(sample));
      tf.valueAndGrads((...xs) => tf.add(loss(...(xs as tf.Tensor2D[])), touch(xs)))(given);
      given.forEach((x, view) => {
        if (x.isDisposed) throw new Error(`The loss disposed of view ${view}.`);
        if (x.dataSync().some((value, i) => value !== samples[view]?.values[i])) {
          throw new Error(`The loss changed view ${view}.`);
        }
      });
    });
  return { name: "does not change its inputs", check: () => forAll(check) };
}

/** 0, in a way that every view has a gradient. */
const touch = (xs: tf.Tensor[]): tf.Scalar => tf.addN(xs.map((x) => tf.sum(tf.mul(x, 0))));

function noLeak(context: Context): void {
  const given = fixedViews(context, context.options.minBatch + 3).map((s) => toTensor(s));
  try {
    expectNoLeak(() => context.loss(...given));
    expectNoLeak(
      () =>
        tf.tidy(() =>
          tf.grads((...xs) => tf.add(context.loss(...(xs as tf.Tensor2D[])), touch(xs)))(given),
        ),
      given.length,
    );
  } finally {
    tf.dispose(given);
  }
}

function jointPermutation(context: Context): Law {
  const order = (samples: Sample[], seed: number): number[] =>
    orderOf(samples[0]?.shape[0] ?? 0, seed);
  return invariance(
    context,
    "ignores a joint permutation of the batch, and permutes its gradients",
    (samples, seed) => samples.map((s) => permuteRows(s, order(samples, seed))),
    (gradients, seed) => {
      const there = order(gradients, seed);
      const back = there.map((_, n) => there.indexOf(n));
      return gradients.map((g) => permuteRows(g, back));
    },
  );
}

function differences(context: Context): void {
  const { views, detached: fixed, minBatch } = context.options;
  const given = fixedViews(context, minBatch + 3).map((s) => toTensor(s));
  const free = Array.from({ length: views }, (_, v) => v).filter((v) => !fixed.includes(v));
  try {
    const ofFree = (...xs: tf.Tensor[]): tf.Scalar =>
      context.loss(...given.map((x, v) => (xs[free.indexOf(v)] ?? x) as tf.Tensor2D));
    expectGradient(
      ofFree,
      free.map((v) => given[v] as tf.Tensor),
      { directions: 2 },
    );
  } finally {
    tf.dispose(given);
  }
}

function nanShows(context: Context): void {
  fixedViews(context, context.options.minBatch + 3).forEach((_, view, all) => {
    const spoilt = all.map((sample, v) => {
      const values = sample.values.slice();
      if (v === view) values[1] = NaN;
      return { ...sample, values };
    });
    if (Number.isNaN(outcome(context, spoilt) ?? NaN)) return;
    throw new Error(`A NaN in view ${view} must make the loss NaN or an error.`);
  });
}

/** The loss, or undefined if it throws. */
function outcome({ loss }: Context, samples: readonly Sample[]): number | undefined {
  try {
    return valueOf(loss, samples);
  } catch {
    return undefined;
  }
}

function refusesSmall(context: Context): void {
  for (let N = 1; N < context.options.minBatch; N += 1) {
    const value = outcome(context, fixedViews(context, N));
    if (value !== undefined)
      throw new Error(`A batch of ${N} must be refused; the loss is ${value}.`);
  }
}

function takesSmallest(context: Context): void {
  const { value, gradients } = evaluate(
    context.loss,
    fixedViews(context, context.options.minBatch),
  );
  if (Number.isFinite(value) && gradients.every((g) => isFinite(g))) return;
  throw new Error(`The smallest batch gives a loss of ${value}, or a gradient that is not finite.`);
}

function refusesShapes(context: Context): void {
  const N = context.options.minBatch + 2;
  const usual = fixedViews(context, N);
  const others = [fixedViews(context, N + 1), fixedViews(context, N, 4), fixedViews(context, N, 1)];
  for (const other of others) {
    for (let view = 0; view < usual.length; view += 1) {
      const mixed = usual.map((s, v) => (v === view ? (other[v] as Sample) : s));
      const value = outcome(context, mixed);
      if (value === undefined) continue;
      const shapes = mixed.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ");
      throw new Error(`Views of shapes ${shapes} must be refused; the loss is ${value}.`);
    }
  }
}

function detached({ loss, options, forAll }: Context): void {
  forAll((samples) => {
    const { gradients } = evaluate(loss, samples);
    gradients.forEach((gradient, view) => {
      const isZero = gradient.every((value) => value === 0);
      if (isZero === options.detached.includes(view)) return;
      throw new Error(
        isZero
          ? `No gradient reaches view ${view}.`
          : `A gradient reaches the detached view ${view}.`,
      );
    });
  });
}
