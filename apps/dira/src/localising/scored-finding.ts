import type { VoxelBox } from "@dira/transfer";
import type { CentreSize } from "./baselines.ts";
import type { Score } from "./score.ts";

/** A finding with what each heat map of it is worth. */
export interface ScoredFinding {
  /** Folder of the run whose network saw it. */
  readonly run: string;
  readonly image: string;
  readonly patient: string;
  readonly label: string;
  readonly boxes: readonly VoxelBox[];
  /** The share of the boxes that the network's view of the image shows. */
  readonly inView: number;
  readonly centre: CentreSize;
  /** By the map's name: the method's, `centre`, `random`. */
  readonly scores: Readonly<Record<string, Score>>;
}
