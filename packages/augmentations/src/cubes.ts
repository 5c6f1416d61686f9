import { compose, withProbability } from "./compose.ts";
import { cropPad } from "./crop-pad.ts";
import { checked, integer, list, required } from "./options.ts";
import { flip } from "./orientation.ts";
import type { Transform } from "./sample.ts";

/** Options of {@link cubeTraining} and {@link cubeValidation}. */
export interface CubeTransformOptions {
  /** Sides of the cube, one per axis. */
  readonly size: readonly number[];
}

const rules = { size: required(list(integer(1), 2, 3)) };

/** Fine-tuning on cubes: mirrored along each axis with p 0.5, then the middle of that size; smaller ones get zeros around. */
export function cubeTraining(options: CubeTransformOptions): Transform {
  const { size } = checked("cubeTraining", options, rules);
  const flips = size.map((_, axis) => withProbability(0.5, flip({ axes: [axis - size.length] })));
  return compose(...flips, cropPad({ size }));
}

/** Validation and test on cubes: the middle of that size; smaller ones get zeros around. */
export function cubeValidation(options: CubeTransformOptions): Transform {
  return cropPad({ size: checked("cubeValidation", options, rules).size });
}
