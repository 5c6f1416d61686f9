import { kernels } from "./kernels/kernels.ts";
import { atLeast, between, checked } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";

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
  const { brightness = 0.4, contrast = 0.4 } = checked("colorJitter", options, {
    brightness: atLeast(0),
    contrast: atLeast(0),
    saturation: atLeast(0),
    hue: between(0, 0.5),
  });
  return {
    name: "colorJitter",
    draw: (_, random) => ({
      brightness: random.uniform(Math.max(0, 1 - brightness), 1 + brightness),
      contrast: random.uniform(Math.max(0, 1 - contrast), 1 + contrast),
      contrastFirst: random.integer(0, 2),
    }),
    apply: (sample, drawn) => {
      const bright = { contrast: false, factor: drawn.brightness };
      const sharp = { contrast: true, factor: drawn.contrast };
      const steps = drawn.contrastFirst === 1 ? [sharp, bright] : [bright, sharp];
      return withData(
        sample,
        kernels().jitter(
          sample.image.data,
          steps.filter(({ factor }) => factor !== 1),
        ),
      );
    },
  };
}

/**
 * Brightness and contrast by random factors in random order, each cut to [0, 1]: torchvision's
 * `ColorJitter` on grey images, where its saturation and hue do nothing. The mean that contrast pulls to
 * is not rounded to 8 bits, as PIL's is.
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  return ownTransformOf(colorJitterOperation(options));
}
