import { DiraError } from "@dira/tensor";
import { countLabels, type Labels } from "../labels.ts";

/** Features of N images on the host, row by row. */
export interface FeatureTable {
  readonly data: Float32Array;
  /** `[N, C]` */
  readonly shape: readonly [number, number];
}

/** Features and what their images show. */
export interface LabelledFeatures extends FeatureTable {
  readonly labels: Labels;
}

/** @throws DiraError when the shape does not fit the values, or one is NaN or infinite. */
export function checkFeatures(where: string, { data, shape: [N, C] }: FeatureTable): void {
  if (N < 1 || C < 1 || data.length !== N * C) {
    throw new DiraError(
      `${where}: expected features [N, C] of at least one image, got [${N}, ${C}] with ${data.length} values.`,
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new DiraError(
    `${where}: feature ${bad % C} of image ${Math.floor(bad / C)} is ${data[bad]}. Features must be finite; has the encoder diverged?`,
  );
}

/** How many classes or labels there are. @throws DiraError when labels and features don't fit. */
export function checkLabelled(where: string, features: LabelledFeatures): number {
  checkFeatures(where, features);
  const [N] = features.shape;
  if (features.labels.length === N) return countLabels(where, features.labels);
  throw new DiraError(
    `${where}: expected labels of ${N} images, as many as features, got ${features.labels.length}.`,
  );
}
