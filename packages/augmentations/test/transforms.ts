import {
  affine,
  bezierIntensity,
  biasField,
  brightness,
  brightnessContrast,
  centerCrop,
  clahe,
  colorJitter,
  contrast,
  elastic,
  flip,
  gamma,
  gaussianBlur,
  gaussianNoise,
  gridDistortion,
  histogramEqualize,
  histogramMatch,
  inPainting,
  intensityWindow,
  localPixelShuffling,
  normalize,
  opticalDistortion,
  outPainting,
  pad,
  patchShuffling,
  percentileScaling,
  randomCrop,
  randomResizedCrop,
  randomSizedCrop,
  repeatedFlip,
  rescaleIntensity,
  resize,
  rotate90,
  solarize,
  type Transform,
  zScore,
} from "../src/index.ts";

/** A transform and which laws hold for it. */
export interface Entry {
  readonly name: string;
  readonly transform: Transform;
  /**
   * `spatial`: an index map, which keeps world positions; `warp`: moves pixels freely; `intensity`: a
   * value of its own and its surroundings; `disturbance`: painting and shuffling.
   */
  readonly kind: "spatial" | "warp" | "intensity" | "disturbance";
  /** Whether [0, 1] stays within [0, 1]. */
  readonly bounded: boolean;
  /** The same with what should change (next to) nothing. */
  readonly neutral?: Transform;
  /** The same with parameters that can be undone; how near it comes back in the interior. */
  readonly undone?: readonly [transform: Transform, within: number];
}

const loose: readonly [number, number] = [-Infinity, Infinity];
const spatial = (name: string, transform: Transform, rest: Partial<Entry> = {}): Entry => ({
  name,
  transform,
  kind: "spatial",
  bounded: true,
  ...rest,
});
const intensity = (
  name: string,
  transform: Transform,
  bounded: boolean,
  rest: Partial<Entry> = {},
): Entry => ({ name, transform, kind: "intensity", bounded, ...rest });
const disturbance = (name: string, transform: Transform): Entry => ({
  name,
  transform,
  kind: "disturbance",
  bounded: true,
});

