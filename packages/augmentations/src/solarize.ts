import { copied } from "./buffers.ts";
import { checked, finite } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";

/** Options of {@link solarize}. */
export interface SolarizeOptions {
  /** From this value on, values are inverted. @defaultValue 128 / 255 (Barlow Twins, PIL) */
  readonly threshold?: number;
}

/** {@link solarize} as a replayable operation. */
export function solarizeOperation(
  options: SolarizeOptions = {},
): Operation<{ readonly threshold: number }> {
  const { threshold = 128 / 255 } = checked("solarize", options, { threshold: finite });
  return {
    name: "solarize",
    draw: () => ({ threshold }),
    apply: (sample, drawn) => {
      const data = copied(sample.image.data);
      for (let i = 0; i < data.length; i += 1) {
        const value = data[i] as number;
        if (value >= drawn.threshold) data[i] = 1 - value;
      }
      return withData(sample, data);
    },
  };
}

/** `1 − x` from a threshold on, on intensities in [0, 1]: PIL's and torchvision's `solarize`. */
export function solarize(options: SolarizeOptions = {}): Transform {
  return ownTransformOf(solarizeOperation(options));
}
