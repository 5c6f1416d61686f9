import { type Operation, type Transform, transformOf } from "./sample.ts";

/** Options of {@link colorJitter}. */
export interface ColorJitterOptions {
  /** Factor from U[max(0, 1 − x), 1 + x]. @defaultValue 0.4 (MoCo v2, DiRA) */
  readonly brightness?: number;
  /** Factor from U[max(0, 1 − x), 1 + x]. @defaultValue 0.4 */
  readonly contrast?: number;
  /** Taken for torchvision's sake; grey images have no saturation. @defaultValue 0.4 */
  readonly saturation?: number;
  /** Taken for torchvision's sake; grey images have no hue. @defaultValue 0.1 */
  readonly hue?: number;
}

type Jitter = {
  readonly brightness: number;
  readonly contrast: number;
  readonly contrastFirst: number;
};

/** {@link colorJitter} as a replayable operation. */
export function colorJitterOperation(options: ColorJitterOptions = {}): Operation<Jitter> {
  const { brightness = 0.4, contrast = 0.4 } = options;
  return {
    name: "colorJitter",
    draw: (_, random) => ({
      brightness: random.uniform(Math.max(0, 1 - brightness), 1 + brightness),
      contrast: random.uniform(Math.max(0, 1 - contrast), 1 + contrast),
      contrastFirst: random.integer(0, 2),
    }),
    apply: (sample, jitter) => {
      const data = sample.image.data.slice();
      if (jitter.contrastFirst === 1) blend(data, meanOf(data), jitter.contrast);
      blend(data, 0, jitter.brightness);
      if (jitter.contrastFirst !== 1) blend(data, meanOf(data), jitter.contrast);
      return { ...sample, image: { ...sample.image, data } };
    },
  };
}

function meanOf(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum += data[i] as number;
  return sum / data.length;
}

/** `factor · x + (1 − factor) · other`, cut to [0, 1] as PIL's `ImageEnhance` does. In place. */
function blend(data: Float32Array, other: number, factor: number): void {
  if (factor === 1) return;
  const shift = (1 - factor) * other;
  for (let i = 0; i < data.length; i += 1) {
    data[i] = Math.min(1, Math.max(0, factor * (data[i] as number) + shift));
  }
}

/**
 * Brightness and contrast by random factors in random order, each cut to [0, 1]: torchvision's
 * `ColorJitter` on grey images, where its saturation and hue do nothing. The mean that contrast pulls to
 * is not rounded to 8 bits, as PIL's is.
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  return transformOf(colorJitterOperation(options));
}
