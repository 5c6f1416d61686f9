import fc from "fast-check";
import { type EmbeddingOptions, type Sample, views } from "../arbitraries.ts";
import { pseudoRandom } from "../samples.ts";
import { evaluate, expectSame, expectSameGradient, type Loss } from "./evaluate.ts";
import type { BatchShape, Law, LossLawOptions } from "./options.ts";

/** The loss with its options filled in, and how a law tries random views. */
export interface Context {
  readonly loss: Loss;
  readonly options: LossLawOptions & {
    readonly views: number;
    readonly minBatch: number;
    readonly detached: readonly number[];
    readonly tolerance: number;
    readonly gradientTolerance: number;
  };
  /** Runs a property on random views; `seed` is for what else the law draws. */
  readonly forAll: (
    property: (samples: Sample[], seed: number) => void,
    over?: EmbeddingOptions,
  ) => void;
}

export function contextOf(loss: Loss, given: LossLawOptions): Context {
  const { views: count = 2, minBatch = 1, runs = 20, features, seed } = given;
  const batch = given.batch ?? [Math.max(2, minBatch), Math.max(6, minBatch + 3)];
  const { norms } = given;
  const usual = { batch, ...(features && { features }), ...(norms && { norms }) };
  return {
    loss,
    options: {
      ...given,
      batch,
      views: count,
      minBatch,
      detached: given.detached ?? [],
      tolerance: given.tolerance ?? 1e-4,
      gradientTolerance: given.gradientTolerance ?? 1e-3,
    },
    forAll: (property, over = {}) =>
      fc.assert(
        fc.property(views(count, { ...usual, ...over }), fc.nat(1000), (samples, drawn) =>
          property(samples, drawn),
        ),
        { numRuns: runs, includeErrorInReport: true, ...(seed !== undefined && { seed }) },
      ),
  };
}

/** Fixed views of a given batch, of 3 features. */
export function fixedViews({ options }: Context, N: number, C = 3): Sample[] {
  return Array.from({ length: options.views }, (_, view) => ({
    shape: [N, C],
    values: pseudoRandom([N, C], 40 + view),
  }));
}

export const shapeOf = (samples: readonly Sample[]): BatchShape => ({
  N: samples[0]?.shape[0] ?? 0,
  C: samples[0]?.shape[1] ?? 0,
});

/**
 * A law of invariance: the loss of changed views is that of the views, and so are its gradients, once
 * `back` has taken them to the views' coordinates (left out: only values count).
 */
export function invariance(
  context: Context,
  name: string,
  change: (samples: Sample[], seed: number) => Sample[],
  back?: (gradients: Sample[], seed: number) => Sample[],
): Law {
  const { loss, options, forAll } = context;
  return {
    name,
    check: () =>
      forAll((samples, seed) => {
        const [plain, changed] = [samples, change(samples, seed)].map((s) => evaluate(loss, s));
        if (plain === undefined || changed === undefined) return;
        expectSame(name, changed.value, plain.value, options.tolerance);
        const gradients = changed.gradients.map((values, view) => ({
          shape: samples[view]?.shape ?? [],
          values,
        }));
        back?.(gradients, seed).forEach(({ values }, view) =>
          expectSameGradient(
            `${name}, view ${view}`,
            values,
            plain.gradients[view] ?? [],
            options.gradientTolerance,
          ),
        );
      }),
  };
}
