import { DiraError, globalAveragePool } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";
import type { FeatureMaps, ObjectiveEncoder } from "../objective.ts";

/** The encoder's last stage, which methods take their embeddings from. */
export interface LastStage {
  readonly channels: number;
  /** Its feature map, `[N, …, C]`. */
  map(maps: FeatureMaps): tf.Tensor;
  /** The same, averaged over all positions: `[N, C]`. */
  pool(maps: FeatureMaps): tf.Tensor2D;
}

/** The last stage of an encoder. @throws DiraError when it has no stages. */
export function lastStage(where: string, { stages }: Pick<ObjectiveEncoder, "stages">): LastStage {
  const last = stages[stages.length - 1];
  if (last === undefined) throw new DiraError(`${where}: the encoder has no stages.`);
  const map = (maps: FeatureMaps): tf.Tensor => {
    const found = maps[last.name];
    if (found !== undefined) return found;
    throw new DiraError(
      `${where}: expected the encoder's feature map \`${last.name}\`, got ${Object.keys(maps).join(", ")}.`,
    );
  };
  return { channels: last.channels, map, pool: (maps) => globalAveragePool(map(maps)) };
}
