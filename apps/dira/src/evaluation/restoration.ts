/** Errors of restorations, summed over batches. */
export interface RestorationSums {
  /** Add a batch of images or volumes one after the other, of `sides` each, in [0, 1]. */
  add(batch: RestoredBatch): void;
  result(): RestorationMeasures;
}

/** What was given, made and wanted. */
interface RestoredBatch {
  readonly distorted: Float32Array;
  readonly restored: Float32Array;
  readonly target: Float32Array;
  /** 1 where in-painting changed the image; nowhere without it. */
  readonly inpainted?: Uint8Array | undefined;
}

/** How well images were restored. */
interface RestorationMeasures {
  /** mean (x̂ − x)². */
  readonly restored_mse: number;
  /** mean (x̃ − x)²: the error of the distorted input itself. */
  readonly distorted_mse: number;
  /** The first over the second; 1 when nothing is restored. */
  readonly error_ratio: number;
  /** The same ratio over in-painted pixels alone; NaN when there are none. */
  readonly inpainted_error_ratio: number;
  /** Share of pixels that are in-painted. */
  readonly inpainted_share: number;
  /** Mean |gradient| of the restoration over that of the target; below 1 is blurred. */
  readonly sharpness: number;
}

/** Measures restorations of images of these sides, batch by batch. */
export function restorationSums(sides: readonly number[]): RestorationSums {
  const plane = sides.slice(-2) as [number, number];
  let [pixels, inpainted] = [0, 0];
  const errors = { restored: 0, distorted: 0, restoredInside: 0, distortedInside: 0 };
  const edges = { restored: 0, target: 0 };
  return {
    add: (batch) => {
      const { distorted, restored, target } = batch;
      for (let i = 0; i < target.length; i += 1) {
        const [own, given, wanted] = [restored[i], distorted[i], target[i]] as [
          number,
          number,
          number,
        ];
        const [after, before] = [(own - wanted) ** 2, (given - wanted) ** 2];
        errors.restored += after;
        errors.distorted += before;
        if (batch.inpainted?.[i] !== 1) continue;
        inpainted += 1;
        errors.restoredInside += after;
        errors.distortedInside += before;
      }
      pixels += target.length;
      edges.restored += gradientSum(restored, plane);
      edges.target += gradientSum(target, plane);
    },
    result: () => ({
      restored_mse: errors.restored / pixels,
      distorted_mse: errors.distorted / pixels,
      error_ratio: errors.restored / errors.distorted,
      inpainted_error_ratio: errors.restoredInside / errors.distortedInside,
      inpainted_share: inpainted / pixels,
      sharpness: edges.restored / edges.target,
    }),
  };
}

/** Sum of |∇x| in-plane by forward differences, over all pixels but each slice's last row and column. */
function gradientSum(images: Float32Array, [height, width]: readonly [number, number]): number {
  let sum = 0;
  for (let start = 0; start < images.length; start += height * width) {
    for (let y = 0; y < height - 1; y += 1) {
      for (let x = 0; x < width - 1; x += 1) {
        const i = start + y * width + x;
        const value = images[i] as number;
        sum += Math.hypot((images[i + 1] as number) - value, (images[i + width] as number) - value);
      }
    }
  }
  return sum;
}
