import type { EmbeddingOptions } from "../arbitraries.ts";

/** N and C of a batch of embeddings. */
export interface BatchShape {
  readonly N: number;
  readonly C: number;
}

/** One view as nested arrays, for a reference loop. */
export type Rows = readonly (readonly number[])[];

/** What {@link lossLaws} is to know of a loss. */
export interface LossLawOptions extends EmbeddingOptions {
  /** Embeddings that it takes, its first arguments. @defaultValue 2 */
  readonly views?: number;
  /** Smallest N; below it the loss must throw. @defaultValue 1 */
  readonly minBatch?: number;
  /** Views (by number, from 0) that it holds constant: their gradient must be exactly 0. */
  readonly detached?: readonly number[];
  /** Exchanging views 0 and 1 changes nothing. */
  readonly symmetric?: boolean;
  /** Positive factors change nothing: each row its own, or each feature its own. */
  readonly scaleInvariant?: "rows" | "features";
  /** One orthogonal map of all views changes nothing. */
  readonly rotationInvariant?: boolean;
  /** An offset changes nothing: the same for all views, or each view its own. */
  readonly translationInvariant?: "joint" | "each";
  /** One permutation of the features of all views changes nothing. */
  readonly featurePermutationInvariant?: boolean;
  /** Turning the sign of a feature in all views changes nothing. */
  readonly signInvariant?: boolean;
  /** Rows of a view belong to rows of the next: permuting one view alone must matter. */
  readonly paired?: boolean;
  /** Least and largest value. */
  readonly bounds?: (shape: BatchShape) => readonly [least: number, largest: number];
  /** The loss when all embeddings are one constant vector. */
  readonly constants?: (shape: BatchShape) => number;
  /** The loss as plain loops in float64, written from its definition. */
  readonly reference?: (...views: Rows[]) => number;
  /**
   * Lengths of rows for which value and gradient must be finite. @defaultValue [1e-3, 1e3]
   */
  readonly finiteNorms?: readonly [min: number, max: number];
  /** Accepted error of a value, relative to it (to 1 if it is smaller). @defaultValue 1e-4 */
  readonly tolerance?: number;
  /** Accepted error of a gradient, relative to its length. @defaultValue 1e-3 */
  readonly gradientTolerance?: number;
  /** Random cases a law. @defaultValue 20 */
  readonly runs?: number;
  /** Seed of the random cases; a failure prints it. @defaultValue random */
  readonly seed?: number;
}

/** One law: throws an Error that says what broke. */
export interface Law {
  readonly name: string;
  /** Throws where the law does not hold. */
  readonly check: () => void;
}
