import type { ImageSet } from "../image.ts";
import { PHANTOM_LABELS } from "./anatomy.ts";
import { phantomChestXray } from "./chest-xray.ts";

/** Options of {@link phantomChestXrays}. */
export interface PhantomSetOptions {
  readonly count: number;
  readonly seed: number;
  /** Number of the first image: sets that do not overlap share no patient. @defaultValue 0 */
  readonly first?: number;
  /** Pixels per side; reading for a smaller side shrinks it. @defaultValue the side that is asked for */
  readonly size?: number;
}

/** A set of phantom X-rays, each its own patient. */
export function phantomChestXrays(options: PhantomSetOptions): ImageSet {
  const { count, seed, first = 0, size } = options;
  const made = (index: number, side: number): ReturnType<typeof phantomChestXray> =>
    phantomChestXray({ seed, index: first + index, size: side });
  return {
    name: `${count} phantom X-rays`,
    length: count,
    spatialRank: 2,
    id: (index) => `phantom-${first + index}`,
    patient: (index) => String(first + index),
    labelNames: PHANTOM_LABELS,
    labels: (index) => made(index, 64).labels,
    read: async (index, side = size ?? 256) => {
      const width = Math.min(side, size ?? side);
      const { data } = made(index, width);
      const values = new Uint8Array(new SharedArrayBuffer(data.length));
      for (let i = 0; i < data.length; i += 1) values[i] = Math.round((data[i] as number) * 255);
      return { data: values, shape: [width, width] };
    },
  };
}
