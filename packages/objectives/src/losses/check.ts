import { checkShapes, DiraError } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";

/** The embeddings of two views by name: both `[N, C]`. */
export type Pair = readonly [name: string, embeddings: tf.Tensor];

/**
 * Checks that two views' embeddings are `[N, C]` alike, of enough images.
 *
 * @param least - images that the loss needs.
 * @returns N and C.
 * @throws ShapeError or DiraError naming what disagrees.
 */
export function checkPair(
  where: string,
  [nameA, a]: Pair,
  [nameB, b]: Pair,
  least: number,
): { readonly N: number; readonly C: number } {
  const { N = 0, C = 0 } = checkShapes(where, { [nameA]: [a, "N C"], [nameB]: [b, "N C"] });
  if (N < least || C < 1) {
    throw new DiraError(
      `${where}: needs at least ${least} image${least === 1 ? "" : "s"} of 1 feature or more, got [${N}, ${C}]. Use a larger batch.`,
    );
  }
  return { N, C };
}

/** @throws DiraError naming the option that is negative or no number. */
export function checkWeights(where: string, options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value >= 0 && value < Infinity) continue;
    throw new DiraError(`${where}: \`${name}\` must be 0 or more, got ${value}.`);
  }
}

/** @throws DiraError naming the option that is not positive. */
export function checkPositive(where: string, options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value > 0 && value < Infinity) continue;
    throw new DiraError(`${where}: \`${name}\` must be positive, got ${value}.`);
  }
}
