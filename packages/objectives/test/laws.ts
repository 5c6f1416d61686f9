import { type Law, type Loss, lossLaws, type LossLawOptions } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";

/** Float32 as far as embeddings may stray. */
export const EXTREME = [1e-20, 1e15] as const;

/** Registers each law of a loss as a test. */
export function testLaws(loss: Loss, options: LossLawOptions, only?: (law: Law) => boolean): void {
  const laws = lossLaws(loss, { runs: 15, ...options }).filter((law) => only?.(law) ?? true);
  it.each(laws)("$name", ({ check }) => expect(check).not.toThrow());
}

/** A scalar's number. */
export const valueOf = (x: tf.Tensor): number => x.dataSync()[0] ?? NaN;

/** Fixed normal rows. */
export const rows = (n: number, c: number, seed: number): tf.Tensor2D =>
  tf.randomNormal([n, c], 0, 1, "float32", seed);

/** Fixed normal rows of length one. */
export const unitRows = (n: number, c: number, seed: number): tf.Tensor2D =>
  tf.tidy(() => tf.div(rows(n, c, seed), tf.norm(rows(n, c, seed), 2, 1, true)));
