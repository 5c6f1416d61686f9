import type { Stage } from "../config/index.ts";
import type { Estimate } from "./bootstrap.ts";
import type { Measures } from "./measure.ts";

/** Networks and what they do on held-out images. */
export interface EvaluationRow extends Omit<Measures, "hits"> {
  readonly name: string;
  readonly stage: Stage | "random";
  /** View-to-view retrieval, top-1, with its 95 % bootstrap interval over images; none of recipes of one view. */
  readonly retrieval?: Estimate;
  /** Its lead over random weights, paired by image. */
  readonly retrieval_lead?: Estimate;
}
