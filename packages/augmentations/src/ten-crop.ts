import { centralStart, windowOf } from "./crop-pad.ts";
import { DiraError } from "./errors.ts";
import { checked, integer } from "./options.ts";
import { flipOperation } from "./orientation.ts";
import type { Sample } from "./sample.ts";

/**
 * Four corners and the centre, each as it is and mirrored: torchvision's `TenCrop`, of the last two axes,
 * for the mean of ten predictions. Nothing is random.
 *
 * @returns upper left, upper right, lower left, lower right, centre; then the five mirrored.
 * @throws DiraError when the image is smaller than the crop.
 */
export function tenCrop(sample: Sample, size: number): Sample[] {
  checked("tenCrop", { size }, { size: integer(1) });
  const { shape } = sample.image;
  const [height, width] = shape.slice(-2) as [number, number];
  if (height < size || width < size) {
    throw new DiraError(
      `tenCrop: the image, [${shape.join(", ")}], is smaller than the crop, ${size}.`,
    );
  }
  const [bottom, right] = [height - size, width - size];
  const central = [centralStart(bottom), centralStart(right)];
  const crops = [[0, 0], [0, right], [bottom, 0], [bottom, right], central].map((corner) =>
    cut(sample, corner, size),
  );
  return [...crops, ...crops.map(mirrored)];
}

function cut(sample: Sample, corner: readonly number[], size: number): Sample {
  const { shape } = sample.image;
  const leading = shape.slice(0, -2);
  const window = [...leading.map(() => 0), ...corner, ...leading, size, size];
  const parameters = { window, from: shape, border: 0, value: 0 };
  const history = [...sample.history, { name: "cropPad", parameters }];
  return { ...windowOf(sample, window, 0, 0), history };
}

const { name, apply } = flipOperation();

function mirrored(sample: Sample): Sample {
  const parameters = { axes: [-1] };
  return { ...apply(sample, parameters), history: [...sample.history, { name, parameters }] };
}
