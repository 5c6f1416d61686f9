import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  colorJitterOperation,
  cropResize,
  gaussianBlurOperation,
  type Raster,
  sampleOf,
} from "./index.ts";

const imageOf = (height: number, width: number, seed: number): Raster => {
  const random = createRandom(seed, "image");
  return {
    data: Float32Array.from({ length: height * width }, () => random.uniform()),
    shape: [height, width],
  };
};
const at = ({ data, shape }: Raster, y: number, x: number): number =>
  data[y * (shape[1] as number) + x] as number;
const clamp = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v));

/** The definition in float64, one output at a time, both axes at once. */
function resizedAt(
  image: Raster,
  box: readonly number[],
  size: readonly number[],
  y: number,
  x: number,
): number {
  const [top, left, height, width] = box as [number, number, number, number];
  const weights = (o: number, from: number, to: number): number[] => {
    const scale = from / to;
    const support = Math.max(1, scale);
    const raw = Array.from({ length: from }, (_, i) =>
      Math.max(0, 1 - Math.abs(i + 0.5 - (o + 0.5) * scale) / support),
    );
    const total = raw.reduce((a, b) => a + b, 0);
    return raw.map((w) => w / total);
  };
  const [down, across] = [
    weights(y, height, size[0] as number),
    weights(x, width, size[1] as number),
  ];
  let sum = 0;
  down.forEach((wy, i) =>
    across.forEach((wx, j) => {
      sum += wy * wx * at(image, top + i, left + j);
    }),
  );
  return sum;
}

function worst(actual: Float32Array, expected: (i: number) => number): number {
  return actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected(i))), 0);
}

describe("parity with float64 loops", () => {
  it("cropResize", () => {
    const side = fc.integer({ min: 1, max: 19 });
    fc.assert(
      fc.property(side, side, side, side, fc.nat(99), (h, w, outH, outW, seed) => {
        const image = imageOf(h + 3, w + 2, seed);
        const box = [1, 2, h, w];
        const { data } = cropResize(image, box, [outH, outW]);
        const error = worst(data, (i) =>
          resizedAt(image, box, [outH, outW], Math.floor(i / outW), i % outW),
        );
        expect(error).toBeLessThan(1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it("gaussianBlur", () => {
    const operation = gaussianBlurOperation();
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 2, noNaN: true }), fc.nat(99), (sigma, seed) => {
        const image = imageOf(11, 13, seed);
        const radius = Math.ceil(3 * sigma);
        const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) =>
          Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
        );
        const total = kernel.reduce((a, b) => a + b, 0);
        const blurredAt = (y: number, x: number): number => {
          let sum = 0;
          kernel.forEach((wy, i) =>
            kernel.forEach((wx, j) => {
              const value = at(image, clamp(y + i - radius, 0, 10), clamp(x + j - radius, 0, 12));
              sum += (wy * wx * value) / total / total;
            }),
          );
          return sum;
        };
        const { data } = operation.apply(sampleOf(image), { sigma }).image;
        expect(worst(data, (i) => blurredAt(Math.floor(i / 13), i % 13))).toBeLessThan(1e-6);
      }),
      { numRuns: 40 },
    );
  });

  it("colorJitter, in both orders, is torchvision's on grey floats", () => {
    const operation = colorJitterOperation();
    const factor = fc.double({ min: 0.6, max: 1.4, noNaN: true });
    fc.assert(
      fc.property(
        factor,
        factor,
        fc.nat(1),
        fc.nat(99),
        (brightness, contrast, contrastFirst, seed) => {
          const image = imageOf(7, 9, seed);
          const bright = (v: number[]): number[] => v.map((x) => clamp(x * brightness, 0, 1));
          const sharp = (v: number[]): number[] => {
            const mean = v.reduce((a, b) => a + b, 0) / v.length;
            return v.map((x) => clamp(contrast * x + (1 - contrast) * mean, 0, 1));
          };
          const values = [...image.data];
          const expected = contrastFirst === 1 ? bright(sharp(values)) : sharp(bright(values));
          const jitter = { brightness, contrast, contrastFirst };
          const { data } = operation.apply(sampleOf(image), jitter).image;
          expect(worst(data, (i) => expected[i] as number)).toBeLessThan(1e-6);
        },
      ),
    );
  });
});
