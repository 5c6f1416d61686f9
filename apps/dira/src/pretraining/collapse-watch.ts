import {
  type CollapseWarning,
  collapseWarnings,
  measureSpread,
  type Objective,
} from "@dira/objectives";
import type { Metrics } from "@dira/training";
import type { HeldOutFeatures } from "./validate.ts";

/** Validations before it warns: at first everything is near chance. */
const PATIENCE = 1;

/**
 * Watches held-out features for collapse. Each call gives their spread as `val_feature_…` metrics, and
 * prints each warning once.
 */
export function collapseWatch(
  objective: Objective | undefined,
): (features: HeldOutFeatures, metrics: Metrics) => Metrics {
  const said = new Set<CollapseWarning["name"]>();
  let seen = 0;
  return ({ first, second }, metrics) => {
    if (first.shape[0] < 2) return {};
    const spread = measureSpread(first, second);
    const value = metrics["val_loss_dis"];
    const chance = objective?.chance?.(first.shape[0]);
    const loss = value === undefined || chance === undefined ? undefined : { value, chance };
    if (seen >= PATIENCE) {
      for (const { name, advice } of collapseWarnings(spread, first.shape, loss)) {
        if (!said.has(name)) console.warn(`warning: ${name}: ${advice}`);
        said.add(name);
      }
    }
    seen += 1;
    return {
      val_feature_std: spread.embedding_std,
      val_feature_rank: spread.effective_rank,
      val_feature_uniformity: spread.uniformity,
      ...(spread.alignment === undefined ? {} : { val_feature_alignment: spread.alignment }),
    };
  };
}
