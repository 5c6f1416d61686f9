import { createRandom } from "@dira/random";
import { atLeast, checked, finite, range } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";
import { drawSeed } from "./span.ts";

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions {
  /** Standard deviation, from and to. @defaultValue [0, 0.1] (MONAI takes up to 0.1) */
  readonly std?: readonly [number, number];
  /** @defaultValue 0 */
  readonly mean?: number;
}

type Noise = { readonly seed: readonly number[]; readonly mean: number; readonly std: number };

/** {@link gaussianNoise} as a replayable operation. */
export function gaussianNoiseOperation(options: GaussianNoiseOptions = {}): Operation<Noise> {
  const { std: [low, high] = [0, 0.1], mean = 0 } = checked("gaussianNoise", options, {
    std: range(atLeast(0)),
    mean: finite,
  });
  return {
    name: "gaussianNoise",
    draw: (_, random) => ({ seed: drawSeed(random), mean, std: random.uniform(low, high) }),
    apply: (sample, { seed, mean: center, std }) => {
      const data = noiseOf(sample.image.data.length, seed, center, std);
      const { data: before } = sample.image;
      for (let i = 0; i < data.length; i += 1) {
        data[i] = (data[i] as number) + (before[i] as number);
      }
      return withData(sample, data);
    },
    // The noise is drawn again and taken away: exact up to rounding.
    inverse: ({ seed, mean: center, std }) => [
      { name: "gaussianNoise", parameters: { seed, mean: -center, std: -std } },
    ],
  };
}

function noiseOf(length: number, seed: readonly number[], mean: number, std: number): Float32Array {
  const out = new Float32Array(length);
  createRandom(...seed).fillNormal(out, mean, std);
  return out;
}

/** Adds noise from N(mean, std²), drawn for each pixel; nothing is cut. MONAI's `RandGaussianNoise`. */
export function gaussianNoise(options: GaussianNoiseOptions = {}): Transform {
  return ownTransformOf(gaussianNoiseOperation(options));
}
