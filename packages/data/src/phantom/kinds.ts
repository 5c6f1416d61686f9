import type { LabelledBox, Raster } from "@dira/augmentations";
import type { UncertaintyPolicy } from "../sets/chexpert-labels.ts";
import type { Scan } from "../image.ts";

/** Which of a set's images: patient and study decide everything. */
export interface PhantomKey {
  readonly seed: number;
  /** Number of the patient. */
  readonly index: number;
  /** Number of the patient's study, or candidate. */
  readonly study: number;
}

/** An image of a kind, with what is on it. */
export interface Drawn {
  readonly scan: Scan;
  readonly mask?: Raster<Uint8Array>;
  readonly boxes: readonly LabelledBox[];
}

/** What phantoms of a kind have in common with the data set that they stand in for. */
export interface PhantomKind {
  readonly spatialRank: 2 | 3;
  /** The shape without another being asked for. */
  readonly shape: readonly number[];
  readonly labelNames?: readonly string[];
  readonly maskNames?: readonly string[];
  /** Images of a patient where nothing else is asked for. @defaultValue 1 */
  readonly studies?: number;
  draw(key: PhantomKey, shape: readonly number[]): Drawn;
  labels?(key: PhantomKey): readonly number[];
}

/** Options that some kinds have. */
export interface KindOptions {
  /** CheXpert's uncertain labels. @defaultValue "ignore" */
  readonly uncertain?: UncertaintyPolicy;
  /**
   * Who named CheXpert's labels: a labeller that read reports, as of its training images, or radiologists,
   * as of the others, who leave none uncertain or unmentioned.
   *
   * @defaultValue "reports"
   */
  readonly labelledBy?: "reports" | "radiologists";
}
