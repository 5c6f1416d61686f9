import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ImageSet, PHANTOM_KINDS, phantomChestXrays, phantomSet } from "../index.ts";

const small = (kind: string): number | readonly number[] =>
  ["chest-xray14", "chexpert", "siim-acr", "montgomery"].includes(kind) ? 64 : [16, 32, 32];

const indices = (set: ImageSet): number[] => Array.from({ length: set.length }, (_, i) => i);

describe.each(PHANTOM_KINDS)("phantomSet of kind %s, laws", (kind) => {
  it("is the same each time; masks, boxes and labels fit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(999), fc.nat(999), async (seed, first) => {
        const make = (): ImageSet => phantomSet({ kind, count: 2, seed, first, size: small(kind) });
        const [a, b] = [make(), make()];
        for (const i of indices(a)) {
          const [scan, again] = [await a.read(i), await b.read(i)];
          expect(again).toEqual(scan);
          expect(scan.data.buffer).toBeInstanceOf(SharedArrayBuffer);
          expect(scan.shape).toEqual(a.spatialRank === 2 ? [64, 64] : [16, 32, 32]);
          expect(scan.spacing?.length).toBe(a.spatialRank === 2 ? undefined : 3);
          expect(a.labels?.(i).length).toBe(a.labelNames?.length);
          for (const v of a.labels?.(i) ?? [])
            expect(v === 0 || v === 1 || Number.isNaN(v)).toBe(true);
          const mask = await a.mask?.(i);
          if (mask !== undefined) {
            expect(mask.shape).toEqual(scan.shape);
            expect(Math.max(...mask.data)).toBeLessThanOrEqual(a.maskNames?.length ?? 0);
          }
          for (const { box } of a.boxes?.(i) ?? []) {
            scan.shape.forEach((n, axis) => {
              const [start, length] = [box[axis] ?? NaN, box[axis + scan.shape.length] ?? NaN];
              expect(start).toBeGreaterThanOrEqual(0);
              expect(start + length).toBeLessThanOrEqual(n);
            });
          }
        }
      }),
      { numRuns: 4 },
    );
  });

  it("images of different patients, seeds and studies differ; patients are numbered from `first`", async () => {
    const read = async (seed: number, first: number): Promise<string[]> => {
      const set = phantomSet({ kind, count: 4, studies: 2, seed, first, size: small(kind) });
      expect(indices(set).map((i) => set.patient?.(i))).toEqual(
        [first, first, first + 1, first + 1].map(String),
      );
      return Promise.all(indices(set).map(async (i) => (await set.read(i)).data.join()));
    };
    const all = [...(await read(1, 0)), ...(await read(1, 2)), ...(await read(2, 0))];
    expect(new Set(all).size).toBe(12);
    expect((await read(1, 1)).slice(0, 2)).toEqual((await read(1, 0)).slice(2));
  });
});

describe("phantomSet, examples", () => {
  it.each([
    ["siim-acr", 64],
    ["luna", [32, 64, 64]],
    ["pe-cad", [48, 48, 48]],
  ] as const)(
    "%s: something is in the mask where the label is 1, nothing where it is 0",
    async (kind, size) => {
      const set = phantomSet({ kind, count: 24, seed: 7, size });
      const seen = [0, 0];
      for (const i of indices(set)) {
        const label = set.labels?.(i)[0] as 0 | 1;
        seen[label] = (seen[label] ?? 0) + 1;
        expect((await set.mask?.(i))?.data.includes(1)).toBe(label === 1);
      }
      expect(Math.min(...seen)).toBeGreaterThan(3);
    },
  );

  it("CheXpert's uncertain labels follow the policy; some are unmentioned", () => {
    const labels = (uncertain: "ones" | "multi-class"): number[] => {
      const set = phantomSet({ kind: "chexpert", count: 40, seed: 1, uncertain });
      return indices(set).flatMap((i) => [...(set.labels?.(i) ?? [])]);
    };
    const [ones, raw] = [labels("ones"), labels("multi-class")];
    expect(raw.filter((v) => v === -1).length).toBeGreaterThan(10);
    raw.forEach((v, i) => expect(ones[i]).toBe(v === -1 ? 1 : v));
    expect(raw.filter(Number.isNaN).length).toBeGreaterThan(100);
  });

  it("is named by its kind as the kind is spelt", () => {
    const names = PHANTOM_KINDS.map((kind) => phantomSet({ kind, count: 3, seed: 1 }).name);
    expect(names).toEqual(PHANTOM_KINDS.map((kind) => `3 ${kind} phantoms`));
    expect(phantomChestXrays({ count: 3, seed: 1 }).name).toBe("3 phantom X-rays");
  });

  it("says which kinds and sizes there are", () => {
    const make = (kind: string, size?: number | number[]): ImageSet =>
      phantomSet({
        kind: kind as "luna",
        count: 1,
        seed: 1,
        ...(size === undefined ? {} : { size }),
      });
    expect(() => make("lung")).toThrow(/no phantoms of kind lung, only chest-xray14, /);
    expect(() => make("luna", [64, 64])).toThrow(/\[depth, height, width\] above 7, got 64,64/);
    expect(() => make("montgomery", [64, 32])).toThrow(/one whole number above 7, got 64,32/);
  });
});
