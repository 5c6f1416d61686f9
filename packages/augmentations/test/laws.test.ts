import { createRandom, type Random } from "@dira/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { geometryOf } from "../src/geometry.ts";
import { oneOf, replay, type Sample, sampleOf, undo, withProbability } from "../src/index.ts";
import { drawn, exactly, fullSample, indexOf, noise, shapes, worst } from "./samples.ts";
import { entries, type Entry } from "./transforms.ts";

const seeds = fc.nat(99_999);
const runs = { numRuns: 12 };
/** A stream whose every draw is exactly 0. */
const zeros: Random = {
  uniform: (low = 0) => low,
  integer: (low) => low,
  normal: () => 0,
  bernoulli: (p) => 0 < p,
  permutation: (n) => Uint32Array.from({ length: n }, (_, i) => i),
  fillUniform: (out, low) => out.fill(low),
  fillNormal: (out) => out.fill(0),
  derive: () => zeros,
};

/** Whether a pixel is at least so far from each border. */
function isInterior(place: number, shape: readonly number[], margin: number): boolean {
  return indexOf(place, shape).every((index, axis) => {
    const side = shape[axis] as number;
    const free = Math.min(margin, Math.floor((side - 1) / 2));
    return index >= free && index < side - free;
  });
}

/** Whether what lies over the image must move along. */
const moves = (kind: Entry["kind"]): boolean => kind === "spatial" || kind === "warp";

