import { fileURLToPath } from "node:url";
import { createRandom } from "@dira/random";
import { beforeAll, describe, expect, it } from "vitest";
import {
  biasFieldOperation,
  claheOperation,
  gridDistortionOperation,
  histogramEqualizeOperation,
  histogramMatchOperation,
  type Operation,
  opticalDistortionOperation,
  type Raster,
  sampleOf,
} from "../src/index.ts";
import { drawn, noise, worst } from "./samples.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

const script = fileURLToPath(new URL("./references.py", import.meta.url));

/** One thing done twice: by an operation here, by a function of `references.py` there. */
interface Case {
  readonly name: string;
  readonly image: Raster;
  readonly options: object;
  readonly ours: Float32Array;
}

type Kinds = Readonly<Record<string, readonly Case[]>>;

/** The largest difference of each kind of cases, all of them from one process. */
function differences(python: string, kinds: Kinds): Record<string, number> {
  const cases = Object.entries(kinds).flatMap(([kind, some]) =>
    some.map((one) => ({ kind, ...one })),
  );
  const input = JSON.stringify(
    cases.map(({ name, image: { data, shape }, options }) => ({
      name,
      image: [...data],
      shape,
      options,
    })),
  );
  const theirs = JSON.parse(runPython(python, [script], input)) as number[][];
  const most: Record<string, number> = {};
  cases.forEach(({ kind, ours }, i) => {
    expect(ours).toHaveLength(theirs[i]?.length ?? NaN);
    const error = worst(ours, (place) => theirs[i]?.[place] ?? NaN);
    most[kind] = Math.max(most[kind] ?? 0, error);
  });
  return most;
}

function applied<P extends Record<string, number | readonly number[]>>(
  operation: Operation<P>,
  image: Raster,
  parameters: P = operation.draw(image.shape, createRandom(1)),
): Float32Array {
  return operation.apply(sampleOf(image), parameters).image.data;
}

/** Sides that divide by the cells and sides that don't, down to less pixels than cells. */
const images = [
  [40, 37],
  [64, 64],
  [19, 9],
  [4, 50],
].map((shape, seed) => noise(shape, seed));

const seeds = [0, 1, 2, 3];

const gridCases = (): Case[] =>
  images.flatMap((image) =>
    seeds.map((seed) => {
      const operation = gridDistortionOperation({ limit: 0.4 });
      const parameters = operation.draw(image.shape, createRandom("grid", seed));
      const { down, across } = parameters;
      const ours = applied(operation, image, parameters);
      return { name: "grid_distortion", image, options: { down, across }, ours };
    }),
  );

const opticalCases = (name: string): Case[] =>
  images.flatMap((image) =>
    seeds.map((seed) => {
      const operation = opticalDistortionOperation({ limit: 2, shift: 3 });
      const parameters = operation.draw(image.shape, createRandom("lens", seed));
      const { k, shift } = parameters;
      return { name, image, options: { k, shift }, ours: applied(operation, image, parameters) };
    }),
  );

const equalizeCases = (): Case[] =>
  images.flatMap((image) =>
    [
      [256, 0, 1],
      [13, 0.2, 0.9],
    ].map(([bins = 0, low = 0, high = 0]) => {
      const ours = applied(histogramEqualizeOperation({ bins, range: [low, high] }), image);
      return { name: "equalize", image, options: { bins, low, high }, ours };
    }),
  );

const claheCases = (): Case[] =>
  images.flatMap((image) =>
    [
      { tiles: 8, bins: 256, clipLimit: 4 },
      { tiles: 3, bins: 50, clipLimit: 1.3 },
      { tiles: 1, bins: 64, clipLimit: 1000 },
    ].map((options) => {
      const ours = applied(claheOperation(options), image);
      return { name: "clahe", image, options, ours };
    }),
  );

const matchCases = (): Case[] =>
  images.flatMap((image) =>
    [2, 5, 101].map((count) => {
      const marks = [...noise([count], count).data].toSorted((a, b) => a - b);
      const ours = applied(histogramMatchOperation({ reference: marks }), image);
      return { name: "match", image, options: { landmarks: marks }, ours };
    }),
  );

