import type { SpreadMeasures } from "./spread.ts";

/** A sign that training has gone wrong, and what to do about it. */
export interface CollapseWarning {
  readonly name: "collapsed-embeddings" | "few-dimensions" | "loss-at-chance";
  readonly advice: string;
}

/** When {@link collapseWarnings} warns. */
export interface CollapseLimits {
  /** Of `embedding_std`. @defaultValue 0.05 */
  readonly std?: number;
  /** Of `effective_rank`, as a share of what N and C allow. @defaultValue 0.02 */
  readonly rankShare?: number;
  /** How near the loss may be to chance, relatively. @defaultValue 0.01 */
  readonly chance?: number;
}

/**
 * What is suspicious about embeddings and loss.
 *
 * @param loss - with `chance`, what the loss is when nothing was learnt (`log(K + 1)` of MoCo,
 *   `log(2N − 1)` of SimCLR).
 */
export function collapseWarnings(
  spread: SpreadMeasures,
  [N, C]: readonly [number, number],
  loss?: { readonly value: number; readonly chance: number },
  limits: CollapseLimits = {},
): CollapseWarning[] {
  const { std = 0.05, rankShare = 0.02, chance = 0.01 } = limits;
  const warnings: CollapseWarning[] = [];
  if (spread.embedding_std < std) {
    warnings.push({
      name: "collapsed-embeddings",
      advice: `all images have nearly the same embedding (std ${spread.embedding_std.toFixed(3)}, 1 for random ones). Lower the learning rate, use a larger batch, or check that targets are detached.`,
    });
  }
  const most = Math.min(N, C);
  if (spread.effective_rank < Math.max(1.5, rankShare * most)) {
    warnings.push({
      name: "few-dimensions",
      advice: `embeddings use ${spread.effective_rank.toFixed(1)} of ${most} dimensions. Use more varied views, or a redundancy term (Barlow Twins, VICReg).`,
    });
  }
  if (loss !== undefined && Math.abs(loss.value - loss.chance) < chance * loss.chance) {
    warnings.push({
      name: "loss-at-chance",
      advice: `the loss ${loss.value.toFixed(3)} is what guessing gives (${loss.chance.toFixed(3)}). Raise the learning rate, lower the temperature, or check that both views are of the same image.`,
    });
  }
  return warnings;
}
