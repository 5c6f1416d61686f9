import { operationOf, type Replayable } from "./known-operations.ts";
import type { Sample, TransformRecord } from "./sample.ts";

/**
 * Does again what a history says, bit for bit: `replay(sampleOf(image), done.history)` is `done`.
 *
 * @param operations - those of one's own that the history names; this package's are known.
 * @throws DiraError naming an operation that is not known, or a parameter that is missing or no number.
 */
export function replay(
  sample: Sample,
  history: readonly TransformRecord[],
  operations: readonly Replayable[] = [],
): Sample {
  return history.reduce<Sample>((done, record) => {
    const operation = operationOf(record, operations);
    const changed = operation.apply(done, record.parameters as never);
    return { ...changed, history: [...done.history, record] };
  }, sample);
}
