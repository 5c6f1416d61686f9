import * as dira from "../src/index.ts";

/** A function that takes options, some that it must have, and wrong values for each of them. */
export interface Row {
  readonly name: string;
  readonly make: (options: never) => unknown;
  readonly base: object;
  readonly wrong: Readonly<Record<string, readonly unknown[]>>;
}

/** Checked by the compiler: each option that there is has an entry. */
function row<Options extends object>(
  make: (options: Options) => unknown,
  base: NoInfer<Options>,
  wrong: { readonly [Name in keyof Required<Options>]: readonly unknown[] },
  name: string = make.name,
): Row {
  return { name, make, base, wrong };
}

const size = [0, -3, 2.5, [], [3, 0], [3, 4, 5, 6], ["3", "4"]];
const whole = [0, -1, 1.5, [5]];
const share = [-0.1, 1.1, [0, 1]];
const descending = [[2, 1], [1], [1, 2, 3], [1, NaN]];
const none: readonly unknown[] = [];
const window = { border: none, value: [[0]] };

/** Every function of the package that takes an object of options. */
export const rows: readonly Row[] = [
  row(
    dira.affine,
    {},
    {
      rotation: [-1, [5, -5], [[1, 2, 3]], []],
      scale: [2, 0, [0, 1], [-1, -1], [1.1, 0.9], [[0, 1]], []],
      shear: [-1, 90, [-100, 0], [[0, 95]]],
      translation: [-1, [5, -5], [[NaN, 1]]],
      interpolation: ["cubic", 1],
      border: ["mirror", 0],
      value: [[0]],
    },
  ),
  row(dira.barlowTwinsViews, {}, { size: whole, normalize: ["imagenet", [0, 1]] }),
  row(dira.bezierIntensity, {}, { inverted: share }),
  row(dira.biasField, {}, { coefficients: [-0.5, ...descending], order: [-1, 2.5] }),
  row(dira.brightness, {}, { factor: [1, [-1, 1], ...descending], cut: [1, [1, 0], [1, 1]] }),
  row(dira.contrast, {}, { factor: [1, [-1, 1], ...descending], cut: [1, [1, 0], [1, 1]] }),
  row(
    dira.brightnessContrast,
    {},
    {
      brightness: [-0.2, [0.2, 0.1]],
      contrast: [1.2, -0.2, [-2, 0]],
      cut: [
        [1, 0],
        [0, NaN],
      ],
    },
  ),
  row(dira.centerCrop, { size: 3 }, { size, ...window }),
  row(
    dira.clahe,
    {},
    {
      clipLimit: [0, -1],
      tiles: whole,
      bins: [...whole, 1, 65_537],
      range: ["images", [1, 0], [1, 1]],
    },
  ),
  row(dira.classificationTest, {}, { size: whole, resize: whole, normalize: [[0, 1]] }),
  row(dira.classificationTraining, {}, { size: whole, resize: whole, normalize: [[0, 1]] }),
  row(dira.classificationValidation, {}, { size: whole, resize: whole, normalize: [[0, 1]] }),
  row(
    dira.colorJitter,
    {},
    { brightness: [-0.4], contrast: [-0.4, [0, 1]], saturation: [-1], hue: [-0.1, 0.6] },
  ),
  row(dira.cropPad, { size: 3 }, { size, at: ["centre", 0], ...window }),
  row(dira.cubeTraining, { size: [2, 4, 4] }, { size: [4, [4], [4, 4, 4, 4], [0, 4]] }),
  row(dira.cubeValidation, { size: [2, 4, 4] }, { size: [4, [4], [4, 4, 4, 4], [0, 4]] }),
  row(
    dira.diraViews,
    {},
    {
      size: [0, -1, 1.5, [5]],
      scale: [
        [1, 0.5],
        [0, 1],
        [0.5, 1.5],
      ],
      flip: ["left"],
      overlap: ["sequential"],
      distort: [0, "no"],
      distortion: ["keras"],
    },
  ),
  row(
    dira.elastic,
    {},
    {
      alpha: [-1, [1], [1, -1]],
      sigma: [-1, [1, 2]],
      interpolation: ["bilinear"],
      border: ["mirror"],
    },
  ),
  row(dira.flip, {}, { axes: [-1, [0.5], [3], [-4]] }),
  row(
    dira.gamma,
    {},
    {
      gamma: [1, [0, 1], [-1, -1], [1.2, 0.8]],
      range: [1, [0, 0], [1, 0], [-Infinity, 1]],
    },
  ),
  row(dira.gaussianBlur, {}, { sigma: [1, [-1, -1], [2, 1], [0, NaN]], unit: ["cm"] }),
  row(dira.gaussianNoise, {}, { std: [0.1, [-1, -1], [0.2, 0.1]], mean: [[0]] }),
  row(
    dira.gridDistortion,
    {},
    {
      steps: whole,
      limit: [3, 1, -0.3, [-1, 0], [0.2, 0.1]],
      border: ["mirror"],
    },
  ),
  row(
    dira.histogramEqualize,
    {},
    {
      bins: [...whole, 1, 65_537],
      range: ["own", [1, 0], [0.5, 0.5]],
    },
  ),
  row(
    dira.histogramMatch,
    { reference: [0, 1] },
    {
      reference: [[0.5], [1, 0], [0, 0.6, 0.5], [0, NaN], { data: [0, 1] }, {}],
      landmarks: [1, 2.5, -3],
    },
  ),
  row(dira.inPainting, {}, { variant: ["DiRA", 0] }),
  row(dira.outPainting, {}, { variant: ["moco", 0] }),
  row(
    (options: { low: number; high: number }) => dira.intensityWindow(options),
    { low: 0, high: 1 },
    { low: [[0]], high: [[1]] },
    "intensityWindow",
  ),
  row(
    (options: { center: number; width: number }) => dira.intensityWindow(options),
    { center: 0, width: 1 },
    { center: [[0]], width: [0, -1] },
    "intensityWindow",
  ),
  row(
    (options: dira.InverseOptions) => dira.inverse([], options),
    {},
    {
      of: ["space"],
      operations: [1, [1]],
    },
    "inverse",
  ),
  row(dira.localPixelShuffling, {}, { blocks: [-1, 1.5], side: share, overlap: ["apart"] }),
  row(dira.mocoV2Views, {}, { size: whole, normalize: ["imagenet"] }),
  row(dira.modelsGenesisPair, {}, { overlap: ["apart"] }),
  row(dira.normalize, { mean: 0, std: 1 }, { mean: [[0]], std: [0, -1] }),
  row(
    dira.opticalDistortion,
    {},
    {
      limit: [-2, [2, 1]],
      shift: [-1, [0, NaN]],
      border: ["mirror"],
    },
  ),
  row(dira.pad, { padding: 1 }, { padding: [-1, 0.5, [1, -1], [1]], ...window }),
  row(dira.patchShuffling, {}, { overlap: ["sequential", true] }),
  row(dira.randomCrop, { size: 3 }, { size, ...window }),
  row(
    dira.patchSampler,
    { size: 3 },
    { size, by: ["label"], share, above: [[0]], tissue: [0.5, [0.2, 0.1], [0, 1.5]] },
  ),
  row(
    dira.randomPatch,
    { size: 3 },
    { size, by: ["label"], share, above: [[0]], tissue: [0.5, [0.2, 0.1], [0, 1.5]] },
  ),
  row(
    dira.randomResizedCrop,
    { size: 3 },
    {
      size,
      scale: [0.5, [0, 0], [0, 1], [0.5, 1.5], [1, 0.2]],
      ratio: [1, [0, 0], [0, 1], [-1, 1], [2, 1]],
      filter: ["lanczos", "Bilinear"],
    },
  ),
  row(
    dira.randomSizedCrop,
    { size: 3, height: [2, 3] },
    {
      height: [3, [0, 3], [3, 2], [1.5, 3]],
      size,
    },
  ),
  row(dira.repeatedFlip, {}, { p: share, most: [-1, 1.5] }),
  row(
    dira.rescaleIntensity,
    {},
    {
      from: [1, [1, 0], [1, 1]],
      percentiles: [
        [-1, 50],
        [50, 101],
        [50, 50],
      ],
      to: [1, [0], [0, Infinity]],
      clip: [1, "yes"],
    },
  ),
  row(dira.resize, { size: 3 }, { size, filter: ["nearest"] }),
  row(dira.rotate90, {}, { axes: [[0], [0, 3], [0.5, 1], 1], times: [1, [], [1.5], [4]] }),
  row(dira.segmentationTraining, {}, { size: whole, resize: [1, "yes"] }),
  row(dira.segmentationValidation, {}, { size: whole }),
  row(dira.simSiamViews, {}, { size: whole, normalize: ["imagenet"] }),
  row(dira.solarize, {}, { threshold: [[0.5]] }),
  row(dira.transVwDistortion, {}, { variant: ["tensorflow"], overlap: ["apart"] }),
  row(dira.transVwPair, {}, { variant: ["tensorflow"], overlap: ["apart"] }),
];
