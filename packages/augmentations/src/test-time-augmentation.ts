import type { Random } from "@dira/random";
import type { Replayable } from "./known-operations.ts";
import { DiraError } from "./errors.ts";
import { undo } from "./inverse.ts";
import { called, checked, list, nested, required } from "./options.ts";
import type { Raster, Sample, Transform } from "./sample.ts";

/** Options of {@link testTimeAugmentation}. */
export interface TestTimeAugmentationOptions {
  /** One transform per view; each must have a spatial inverse. `(sample) => sample` is the image itself. */
  readonly transforms: readonly Transform[];
  /** The model: a map of the view's shape, such as a probability per pixel. */
  readonly predict: (view: Sample) => Raster | Promise<Raster>;
  /** One's own operations. */
  readonly operations?: readonly Replayable[];
}

/**
 * Mean of the predictions for several views, each moved back onto the image. A pixel that a view does not
 * show (cut off, turned out) takes no part in that view's share; one that no view shows is 0.
 *
 * @throws DiraError when a prediction's shape is not its view's, or a transform can't be undone.
 */
export async function testTimeAugmentation(
  sample: Sample,
  random: Random,
  options: TestTimeAugmentationOptions,
): Promise<Raster> {
  const {
    transforms,
    predict,
    operations = [],
  } = checked("testTimeAugmentation", options, {
    transforms: required(list(called, 1)),
    predict: required(called),
    operations: list(nested),
  });
  const length = sample.image.data.length;
  const [sum, seen] = [new Float64Array(length), new Uint32Array(length)];
  for (const [i, transform] of transforms.entries()) {
    const view = transform({ ...sample, history: [] }, random.derive("view", i));
    const prediction = await predict(view);
    if (prediction.shape.join() !== view.image.shape.join()) {
      throw new DiraError(
        `testTimeAugmentation: expected a prediction of the view's shape, [${view.image.shape.join(", ")}], got [${prediction.shape.join(", ")}].`,
      );
    }
    add(movedBack(prediction, view, operations), sum, seen);
  }
  const data = Float32Array.from(sum, (total, i) => total / Math.max(1, seen[i] as number));
  return { ...sample.image, data };
}

/** The prediction on the image's grid, with a mask of 1 where the view shows the image. */
function movedBack(prediction: Raster, view: Sample, operations: readonly Replayable[]): Sample {
  const { data, shape } = prediction;
  const shown = { data: new Uint8Array(data.length).fill(1), shape };
  const image = { ...view.image, data };
  return undo({ image, mask: shown, history: [] }, view.history, { of: "spatial", operations });
}

function add({ image, mask }: Sample, sum: Float64Array, seen: Uint32Array): void {
  for (let i = 0; i < sum.length; i += 1) {
    if (mask?.data[i] !== 1) continue;
    sum[i] = (sum[i] as number) + (image.data[i] as number);
    seen[i] = (seen[i] as number) + 1;
  }
}