/** Every transform of the package. */
export const entries: readonly Entry[] = [
  spatial("randomResizedCrop", randomResizedCrop({ size: 20 }), {
    undone: [randomResizedCrop({ size: 40, scale: [0.5, 1] }), 0.05],
  }),
  spatial("randomResizedCrop, bicubic", randomResizedCrop({ size: 20, filter: "bicubic" }), {
    undone: [randomResizedCrop({ size: 40, scale: [0.5, 1], filter: "bicubic" }), 0.05],
  }),
  spatial("randomSizedCrop", randomSizedCrop({ height: [20, 30], size: 24 })),
  spatial("resize", resize({ size: 24 }), { undone: [resize({ size: 48 }), 0.05] }),
  spatial("centerCrop", centerCrop({ size: 23 }), { undone: [centerCrop({ size: 29 }), 0] }),
  spatial("randomCrop, padding", randomCrop({ size: 39, border: "symmetric" }), {
    undone: [randomCrop({ size: 50, border: "edge" }), 0],
  }),
  spatial("pad", pad({ padding: 3, border: "reflect" }), {
    neutral: pad({ padding: 0 }),
    undone: [pad({ padding: 5, border: "constant" }), 0],
  }),
  spatial("flip", flip({ axes: [-2] }), { undone: [flip(), 0], neutral: flip({ axes: [] }) }),
  spatial("repeatedFlip", repeatedFlip(), { undone: [repeatedFlip({ p: 0.9 }), 0] }),
  spatial("rotate90", rotate90(), { undone: [rotate90(), 0], neutral: rotate90({ times: [0] }) }),
  spatial(
    "affine",
    affine({ rotation: 30, scale: [0.8, 1.25], shear: 10, translation: 3, border: "edge" }),
    {
      neutral: affine(),
      undone: [affine({ rotation: 8, scale: [0.9, 1.1], shear: 4, translation: 1 }), 0.05],
    },
  ),
  spatial("affine, nearest", affine({ rotation: 40, interpolation: "nearest" })),
  {
    ...spatial("elastic", elastic({ alpha: 60, sigma: 4 })),
    kind: "warp",
    neutral: elastic({ alpha: 0 }),
  },
  {
    ...spatial("gridDistortion", gridDistortion()),
    kind: "warp",
  },
  {
    ...spatial("opticalDistortion", opticalDistortion({ limit: 0.5 })),
    kind: "warp",
    neutral: opticalDistortion({ limit: 0, shift: 0 }),
  },
  intensity("colorJitter", colorJitter(), true, {
    neutral: colorJitter({ brightness: 0, contrast: 0 }),
  }),
  intensity("brightness", brightness(), true, {
    neutral: brightness({ factor: [1, 1] }),
    undone: [brightness({ cut: loose }), 1e-6],
  }),
  intensity("contrast", contrast(), true, {
    neutral: contrast({ factor: [1, 1] }),
    undone: [contrast({ cut: loose }), 1e-6],
  }),
  intensity("brightnessContrast", brightnessContrast(), true, {
    neutral: brightnessContrast({ brightness: 0, contrast: 0 }),
    undone: [brightnessContrast({ cut: loose }), 1e-6],
  }),
  intensity("gamma", gamma(), true, {
    neutral: gamma({ gamma: [1, 1] }),
    undone: [gamma({ gamma: [0.5, 2] }), 1e-5],
  }),
  intensity("rescaleIntensity", rescaleIntensity(), true, {
    neutral: rescaleIntensity({ from: [0, 1] }),
    undone: [rescaleIntensity({ from: [-0.5, 1.5], to: [0, 255] }), 1e-5],
  }),
  intensity("percentileScaling", percentileScaling(), true),
  intensity("intensityWindow", intensityWindow({ center: 0.5, width: 0.6 }), true, {
    neutral: intensityWindow({ low: 0, high: 1 }),
    undone: [intensityWindow({ low: -1, high: 2 }), 1e-6],
  }),
  intensity("zScore", zScore, false),
  intensity("normalize", normalize({ mean: 0.4, std: 0.2 }), false, {
    neutral: normalize({ mean: 0, std: 1 }),
    undone: [normalize({ mean: 0.4, std: 0.2 }), 1e-6],
  }),
  intensity("histogramEqualize", histogramEqualize(), true),
  intensity("histogramMatch", histogramMatch({ reference: [0, 0.5, 0.6, 1] }), true),
  intensity("clahe", clahe({ tiles: 3 }), true),
  intensity("gaussianBlur", gaussianBlur(), true, { neutral: gaussianBlur({ sigma: [0.1, 0.1] }) }),
  intensity("gaussianNoise", gaussianNoise(), false, {
    neutral: gaussianNoise({ std: [0, 0] }),
    undone: [gaussianNoise(), 1e-6],
  }),
  intensity("biasField", biasField(), false, {
    neutral: biasField({ coefficients: 0 }),
    undone: [biasField(), 1e-5],
  }),
  intensity("solarize", solarize(), true, { neutral: solarize({ threshold: 2 }) }),
  intensity("bezierIntensity", bezierIntensity(), true),
  disturbance("inPainting", inPainting()),
  disturbance("inPainting, genesis", inPainting({ variant: "genesis" })),
  disturbance("inPainting, transvw", inPainting({ variant: "transvw" })),
  disturbance("inPainting, transvw-keras", inPainting({ variant: "transvw-keras" })),
  disturbance("outPainting", outPainting()),
  disturbance("outPainting, genesis", outPainting({ variant: "genesis" })),
  disturbance("outPainting, transvw-keras", outPainting({ variant: "transvw-keras" })),
  disturbance("patchShuffling", patchShuffling()),
  disturbance("patchShuffling, authors", patchShuffling({ overlap: "authors" })),
  disturbance("localPixelShuffling", localPixelShuffling({ blocks: 60 })),
  disturbance(
    "localPixelShuffling, authors",
    localPixelShuffling({ blocks: 60, overlap: "authors" }),
  ),
];
