import type { Random } from "@dira/random";

/** A grey image in memory. */
export interface Raster {
  /** Row by row; intensities in [0, 1] unless said otherwise. */
  readonly data: Float32Array;
  /** `[height, width]`. */
  readonly shape: readonly [number, number];
}

/** What was done to a sample, with every number that was drawn: enough to do it again. */
export interface TransformRecord {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number | readonly number[]>>;
}

/** An image on its way through transforms. */
export interface Sample {
  readonly image: Raster;
  /** Of the image's shape, 1 where in-painting has put something else. */
  readonly inpainted?: Uint8Array;
  readonly history: readonly TransformRecord[];
}

/** Changes a sample; never the one it is given. All its chance comes from `random`. */
export type Transform = (sample: Sample, random: Random) => Sample;

/** A transform in two steps, so that what was drawn can be recorded and replayed. */
export interface Operation<P extends TransformRecord["parameters"]> {
  readonly name: string;
  draw(image: Raster, random: Random): P;
  apply(sample: Sample, parameters: P): Omit<Sample, "history">;
}

/** Makes a transform of an operation: draws, applies, records. */
export function transformOf<P extends TransformRecord["parameters"]>(
  operation: Operation<P>,
): Transform {
  return (sample, random) => {
    const parameters = operation.draw(sample.image, random.derive(operation.name));
    const record = { name: operation.name, parameters };
    return { ...operation.apply(sample, parameters), history: [...sample.history, record] };
  };
}

/** A sample with no history. */
export function sampleOf(image: Raster): Sample {
  return { image, history: [] };
}
