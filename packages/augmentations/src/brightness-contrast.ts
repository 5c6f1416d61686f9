import * as rule from "./options.ts";
import { linear, momentsOf, withData } from "./pointwise.ts";
import { type Operation, type Transform, ownTransformOf } from "./sample.ts";
import { drawFrom, type Span } from "./span.ts";

/** The range that intensities are cut to. @defaultValue [0, 1]; [-Infinity, Infinity] cuts nothing */
export type Cut = readonly [low: number, high: number];

/** Options of {@link brightness} and {@link contrast}. */
export interface FactorOptions {
  /** From and to, at least 0. @defaultValue [0.6, 1.4] */
  readonly factor?: readonly [number, number];
  /** @defaultValue [0, 1] */
  readonly cut?: Cut;
}

/** No cut is written as no numbers: JSON has no infinity. */
type Factor = { readonly factor: number; readonly cut: readonly number[] };

function written([low, high]: Cut = [0, 1]): readonly number[] {
  if (low === -Infinity && high === Infinity) return [];
  return [Math.max(low, -Number.MAX_VALUE), Math.min(high, Number.MAX_VALUE)];
}

/** Any two different ends: here, infinite ones make sense. */
const cutRule: rule.Rule = rule.interval({
  expects: "a number or ±Infinity",
  accepts: (value) => typeof value === "number" && !Number.isNaN(value),
});

/** `factor · x + shift`, of the shift that keeps some value where it is. */
function factorOperation(
  name: string,
  options: FactorOptions,
  shiftOf: (data: Float32Array, factor: number) => number,
): Operation<Factor> {
  const { factor: [from, to] = [0.6, 1.4], cut } = rule.checked(name, options, {
    factor: rule.range(rule.atLeast(0)),
    cut: cutRule,
  });
  return {
    name,
    draw: (_, random) => ({ factor: random.uniform(from, to), cut: written(cut) }),
    apply: (sample, { factor, cut: [low, high] }) => {
      const { data } = sample.image;
      return withData(sample, linear(data, factor, shiftOf(data, factor), low, high));
    },
    inverse: ({ factor }) =>
      factor === 0 ? undefined : [{ name, parameters: { factor: 1 / factor, cut: [] } }],
  };
}

/** {@link brightness} as a replayable operation. */
export function brightnessOperation(options: FactorOptions = {}): Operation<Factor> {
  return factorOperation("brightness", options, () => 0);
}

/** `factor · x`, cut to a range: torchvision's `adjust_brightness`. Undone where nothing was cut. */
export function brightness(options: FactorOptions = {}): Transform {
  return ownTransformOf(brightnessOperation(options));
}

/** {@link contrast} as a replayable operation. */
export function contrastOperation(options: FactorOptions = {}): Operation<Factor> {
  const shiftOf = (data: Float32Array, factor: number): number =>
    (1 - factor) * momentsOf("contrast", data).mean;
  return factorOperation("contrast", options, shiftOf);
}

/** `mean + factor · (x − mean)`, cut to a range: torchvision's `adjust_contrast`. Undone where nothing was cut. */
export function contrast(options: FactorOptions = {}): Transform {
  return ownTransformOf(contrastOperation(options));
}

/** Options of {@link brightnessContrast}. */
export interface BrightnessContrastOptions {
  /** Added, as a share of the largest value, 1. @defaultValue 0.2 (albumentations) */
  readonly brightness?: Span;
  /** The factor, less 1: from −1 on. @defaultValue 0.2 (albumentations) */
  readonly contrast?: Span;
  /** @defaultValue [0, 1] */
  readonly cut?: Cut;
}

type Linear = { readonly scale: number; readonly shift: number; readonly cut: readonly number[] };

/** {@link brightnessContrast} as a replayable operation. */
export function brightnessContrastOperation(
  options: BrightnessContrastOptions = {},
): Operation<Linear> {
  const {
    brightness: added = 0.2,
    contrast: stretched = 0.2,
    cut,
  } = rule.checked("brightnessContrast", options, {
    brightness: rule.span(rule.finite),
    contrast: rule.span(rule.atLeast(-1)),
    cut: cutRule,
  });
  return {
    name: "brightnessContrast",
    draw: (_, random) => ({
      scale: 1 + drawFrom(stretched, random),
      shift: drawFrom(added, random),
      cut: written(cut),
    }),
    apply: (sample, { scale, shift, cut: [low, high] }) =>
      withData(sample, linear(sample.image.data, scale, shift, low, high)),
    inverse: ({ scale, shift }) =>
      scale === 0
        ? undefined
        : [
            {
              name: "brightnessContrast",
              parameters: { scale: 1 / scale, shift: -shift / scale, cut: [] },
            },
          ],
  };
}

/** `scale · x + shift`, cut to a range: albumentations' `RandomBrightnessContrast`. Undone where nothing was cut. */
export function brightnessContrast(options: BrightnessContrastOptions = {}): Transform {
  return ownTransformOf(brightnessContrastOperation(options));
}

/** Options of {@link gamma}. */
export interface GammaOptions {
  /** The exponent, above 0. @defaultValue [0.8, 1.2] (albumentations) */
  readonly gamma?: readonly [number, number];
  /** What counts as 0 and as 1; values beyond are cut. @defaultValue [0, 1] */
  readonly range?: readonly [number, number];
}

type Gamma = { readonly gamma: number; readonly range: readonly number[] };

/** {@link gamma} as a replayable operation. */
export function gammaOperation(options: GammaOptions = {}): Operation<Gamma> {
  const { gamma: [from, to] = [0.8, 1.2], range = [0, 1] } = rule.checked("gamma", options, {
    gamma: rule.range(rule.above(0)),
    range: rule.interval(rule.finite),
  });
  return {
    name: "gamma",
    draw: (_, random) => ({
      gamma: random.uniform(from, to),
      range,
    }),
    apply: (sample, { gamma: exponent, range: [low = 0, high = 1] }) => {
      const out = linear(sample.image.data, 1 / (high - low), -low / (high - low), 0, 1);
      if (exponent === 1 && low === 0 && high === 1) return withData(sample, out);
      for (let i = 0; i < out.length; i += 1) {
        out[i] = low + (high - low) * (out[i] as number) ** exponent;
      }
      return withData(sample, out);
    },
    inverse: ({ gamma: exponent, range: used }) => [
      { name: "gamma", parameters: { gamma: 1 / exponent, range: used } },
    ],
  };
}

/** `x^γ` within a range: torchvision's `adjust_gamma`, albumentations' `RandomGamma`, MONAI's `RandAdjustContrast`. */
export function gamma(options: GammaOptions = {}): Transform {
  return ownTransformOf(gammaOperation(options));
}
