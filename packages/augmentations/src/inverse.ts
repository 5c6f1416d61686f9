import { DiraError } from "./errors.ts";
import { operationOf, type Replayable } from "./known-operations.ts";
import { checked, list, nested, word } from "./options.ts";
import { replay } from "./replay.ts";
import type { Sample, TransformRecord } from "./sample.ts";

/** Options of {@link inverse} and {@link undo}. */
export interface InverseOptions {
  /** `"all"`, or only what moved pixels: what a prediction needs to lie on the image again. @defaultValue "all" */
  readonly of?: "all" | "spatial";
  /** One's own operations that the history names. */
  readonly operations?: readonly Replayable[];
}

/**
 * The records that undo a history, last first: flips, quarter turns and padding exactly; crops but for what
 * they cut off; resizing and affine maps up to interpolation; intensities where nothing was cut.
 *
 * @throws DiraError naming the operation that has no inverse: elastic warps, painting, shuffling, blur, say.
 */
export function inverse(
  history: readonly TransformRecord[],
  options: InverseOptions = {},
): TransformRecord[] {
  const { of = "all", operations = [] } = checked("inverse", options, {
    of: word("all", "spatial"),
    operations: list(nested),
  });
  return history.toReversed().flatMap((record) => {
    const { name, parameters } = record;
    const operation = operationOf(record, operations);
    if (of === "spatial" && operation.spatial !== true) return [];
    const back = operation.inverse?.(parameters as never);
    if (back !== undefined) return back;
    throw new DiraError(
      `inverse: \`${name}\` with these parameters can't be undone${of === "all" && operation.spatial !== true ? '; ask for `of: "spatial"` to move a prediction back' : ""}.`,
    );
  });
}

/** Undoes a history on a sample that has been through it, or on a prediction for one; see {@link inverse}. */
export function undo(
  sample: Sample,
  history: readonly TransformRecord[] = sample.history,
  options: InverseOptions = {},
): Sample {
  return replay(sample, inverse(history, options), options.operations);
}
