import { colorJitterOperation } from "./color-jitter.ts";
import { inPaintingOperation, outPaintingOperation } from "./distortions.ts";
import { gaussianBlurOperation } from "./gaussian-blur.ts";
import { patchShufflingOperation } from "./patch-shuffling.ts";
import type { Operation, Sample, TransformRecord } from "./sample.ts";
import { flipOperation, randomResizedCropOperation } from "./spatial.ts";

/** What replaying needs of an {@link Operation}. */
export type Replayable = Pick<Operation<never>, "name" | "apply">;

/** Applying one takes nothing but its record: options matter for drawing alone. */
const KNOWN: readonly Replayable[] = [
  randomResizedCropOperation({ size: 1 }),
  flipOperation,
  colorJitterOperation(),
  gaussianBlurOperation(),
  inPaintingOperation,
  outPaintingOperation,
  patchShufflingOperation(),
];

/**
 * Does again what a history says, bit for bit: `replay(sampleOf(image), done.history)` is `done`.
 *
 * @param operations - those of one's own that the history names; this package's are known.
 * @throws Error naming an operation that is not known.
 */
export function replay(
  sample: Sample,
  history: readonly TransformRecord[],
  operations: readonly Replayable[] = [],
): Sample {
  const known = [...operations, ...KNOWN];
  return history.reduce<Sample>((done, record) => {
    const operation = known.find(({ name }) => name === record.name);
    if (operation === undefined) {
      throw new Error(
        `replay: the history names \`${record.name}\`, which is not among ${known.map((o) => o.name).join(", ")}; hand it in as an operation.`,
      );
    }
    const changed = operation.apply(done, record.parameters as never);
    return { ...changed, history: [...done.history, record] };
  }, sample);
}
