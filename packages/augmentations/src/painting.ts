import { copied, takeBuffer } from "./buffers.ts";
import { createRandom, type Random } from "@dira/random";
import { checked, type Rules, word } from "./options.ts";
import { withData } from "./pointwise.ts";
import { type Operation, type Sample, type Transform, ownTransformOf } from "./sample.ts";
import { drawSeed } from "./span.ts";
import { drawWindows, forEachRun, scaled, type WindowPlan } from "./windows.ts";

/** Whose windows and filling: DiRA's 2D code, Models Genesis, or TransVW's PyTorch or Keras code. */
export type PaintingVariant = "dira" | "genesis" | "transvw" | "transvw-keras";

/** Options of {@link inPainting} and {@link outPainting}. */
export interface PaintingOptions {
  /** @defaultValue "dira" */
  readonly variant?: PaintingVariant;
}

const rules: Rules<PaintingOptions> = {
  variant: word("dira", "genesis", "transvw", "transvw-keras"),
};

/** What the windows (in-painting) or all but them (out-painting) are filled with. */
type Filling = {
  /** 0: the value; 1: noise from U[0, 1), drawn again from the seed. */
  readonly noise: number;
  readonly value: number;
  readonly seed: readonly number[];
};
type Painting = Filling & { readonly windows: readonly number[] };

const three = (): number => 3;
const diraMargin = (side: number): number => scaled(3, side);
const sixthToThird = (side: number): readonly [number, number] => [side / 6, side / 3];
/** A side less 3/7 to 4/7 of it, cut to whole pixels as the authors do. */
const aboutHalf = (side: number): readonly [number, number] => [
  side - Math.floor((4 * side) / 7),
  side - Math.floor((3 * side) / 7),
];

const IN: Readonly<Record<PaintingVariant, WindowPlan>> = {
  dira: {
    most: 10,
    sure: 1,
    stop: 0.1,
    lengths: (side) => [scaled(10, side), scaled(70, side)],
    margin: diraMargin,
  },
  genesis: { most: 5, sure: 0, stop: 0.05, lengths: sixthToThird, margin: three },
  transvw: { most: 1, sure: 1, stop: 1, lengths: sixthToThird, margin: three },
  "transvw-keras": {
    most: 1,
    sure: 1,
    stop: 1,
    lengths: () => [10, 20],
    margin: three,
  },
};

const OUT: Readonly<Record<PaintingVariant, WindowPlan>> = {
  dira: {
    most: 10,
    sure: 1,
    stop: 0.1,
    lengths: (side) => [side - scaled(70, side), side - scaled(50, side)],
    margin: diraMargin,
  },
  genesis: { most: 5, sure: 1, stop: 0.05, lengths: aboutHalf, margin: three },
  transvw: { most: 1, sure: 1, stop: 1, lengths: aboutHalf, margin: three },
  "transvw-keras": {
    most: 1,
    sure: 1,
    stop: 1,
    lengths: (side) => [side - 20, side - 10],
    margin: three,
  },
};

function drawFilling(variant: PaintingVariant, random: Random): Filling {
  if (variant === "dira") return { noise: 0, value: 0, seed: [] };
  if (variant === "transvw-keras") return { noise: 0, value: random.uniform(), seed: [] };
  return { noise: 1, value: 0, seed: drawSeed(random) };
}

/** A painted-over copy's pixels: all filled. */
function filled(length: number, { noise, value, seed }: Filling): Float32Array {
  const out = takeBuffer(length);
  if (noise === 1) createRandom(...seed).fillUniform(out, 0, 1);
  else out.fill(value);
  return out;
}

/** {@link inPainting} as a replayable operation. */
export function inPaintingOperation(options: PaintingOptions = {}): Operation<Painting> {
  const { variant = "dira" } = checked("inPainting", options, rules);
  return {
    name: "inPainting",
    draw: (shape, random) => ({
      windows: drawWindows(shape, random, IN[variant]),
      ...drawFilling(variant, random),
    }),
    apply: (sample, { windows, ...filling }) => paintedIn(sample, windows, filling),
  };
}

function paintedIn(sample: Sample, windows: readonly number[], filling: Filling): Sample {
  const { shape, data } = sample.image;
  const out = copied(data);
  const inpainted = sample.inpainted?.slice() ?? new Uint8Array(data.length);
  const noise = filling.noise === 1 ? createRandom(...filling.seed) : undefined;
  forEachRun(shape, windows, (from, to) => {
    if (noise === undefined) out.fill(filling.value, from, to);
    else noise.fillUniform(out.subarray(from, to), 0, 1);
    inpainted.fill(1, from, to);
  });
  return { ...withData(sample, out), inpainted };
}

/**
 * In-painting (cut-out): windows are filled and the network must paint them in. `Sample.inpainted` tells
 * where. For intensities in [0, 1].
 *
 * | variant | windows | sides | filled with |
 * | --- | --- | --- | --- |
 * | `dira` | 1–10, each but the first with chance 0.9 | 10–70 of 224, 3 from the border | 0 |
 * | `genesis` | up to 5, each with chance 0.95 | 1/6–1/3 | noise U[0, 1) |
 * | `transvw` | 1 | 1/6–1/3 | noise |
 * | `transvw-keras` | 1 | 10–20 pixels | one value from U[0, 1) |
 */
export function inPainting(options: PaintingOptions = {}): Transform {
  return ownTransformOf(inPaintingOperation(options));
}

/** {@link outPainting} as a replayable operation. */
export function outPaintingOperation(options: PaintingOptions = {}): Operation<Painting> {
  const { variant = "dira" } = checked("outPainting", options, rules);
  return {
    name: "outPainting",
    draw: (shape, random) => ({
      windows: drawWindows(shape, random, OUT[variant]),
      ...drawFilling(variant, random),
    }),
    apply: (sample, { windows, ...filling }) => {
      const { shape, data } = sample.image;
      const out = filled(data.length, filling);
      forEachRun(shape, windows, (from, to) => out.set(data.subarray(from, to), from));
      return withData(sample, out);
    },
  };
}

/**
 * Out-painting: only windows stay, the rest is filled. For intensities in [0, 1].
 *
 * | variant | windows | sides | the rest |
 * | --- | --- | --- | --- |
 * | `dira` | 1–10, each but the first with chance 0.9 | 154–174 of 224 | 0 |
 * | `genesis` | 1–5, each but the first with chance 0.95 | 3/7–4/7 | noise U[0, 1) |
 * | `transvw` | 1 | 3/7–4/7 | noise |
 * | `transvw-keras` | 1 | 10–20 pixels less than the image's | one value from U[0, 1) |
 */
export function outPainting(options: PaintingOptions = {}): Transform {
  return ownTransformOf(outPaintingOperation(options));
}
