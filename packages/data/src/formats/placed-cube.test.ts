import { createRandom } from "@dira/random";
import fc from "fast-check";
import { patchSampler } from "@dira/augmentations";
import { describe, expect, it } from "vitest";
import { file } from "../../test/volumes.ts";
import {
  indexToWorld,
  placedCube,
  prepareVolume,
  readScan,
  reorient,
  type Scan,
  writeNifti,
} from "../index.ts";

const SHAPE = [6, 9, 8];
const stored: Scan = {
  data: Int16Array.from({ length: 6 * 9 * 8 }, (_, i) => 4 * i - 900),
  shape: SHAPE,
  spacing: [2.5, 0.75, 0.5],
  origin: [-100, -50.5, 30],
};

describe("placedCube, laws", () => {
  it("patch → NIfTI → read: each voxel lies where the volume's lies that it was cut from", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("LPS", "RAS", "PSR", "SAL"),
        fc.constantFrom(3, 5, 10),
        fc.nat(999),
        async (code, side, seed) => {
          const volume = prepareVolume(reorient(stored, code), { window: [-1000, 1000] }, "x");
          const size = [4, side, side];
          const patch = patchSampler({ size })(volume, createRandom(seed));
          const window = patch.history[0]?.parameters["window"] as number[];
          const start = window.slice(0, 3);
          // What a network gives has no place.
          const restored = { data: patch.image.data.slice(), shape: size };
          const placed = placedCube(restored, volume, start);
          expect(placed).toEqual(patch.image);
          await writeNifti(file("restored.nii"), placed);
          const read = await readScan(file("restored.nii"));
          let checked = 0;
          read.data.forEach((value, i) => {
            const [plane, line] = [side * side, side];
            const index = [Math.floor(i / plane), Math.floor(i / line) % side, i % side];
            const source = index.map((at, axis) => at + (start[axis] as number));
            const [world, expected] = [indexToWorld(read, index), indexToWorld(volume, source)];
            world.forEach((mm, axis) => expect(mm).toBeCloseTo(expected[axis] as number, 4));
            if (source.some((at, axis) => at < 0 || at >= (SHAPE[axis] as number))) return;
            const [z = 0, y = 0, x = 0] = source;
            const from = volume.data[(z * 9 + y) * 8 + x] as number;
            expect(value).toBe(Math.fround(from * (1 / 65535)));
            checked += 1;
          });
          expect(checked).toBe(4 * Math.min(side, 9) * Math.min(side, 8));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("says which ranks differ", () => {
    const flat = { data: new Float32Array(4), shape: [2, 2] };
    expect(() => placedCube(flat, stored, [0, 0, 0])).toThrow(
      /3 axes, got \[2, 2\] and \[0, 0, 0\]/,
    );
  });
});
