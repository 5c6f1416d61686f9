import { averageUpdate, DiraError } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";
import type { Variables } from "./module.ts";

function pairs(target: Variables, source: Variables, where: string): [tf.Variable, tf.Variable][] {
  return Object.entries(target).map(([name, variable]) => {
    const other = source[name];
    if (other === undefined || other.shape.join() !== variable.shape.join()) {
      throw new DiraError(
        `${where}: expected \`${name}\` of shape [${variable.shape.join(", ")}] in the source, got ${other === undefined ? "nothing" : `[${other.shape.join(", ")}]`}. Are both of one architecture?`,
      );
    }
    return [variable, other];
  });
}

/** Copies every variable of `target` from the same name in `source`. */
export function copyVariables(target: Variables, source: Variables): void {
  for (const [variable, other] of pairs(target, source, "copyVariables")) variable.assign(other);
}

/**
 * Moves a momentum twin: `θ′ ← m·θ′ + (1 − m)·θ` for every parameter. Buffers are not touched: a
 * twin's batch statistics come from its own forward passes, as in MoCo.
 *
 * @param momentum - m in [0, 1]; 1 freezes, 0 copies.
 * @see He et al. 2020, eq. 2, https://arxiv.org/abs/1911.05722
 */
export function followParameters(target: Variables, source: Variables, momentum: number): void {
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new DiraError(`followParameters: \`momentum\` must lie in [0, 1], got ${momentum}.`);
  }
  const targets = pairs(target, source, "followParameters").map(([average, value]) => ({
    average,
    value,
  }));
  averageUpdate(targets, momentum);
}
