import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npyCubes, phantomSet } from "@dira/data";
import { afterAll, describe, expect, it } from "vitest";
import { type Cohort, cutCube, discoverWord, tissueShare, type WordOptions } from "../index.ts";
import { openWordSet } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "dira-words-"));
afterAll(() => rmSync(folder, { recursive: true }));

const options: WordOptions = {
  seed: 3,
  cube: [6, 12, 10],
  neighbours: 3,
  heldNeighbours: 2,
  resolutions: 2,
  tissue: [0.3, 1],
};

/** Phantom chests of several sizes; features put them in a row. */
function cohortOf(first: number, count: number): Cohort {
  const sets = Array.from({ length: count }, (_, i) =>
    phantomSet({ kind: "chest-ct", count: 1, seed: 1, first: first + i, size: [12 + i, 24, 26] }),
  );
  return {
    patients: sets.map((_, i) => `patient-${first + i}`),
    features: sets.map((_, i) => [first + i]),
    read: (i) => (sets[i] as (typeof sets)[number]).read(0),
  };
}
const cohorts = { train: cohortOf(0, 5), val: cohortOf(10, 2) };

async function discoverAll(name: string, words: number): Promise<string> {
  const path = join(folder, name);
  for (let k = openWordSet(path, options).index.words.length; k < words; k += 1) {
    const set = openWordSet(path, options);
    await set.add(await discoverWord(k, cohorts, options, set.index.words));
  }
  return path;
}

describe("a set of visual words", () => {
  it("each word: another reference, its nearest patients, cubes that are what the index says", async () => {
    const set = openWordSet(await discoverAll("whole", 5));
    const { words } = set.index;
    expect(new Set(words.map(({ reference }) => reference)).size).toBe(5);
    for (const { word, reference, coordinate, shape, train, val } of words) {
      expect(train.map(({ patient }) => patient)[0]).toBe(reference);
      expect([train.length, val.length]).toEqual([3, 2]);
      const at = cohorts.train.patients.indexOf(reference);
      expect((await cohorts.train.read(at)).shape).toEqual(shape);
      for (const resolution of [1, 2]) {
        const cubes = await set.read(word, "train", resolution);
        for (const [i, instance] of train.entries()) {
          const volume = await cohorts.train.read(cohorts.train.patients.indexOf(instance.patient));
          const box = instance.boxes[resolution - 1] as (typeof instance.boxes)[number];
          const { cube } = options;
          const cut = cutCube(volume, box, cube);
          expect(cubes[i]?.shape).toEqual(cut.shape);
          expect(cubes[i]?.data.every((value, at) => value === cut.data[at])).toBe(true);
          if (resolution === 1 && i === 0) {
            expect(tissueShare(volume, box)).toBeGreaterThanOrEqual(0.3);
            const center = box.start.map((start, a) => start + Math.floor((cube[a] ?? 0) / 2));
            expect(center).toEqual(coordinate);
          }
        }
      }
    }
  });

  it("is the data set that npyCubes reads, with the words as labels, of both splits", async () => {
    const path = await discoverAll("whole", 5);
    const [train, val] = (["train", "val"] as const).map((split) =>
      npyCubes(path, { split, axes: "yxz" }),
    ) as [ReturnType<typeof npyCubes>, ReturnType<typeof npyCubes>];
    expect([train.length, val.length, train.labelNames?.length]).toEqual([30, 10, 5]);
    const { data, shape } = await val.read(3); // The second instance of word 1.
    const [, second] = await openWordSet(path).read(1, "val");
    expect({ data: Float32Array.from(data), shape }).toEqual(second);
    expect(val.labels?.(3)).toEqual([0, 1, 0, 0, 0]);
  });

  it("gone on with after it was cut off in the middle of a word, it is the same, byte for byte", async () => {
    const whole = await discoverAll("whole", 5);
    const broken = await discoverAll("broken", 2);
    writeFileSync(join(broken, "train_data1_word0002.npy"), "half");
    writeFileSync(join(broken, "index.json.tmp"), "half");
    await discoverAll("broken", 5);
    expect(readdirSync(broken)).toEqual(readdirSync(whole));
    for (const name of readdirSync(whole)) {
      expect(readFileSync(join(broken, name)).equals(readFileSync(join(whole, name))), name).toBe(
        true,
      );
    }
  });

  it("references are used again only after all were; words keep their distance", async () => {
    const { words } = openWordSet(await discoverAll("more", 6)).index;
    const uses = words.filter(({ reference }) => reference === words[5]?.reference);
    expect(uses).toHaveLength(2);
    const [a, b] = uses.map(({ coordinate }) => coordinate) as [number[], number[]];
    expect(Math.hypot(...a.map((v, axis) => v - (b[axis] ?? 0)))).toBeGreaterThanOrEqual(5);
  });

  it("refuses other options, a word out of order, cubes that are not there, too many words", async () => {
    const path = await discoverAll("whole", 5);
    const set = openWordSet(path);
    expect(() => openWordSet(path, { ...options, seed: 4 })).toThrow(/other options .*"seed":3/);
    expect(() => openWordSet(join(folder, "none"))).toThrow(/there is no set/);
    const found = await discoverWord(7, cohorts, options);
    await expect(set.add(found)).rejects.toThrow(/expected word 5 next, got 7/);
    await expect(set.read(0, "val", 2)).rejects.toThrow(/no val cubes of resolution 2/);
    const strict = { ...options, tissue: [1.1, 1.2] } as const;
    await expect(discoverWord(0, cohorts, strict)).rejects.toThrow(/no patient of 5 has room/);
    const large = { ...options, cube: [40, 12, 12] };
    await expect(discoverWord(0, cohorts, large)).rejects.toThrow(/does not fit/);
    const damaged = join(folder, "damaged");
    openWordSet(damaged, options);
    expect(existsSync(damaged)).toBe(true);
    writeFileSync(join(damaged, "index.json"), "{}");
    expect(() => openWordSet(damaged, options)).toThrow(/format undefined/);
  });
});
