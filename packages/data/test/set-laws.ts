import { expect } from "vitest";
import type { ImageSet } from "../src/index.ts";

/** Numbers of all images of a set. */
export const indices = (set: ImageSet): number[] => Array.from({ length: set.length }, (_, i) => i);

/** Whether splits hold every image once, and no patient twice. */
export function expectDisjoint(sets: readonly ImageSet[], all: ImageSet): void {
  const ids = sets.flatMap((set) => indices(set).map((i) => set.id(i)));
  expect(ids.sort()).toEqual(
    indices(all)
      .map((i) => all.id(i))
      .sort(),
  );
  const patients = sets.map((set) => new Set(indices(set).map((i) => set.patient?.(i))));
  const sum = patients.reduce((total, one) => total + one.size, 0);
  expect(new Set(patients.flatMap((one) => [...one])).size).toBe(sum);
}
