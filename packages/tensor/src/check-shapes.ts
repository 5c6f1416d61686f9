import type * as tf from "@tensorflow/tfjs";
import { ShapeError } from "./errors.ts";

/** A tensor and the axes that it must have: letters bind a size, numbers state it. */
export type ShapeRule = readonly [tensor: tf.Tensor, axes: string];

/**
 * Checks shapes and binds each letter across all arguments.
 *
 * @example
 * checkShapes("infoNce", { queries: [q, "N C"], keys: [k, "N C"], negatives: [n, "K C"] });
 *
 * @param where - the public function, which begins the error's text.
 * @param rules - per argument the tensor and its axes, e.g. `"N H W 3"`.
 * @returns the size of each letter.
 * @throws ShapeError when a rank or a size disagrees.
 */
export function checkShapes(
  where: string,
  rules: Readonly<Record<string, ShapeRule>>,
): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {};
  const boundBy: Record<string, string> = {};
  for (const [name, [tensor, axes]] of Object.entries(rules)) {
    const letters = axes.split(" ");
    const fail = (reason: string): never => {
      throw new ShapeError(
        `${where}: \`${name}\` must be [${letters.join(", ")}]${reason}, got [${tensor.shape.join(", ")}].`,
        axes,
        tensor.shape,
      );
    };
    if (tensor.rank !== letters.length) fail("");
    letters.forEach((letter, axis) => {
      const size = tensor.shape[axis] ?? 0;
      const wanted = /^\d+$/.test(letter) ? Number(letter) : sizes[letter];
      if (wanted === undefined) {
        sizes[letter] = size;
        boundBy[letter] = name;
      } else if (wanted !== size) {
        const source = boundBy[letter] === undefined ? "" : ` (from \`${boundBy[letter]}\`)`;
        fail(` with ${letter} = ${wanted}${source}`);
      }
    });
  }
  return sizes;
}