const biasCases = (): Case[] =>
  [...images, noise([5, 12, 9], 7), noise([1, 12, 9], 8)].flatMap((image) =>
    [0, 1, 3, 4].map((order) => {
      const operation = biasFieldOperation({ order });
      const parameters = operation.draw(image.shape, createRandom("bias", order));
      const { coefficients } = parameters;
      const ours = applied(operation, image, parameters);
      return { name: "bias_field", image, options: { order, coefficients }, ours };
    }),
  );

const scipy = pythonWith(["numpy", "scipy"], "Parity with SciPy is");

describe.skipIf(scipy === undefined)("NumPy and SciPy in float64, parity", () => {
  let errors: Record<string, number> = {};
  beforeAll(() => {
    errors = differences(scipy as string, {
      "grid distortion": gridCases(),
      "optical distortion": opticalCases("optical_distortion"),
      "histogram equalisation": equalizeCases(),
      CLAHE: claheCases(),
      "histogram matching": matchCases(),
      "bias field": biasCases(),
    });
  });

  it.each([
    "grid distortion",
    "optical distortion",
    "histogram equalisation",
    "CLAHE",
    "histogram matching",
    "bias field",
  ])("%s", (kind) => expect(errors[kind]).toBeLessThan(2e-6));
});

/** Whole numbers of 255ths, smooth with some grain: what OpenCV takes. */
const grey = drawn([64, 64], ([y = 0, x = 0]) => {
  const value = 128 + 60 * Math.sin(x / 9) + 40 * Math.cos(y / 7) + ((x * 7 + y * 13) % 11);
  return Math.round(value) / 255;
});

const claheCase = (tiles: number): Case => {
  const options = { tiles, clipLimit: 4 };
  return {
    name: "clahe_opencv",
    image: grey,
    options,
    ours: applied(claheOperation(options), grey),
  };
};

const opencv = pythonWith(["numpy", "scipy", "cv2"], "Parity with OpenCV is");

describe.skipIf(opencv === undefined)("OpenCV, parity", () => {
  let errors: Record<string, number> = {};
  beforeAll(() => {
    const equalized = applied(histogramEqualizeOperation(), grey);
    errors = differences(opencv as string, {
      lens: opticalCases("optical_distortion_opencv"),
      equalized: [{ name: "equalize_opencv", image: grey, options: {}, ours: equalized }],
      "1 tile": [claheCase(1)],
      "16 tiles": [claheCase(4)],
    });
  });

  it("optical distortion is its map of an undistorted camera, in single precision", () => {
    expect(errors["lens"]).toBeLessThan(1e-4);
  });

  it("histogram equalisation is equalizeHist, but for its rounding to 8 bits", () => {
    expect(errors["equalized"]).toBeLessThan(0.501 / 255);
  });

  it("CLAHE is createCLAHE, but for its rounding and half a pixel between the tiles", () => {
    // The table and its excess are rounded.
    expect(errors["1 tile"]).toBeLessThan(1.5 / 255);
    // Half a pixel is 1/32 of a tile's side, by which neighbours count otherwise, along both axes.
    expect(errors["16 tiles"]).toBeLessThan(1.5 / 255 + 2 / 32);
  });
});

const skimage = pythonWith(["numpy", "skimage"], "Parity with scikit-image is");

describe.skipIf(skimage === undefined)("scikit-image, parity", () => {
  it("histogram matching with many landmarks is match_histograms", () => {
    const [image, other] = [noise([40, 37], 1), noise([40, 37], 2)];
    const reference = { ...other, data: other.data.map((v) => v * v) };
    const ours = applied(histogramMatchOperation({ reference, landmarks: 1480 }), image);
    const options = { reference: [...reference.data] };
    const { matched } = differences(skimage as string, {
      matched: [{ name: "match_skimage", image, options, ours }],
    });
    expect(matched).toBeLessThan(0.002);
  });
});