describe.each(shapes)("every transform, rank %i", (_, shape) => {
  describe.each(entries)("$name", ({ transform, bounded }) => {
    it("law: with probability 0 changes no bit, also when the draw is exactly 0", () => {
      const sample = fullSample(shape, 1);
      for (const random of [createRandom(1), zeros]) {
        expect(withProbability(0, transform)(sample, random)).toBe(sample);
        expect(oneOf([0, transform])(sample, random)).toBe(sample);
      }
    });

    it("law: same key, same output; the input stays as it was; the history replays bit for bit", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const sample = fullSample(shape, seed);
          const before = exactly(sample);
          const once = transform(sample, createRandom(seed, "t"));
          expect(exactly(sample)).toBe(before);
          // Other samples in between change nothing.
          transform(fullSample(shape, seed + 1), createRandom(seed + 1, "t"));
          expect(exactly(transform(sample, createRandom(seed, "t")))).toBe(exactly(once));
          const history = JSON.parse(JSON.stringify(once.history)) as Sample["history"];
          expect(exactly(replay(sample, history))).toBe(exactly(once));
          expect(JSON.stringify(history).length).toBeLessThan(2500);
        }),
        runs,
      );
    });

    it("law: floats stay finite floats of the shape that is said, in [0, 1] where promised; labels stay among those there were", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const sample = fullSample(shape, seed);
          const { image, mask, boxes } = transform(sample, createRandom(seed));
          expect(image.data).toBeInstanceOf(Float32Array);
          expect(image.data.length).toBe(image.shape.reduce((a, b) => a * b, 1));
          expect(image.data.every(Number.isFinite)).toBe(true);
          if (bounded) expect(image.data.every((v) => v >= 0 && v <= 1 + 1e-6)).toBe(true);
          expect(mask?.data).toBeInstanceOf(Uint8Array);
          expect(mask?.shape).toEqual(image.shape);
          expect(mask?.data.every((label) => [0, 3, 7, 200].includes(label))).toBe(true);
          for (const { box } of boxes ?? []) {
            image.shape.forEach((side, axis) => {
              const [start, length] = [box[axis] ?? NaN, box[image.shape.length + axis] ?? NaN];
              expect(start).toBeGreaterThanOrEqual(0);
              expect(length).toBeGreaterThan(0);
              expect(start + length).toBeLessThanOrEqual(side + 1e-9);
            });
          }
        }),
        runs,
      );
    });
  });

  describe.each(entries.filter(({ kind }) => !moves(kind)))("$name", ({ transform }) => {
    it("law: leaves mask, boxes and place in the world alone", () => {
      const sample = fullSample(shape, 5);
      const out = transform(sample, createRandom(5));
      expect(out.mask).toBe(sample.mask);
      expect(out.boxes).toBe(sample.boxes);
      expect(out.image).toMatchObject({
        shape: sample.image.shape,
        spacing: sample.image.spacing,
        origin: sample.image.origin,
      });
    });
  });

  describe.each(entries.filter(({ kind }) => moves(kind)))("$name", ({ transform }) => {
    it("law: an image used as its own mask stays on it, and its box around it", () => {
      fc.assert(
        fc.property(seeds, (seed) => {
          const block = shape.map((side) => [Math.floor(side * 0.3), Math.ceil(side * 0.4)]);
          const inside = (index: readonly number[]): boolean =>
            index.every((i, a) => {
              const [start = 0, length = 0] = block[a] ?? [];
              return i >= start && i < start + length;
            });
          const image = drawn(shape, (index) => Number(inside(index)));
          const mask = { data: Uint8Array.from(image.data), shape };
          const box = [...block.map(([s]) => s ?? 0), ...block.map(([, l]) => l ?? 0)];
          const out = transform(
            { ...sampleOf(image, mask), boxes: [{ label: "block", box }] },
            createRandom(seed),
          );
          // Half-way between two pixels, where a whole side of the block may come to lie, either label is right.
          const told = (v: number): boolean => Math.abs(v - 0.5) > 1e-3;
          const differ = out.image.data.filter(
            (v, i) => told(v) && Number(v > 0.5) !== out.mask?.data[i],
          );
          expect(differ.length).toBeLessThanOrEqual(out.image.data.length / 25);
          const found = out.boxes?.[0]?.box;
          const rank = shape.length;
          out.mask?.data.forEach((label, place) => {
            if (label === 0) return;
            const within = indexOf(place, out.image.shape).every((i, a) => {
              const [start, length] = [found?.[a] ?? NaN, found?.[rank + a] ?? NaN];
              return i + 0.5 >= start - 0.51 && i + 0.5 <= start + length + 0.51;
            });
            if (!within) throw new Error(`pixel ${place} lies outside [${found?.join(", ")}]`);
          });
        }),
        runs,
      );
    });
  });

  describe.each(entries.filter(({ neutral }) => neutral))(
    "$name",
    ({ neutral = (sample) => sample }) => {
      it("law: with neutral parameters is the identity", () => {
        const sample = sampleOf(noise(shape, 3));
        const { data } = neutral(sample, createRandom(3)).image;
        expect(worst(data, (i) => sample.image.data[i])).toBeLessThan(2e-6);
      });
    },
  );

  describe.each(entries.filter(({ undone }) => undone))(
    "$name",
    ({ kind, undone = [(sample) => sample, 0] }) => {
      const [forward, within] = undone;
      it(`law: its inverse gives back the interior, within ${within}`, () => {
        fc.assert(
          fc.property(seeds, (seed) => {
            const smooth = drawn(shape, (index) =>
              index.reduce((sum, i, a) => sum + Math.sin(i / 6 + a) / 8, 0.5),
            );
            const start = {
              ...sampleOf(smooth),
              image: { ...smooth, spacing: [2.5, 0.7, 0.8].slice(-shape.length) },
            };
            const done = forward(start, createRandom(seed));
            const back = undo(done);
            expect(back.image.shape).toEqual(shape);
            const [there, here] = [geometryOf(start.image), geometryOf(back.image)];
            expect(worst(here.origin, (d) => there.origin[d])).toBeLessThan(1e-9);
            expect(worst(here.spacing, (d) => there.spacing[d])).toBeLessThan(1e-9);
            expect(worst(here.direction.flat(), (d) => there.direction.flat()[d])).toBeLessThan(
              1e-9,
            );
            // Where a view of ones comes back as 1, it shows the image.
            const ones = {
              data: new Uint8Array(done.image.data.length).fill(1),
              shape: done.image.shape,
            };
            const shown = undo({ ...done, mask: ones }, done.history).mask?.data;
            let compared = 0;
            const error = worst(back.image.data, (i) => {
              if (shown?.[i] !== 1 || !isInterior(i, shape, kind === "spatial" ? 7 : 0)) return;
              if (!neighboursShown(shown, i, shape)) return;
              compared += 1;
              return smooth.data[i] ?? NaN;
            });
            expect(error).toBeLessThanOrEqual(within);
            expect(compared).toBeGreaterThan(10);
          }),
          runs,
        );
      });
    },
  );
});

/** Whether the pixels two to each side, along each axis, are shown too. */
function neighboursShown(shown: Uint8Array, place: number, shape: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const side = shape[axis] ?? 1;
    const index = Math.floor(place / stride) % side;
    for (const step of [-2, -1, 1, 2]) {
      const inside = index + step >= 0 && index + step < side;
      if (inside && shown[place + step * stride] !== 1) return false;
    }
    stride *= side;
  }
  return true;
}

describe.each(entries)("$name", ({ transform }) => {
  it("law: a volume of depth 1 gives what the image gives, bit for bit", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const flat = noise([34, 38], seed);
        const a = transform(sampleOf(flat), createRandom(seed)).image;
        const b = transform(sampleOf({ data: flat.data, shape: [1, 34, 38] }), createRandom(seed));
        expect(worst(b.image.data, (i) => a.data[i])).toBe(0);
        expect(b.image.shape).toEqual([1, ...a.shape]);
      }),
      runs,
    );
  });
});
