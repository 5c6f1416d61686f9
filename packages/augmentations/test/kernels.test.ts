import { createRandom } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compose, flip, gaussianBlur, sampleOf, type Transform } from "../src/index.ts";
import type { Kernels, Sides } from "../src/kernels/kernels.ts";
import { plainKernels } from "../src/kernels/plain.ts";
import { wasmKernels } from "../src/kernels/wasm.ts";
import type { Pixels } from "../src/sample.ts";
import { filterTaps } from "../src/taps.ts";
import { noise } from "./samples.ts";

const wasm = wasmKernels(plainKernels) as Kernels;
const sides = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 37 }),
  fc.integer({ min: 1, max: 37 }),
);
const seeds = fc.nat(9999);
const bytes = (data: Float32Array): string => Buffer.from(data.slice().buffer).toString("base64");

describe("kernels, laws: WebAssembly gives what plain JavaScript gives, bit for bit", () => {
  it("is there at all in Node", () => {
    expect(wasm).toBeDefined();
  });

  it("resample, of each kind of pixels", () => {
    fc.assert(
      fc.property(sides, sides, seeds, (from, to, seed) => {
        const values = noise(from, seed).data;
        const kinds: Pixels[] = [
          values,
          Uint8Array.from(values, (v) => v * 255),
          Uint16Array.from(values, (v) => v * 65535),
          Int16Array.from(values, (v) => v * 4000 - 2000),
        ];
        const start = from.map((side) => Math.floor(side / 4)) as unknown as Sides;
        const lengths = from.map((side, a) => side - (start[a] ?? 0)) as unknown as Sides;
        const taps = to.map((side, a) => {
          const n = lengths[a] ?? 1;
          return n === side ? undefined : filterTaps(n, side, seed % 2 ? "bicubic" : "bilinear");
        });
        for (const pixels of kinds) {
          const [a, b] = [wasm, plainKernels].map((k) =>
            bytes(k.resample(pixels, from, start, lengths, taps)),
          );
          expect(a).toBe(b);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("convolve, both borders", () => {
    fc.assert(
      fc.property(
        sides,
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        seeds,
        (at, r, zero, seed) => {
          const filter = noise([2 * r + 1], seed).data;
          const filters = at.map((_, a) => ((seed >> a) % 2 === 0 ? filter : undefined));
          const { data } = noise(at, seed);
          const [a, b] = [wasm, plainKernels].map((k) =>
            bytes(k.convolve(data, at, filters, zero)),
          );
          expect(a).toBe(b);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("mirror, jitter, interpolate and shuffle", () => {
    fc.assert(
      fc.property(sides, seeds, fc.integer({ min: 0, max: 3 }), (at, seed, border) => {
        const { data } = noise(at, seed);
        const random = createRandom(seed);
        const steps = [true, false, true].map((contrast) => ({
          contrast,
          factor: random.uniform(0, 2),
        }));
        const [slope, shift] = [random.uniform(-2, 2), random.uniform(-9, 9)];
        const plan = {
          largest: at.map((side) => Math.ceil(side / 3)) as unknown as Sides,
          blocks: 20,
          key: [seed, 2 ** 32 - 1 - seed] as const,
          fromOriginal: seed % 2 === 0,
        };
        const [a, b] = [wasm, plainKernels].map((k) => [
          bytes(k.mirror(data, at[2])),
          bytes(k.jitter(data, steps)),
          bytes(k.shuffle(data, at, plan)),
          bytes(
            k.interpolate(
              data,
              at,
              (z, y, { zs, ys, xs }) => {
                zs.fill(z);
                ys.fill(y * slope + shift);
                for (let x = 0; x < xs.length; x += 1) xs[x] = x * slope - shift + y / 7;
              },
              border,
              0.5,
            ),
          ),
        ]);
        expect(a).toEqual(b);
      }),
      { numRuns: 40 },
    );
  });
});

describe("memory that is used again, laws", () => {
  it("what a transform of one's own saw between two others stays as it was", () => {
    const seen: [held: Float32Array, copy: Float32Array][] = [];
    const look: Transform = (sample) => {
      seen.push([sample.image.data, sample.image.data.slice()]);
      return sample;
    };
    const chain = compose(flip(), look, gaussianBlur(), look, flip(), look, gaussianBlur());
    for (let seed = 0; seed < 20; seed += 1) {
      const start = sampleOf(noise([20, 22], seed));
      seen.push([start.image.data, start.image.data.slice()]);
      const out = chain(start, createRandom(seed)).image.data;
      seen.push([out, out.slice()]);
    }
    for (const [held, copy] of seen) expect(bytes(held)).toBe(bytes(copy));
  });
});
