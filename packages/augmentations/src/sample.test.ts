import { describe, expect, it } from "vitest";
import { type Pixels, sampleOf } from "./index.ts";

/** Pixels of types that the compiler refuses, as plain JavaScript may give them. */
const image = (data: ArrayLike<number>, more: object = {}): Parameters<typeof sampleOf>[0] => ({
  data: data as Pixels,
  shape: [2, 3],
  ...more,
});

describe("sampleOf, examples", () => {
  it.each([Int32Array, Float64Array, Uint32Array, Int8Array, Uint8ClampedArray])(
    "pixels as %o are refused, not taken for intensities",
    (Kind) => {
      expect(() => sampleOf(image(new Kind(6)))).toThrow(
        `image: expected pixels as Float32Array, Uint8Array, Uint16Array or Int16Array, got ${Kind.name}. Convert`,
      );
    },
  );

  it("a mask of other pixels is refused too", () => {
    const mask = { data: new Float64Array(6) as unknown as Uint8Array, shape: [2, 3] };
    expect(() => sampleOf(image(new Uint8Array(6)), mask)).toThrow(/^mask: .*got Float64Array/);
  });

  it.each([
    ["spacing", [1, 1, 1], /`spacing` for the 2 axes of \[2, 3\], got 3: \[1, 1, 1\]/],
    ["spacing", [], /`spacing` .*got 0/],
    ["origin", [0], /`origin` .*got 1/],
    ["direction", [[1, 0]], /`direction` .*got 1/],
  ])("a %s of %j is refused", (name, values, message) => {
    expect(() => sampleOf(image(new Uint8Array(6), { [name]: values }))).toThrow(message);
  });

  it("all four types pass, with what places them", () => {
    const place = { spacing: [1, 2], origin: [0, 5], direction: [[0, 1], [1, 0]] }; // prettier-ignore
    for (const Kind of [Float32Array, Uint8Array, Uint16Array, Int16Array]) {
      expect(sampleOf(image(new Kind(6), place)).image).toMatchObject(place);
    }
  });
});
