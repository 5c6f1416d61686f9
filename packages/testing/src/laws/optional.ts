import type { Sample } from "../arbitraries.ts";
import { dot, length, pseudoRandom } from "../samples.ts";
import {
  factorsOf,
  orderOf,
  permuteFeatures,
  permuteRows,
  rotate,
  scaleFeatures,
  scaleRows,
  translate,
} from "./changes.ts";
import { type Context, fixedViews, invariance, shapeOf } from "./context.ts";
import { evaluate, expectSame, valueOf } from "./evaluate.ts";
import type { Law, LossLawOptions } from "./options.ts";

/** Laws that hold for some losses, by the name of the option that asks for each. */
const laws: Partial<Record<keyof LossLawOptions, (context: Context) => Law[]>> = {
  symmetric: (context) => [
    invariance(context, "ignores the order of its views", swapped, (gradients) =>
      swapped(gradients),
    ),
  ],
  scaleInvariant: (context) =>
    context.options.scaleInvariant === "rows" ? rowScale(context) : featureScale(context),
  rotationInvariant: (context) => [
    invariance(context, "ignores one orthogonal map of all views", (samples, seed) =>
      samples.map((s) => rotate(s, seed)),
    ),
  ],
  translationInvariant: (context) => {
    const each = context.options.translationInvariant === "each";
    const name = each ? "ignores an offset of each view" : "ignores one offset of all views";
    return [
      invariance(context, name, (samples, seed) =>
        samples.map((s, v) => translate(s, pseudoRandom([s.shape[1] ?? 0], seed + (each ? v : 0)))),
      ),
    ];
  },
  featurePermutationInvariant: (context) => {
    const order = (sample: Sample, seed: number): number[] => orderOf(sample.shape[1] ?? 0, seed);
    return [
      invariance(
        context,
        "ignores a joint permutation of features, and permutes its gradients",
        (samples, seed) => samples.map((s) => permuteFeatures(s, order(s, seed))),
        (gradients, seed) =>
          gradients.map((g) => {
            const there = order(g, seed);
            return permuteFeatures(
              g,
              there.map((_, c) => there.indexOf(c)),
            );
          }),
      ),
    ];
  },
  signInvariant: (context) => {
    const flip = (samples: Sample[], seed: number): Sample[] =>
      samples.map((s) => scaleFeatures(s, pseudoRandom([s.shape[1] ?? 0], seed).map(Math.sign)));
    return [invariance(context, "ignores a joint change of features' signs", flip, flip)];
  },
  paired: (context) => [{ name: "depends on which rows pair", check: () => pairs(context) }],
  bounds: (context) => [{ name: "stays within its bounds", check: () => bounded(context) }],
  constants: (context) => [
    { name: "has the value of constant embeddings", check: () => constant(context) },
  ],
};

/** The laws that the options ask for. */
export function optionalLaws(context: Context): Law[] {
  return Object.entries(laws).flatMap(([option, law]) => {
    const asked = context.options[option as keyof LossLawOptions];
    return asked === undefined || asked === false ? [] : law(context);
  });
}

const swapped = ([a, b, ...more]: Sample[]): Sample[] => [b as Sample, a as Sample, ...more];

function rowScale(context: Context): Law[] {
  const name = "ignores the length of embeddings";
  const orthogonal = (): void =>
    context.forAll((samples) => {
      const { gradients } = evaluate(context.loss, samples);
      gradients.forEach((gradient, view) => expectOrthogonal(gradient, samples[view] as Sample));
    });
  return [
    invariance(context, name, (samples, seed) =>
      samples.map((s, v) => scaleRows(s, factorsOf(s.shape[0] ?? 0, seed + v))),
    ),
    { name: "has gradients across embeddings, not along them", check: orthogonal },
  ];
}

function expectOrthogonal(gradient: Float32Array, { shape, values }: Sample): void {
  const C = shape[1] ?? 1;
  for (let start = 0; start < values.length; start += C) {
    const [g, z] = [gradient, values].map((all) => all.subarray(start, start + C)) as [
      Float32Array,
      Float32Array,
    ];
    const along = Math.abs(dot(g, z));
    if (along <= 1e-4 * length(z) * Math.max(length(g), 1e-2)) continue;
    throw new Error(`The gradient of row ${start / C} has a part along it: ⟨g, z⟩ = ${along}.`);
  }
}

function featureScale(context: Context): Law[] {
  return [
    invariance(context, "ignores the scale of each feature of each view", (samples, seed) =>
      samples.map((s, v) => scaleFeatures(s, factorsOf(s.shape[1] ?? 0, seed + v))),
    ),
  ];
}

function pairs(context: Context): void {
  const given = fixedViews(context, Math.max(4, context.options.minBatch));
  const [first, ...rest] = given as [Sample, ...Sample[]];
  const N = first.shape[0] ?? 0;
  const turned = permuteRows(
    first,
    Array.from({ length: N }, (_, n) => (n + 1) % N),
  );
  const [plain, other] = [given, [turned, ...rest]].map((s) => valueOf(context.loss, s));
  if (Math.abs((plain ?? NaN) - (other ?? NaN)) > 10 * context.options.tolerance) return;
  throw new Error(`Rows of view 0 in another order must change the loss; it stays ${plain}.`);
}

function bounded({ loss, options, forAll }: Context): void {
  forAll((samples) => {
    const value = valueOf(loss, samples);
    const [least, largest] = options.bounds?.(shapeOf(samples)) ?? [-Infinity, Infinity];
    const slack = options.tolerance * Math.max(1, Math.abs(value));
    if (value >= least - slack && value <= largest + slack) return;
    throw new Error(`The loss is ${value}, out of [${least}, ${largest}].`);
  });
}

function constant({ loss, options, forAll }: Context): void {
  forAll((samples) => {
    const row = samples[0]?.values.slice(0, samples[0].shape[1]) ?? [];
    const alike = samples.map(({ shape, values }) => ({
      shape,
      values: values.map((_, i) => row[i % row.length] ?? NaN),
    }));
    const expected = options.constants?.(shapeOf(samples)) ?? NaN;
    expectSame("constant embeddings", valueOf(loss, alike), expected, options.tolerance);
  });
}
