import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { colorJitterOperation, cropResize, gaussianBlurOperation, sampleOf } from "../src/index.ts";

interface Golden {
  readonly resize: readonly {
    readonly shape: readonly number[];
    readonly box: readonly number[];
    readonly size: readonly number[];
    readonly expected: readonly number[];
  }[];
  readonly jitter: readonly {
    readonly brightness: number;
    readonly contrast: number;
    readonly contrastFirst: number;
    readonly expected: readonly number[];
  }[];
  readonly blur: readonly { readonly sigma: number; readonly expected: readonly number[] }[];
}
const golden = JSON.parse(
  readFileSync(new URL("./pillow.json", import.meta.url), "utf8"),
) as Golden;

function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((most, v, i) => Math.max(most, Math.abs(v - (actual[i] as number))), 0);
}

describe("parity with Pillow 12.3 (stored results)", () => {
  it.each(golden.resize)("crop and resize $shape $box to $size", (stored) => {
    const { shape, box, size, expected } = stored;
    const length = (shape[0] as number) * (shape[1] as number);
    const data = Float32Array.from({ length }, (_, i) => ((37 * i) % 101) / 100);
    expect(worst(cropResize({ data, shape }, box, size).data, expected)).toBeLessThan(2e-6);
  });

  it.each(golden.jitter)(
    "brightness $brightness, contrast $contrast, contrast first $contrastFirst: within 8-bit rounding",
    ({ expected, ...jitter }) => {
      // Pillow cuts to whole numbers twice (the first scaled by up to 1.35) and rounds the mean.
      const data = Uint8Array.from({ length: 180 }, (_, i) => (37 * i) % 256);
      const sample = sampleOf({ data, shape: [12, 15] });
      const out = colorJitterOperation().apply(sample, jitter).image.data;
      expect(
        worst(
          out.map((v) => 255 * v),
          expected,
        ),
      ).toBeLessThan(2.6);
    },
  );

  it.each(golden.blur)(
    "blur of an edge, sigma $sigma: as near as box filters are",
    ({ sigma, expected }) => {
      const data = Uint8Array.from({ length: 1600 }, (_, i) =>
        i % 40 >= 20 && Math.floor(i / 40) >= 15 ? 255 : 0,
      );
      const sample = sampleOf({ data, shape: [40, 40] });
      const out = gaussianBlurOperation().apply(sample, { sigma }).image.data;
      const row = out.subarray(17 * 40 + 10, 17 * 40 + 30).map((v) => 255 * v);
      expect(worst(row, expected)).toBeLessThan(255 * 0.02);
    },
  );
});
