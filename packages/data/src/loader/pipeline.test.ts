import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { type BatchTask, batchMaker, type Scan } from "../index.ts";

/** A pipeline of one's own: one view, twice as bright, that keeps the mask; in a file. */
function ownModule(): string {
  const path = join(mkdtempSync(join(tmpdir(), "dira-pipeline-")), "mine.mjs");
  writeFileSync(
    path,
    `export const bright = (factor) => (image, random, mask) => ({
       views: [{
         image: { data: Float32Array.from(image.data, (v) => v * factor + random.uniform()), shape: image.shape },
         ...(mask === undefined ? {} : { mask }),
         history: [],
       }],
     });
     const one = (image) => ({ image: { data: Float32Array.from(image.data), shape: image.shape }, history: [] });
     export const listed = () => (image) => [one(image), one(image)];
     export const pair = () => (image) => ({ input: one(image), target: one(image).image });
     export const number = 3;`,
  );
  return pathToFileURL(path).href;
}

const module = ownModule();
const volume = (value: number, shape: readonly number[] = [2, 3, 4]): Scan => {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = new Int16Array(new SharedArrayBuffer(2 * length)).fill(value);
  return { data, shape, spacing: shape.map(() => 1) };
};
const task = (over: Partial<BatchTask> = {}): BatchTask => ({
  images: [volume(1), volume(2)],
  indices: [7, 9],
  seed: 1,
  epoch: 0,
  pipeline: { module, name: "bright", args: [10] },
  ...over,
});

describe.each([0, 1])("a pipeline of one's own in %i threads, examples", (workers) => {
  it("makes batches of volumes, with masks where there are some", async () => {
    const maker = batchMaker(workers);
    const mask = { data: new Uint8Array(24).fill(3), shape: [2, 3, 4] };
    const batch = await maker.make(task({ masks: [undefined, mask] }));
    expect(batch.views[0]?.shape).toEqual([2, 2, 3, 4, 1]);
    expect(batch.target).toBeUndefined();
    expect(Math.floor(batch.views[0]?.data[0] ?? 0)).toBe(10);
    expect([...(batch.views[0]?.mask ?? [])]).toEqual([
      ...new Array<number>(24).fill(0),
      ...new Array<number>(24).fill(3),
    ]);
    const alone = await maker.make(task({ images: [volume(2)], indices: [9] }));
    expect(alone.views[0]?.data).toEqual(batch.views[0]?.data.slice(24));
    await maker.close();
  });

  it("may give views alone, or an input and its target", async () => {
    const maker = batchMaker(workers);
    const listed = await maker.make(task({ pipeline: { module, name: "listed" } }));
    expect([listed.views.length, listed.target]).toEqual([2, undefined]);
    const pair = await maker.make(task({ pipeline: { module, name: "pair" } }));
    expect([pair.views.length, pair.target?.shape]).toEqual([1, [2, 2, 3, 4, 1]]);
    await maker.close();
  });

  it("may be a transform of samples, after a patch and a window, and moves masks along", async () => {
    const maker = batchMaker(workers);
    const shape = [4, 6, 6];
    const image = volume(-1000, shape);
    image.data.fill(1000, 72); // the lower half
    const labels = { data: Uint8Array.from(image.data, (value) => Number(value > 0)), shape };
    const size = [2, 4, 4];
    const pipeline = (
      call: { name: string; args?: object[] },
      options: object,
    ): BatchTask["pipeline"] => ({
      module: "@dira/data",
      name: "samplePipeline",
      args: [call, options],
    });
    const window = [-1000, 1000];
    const cut = pipeline({ name: "randomCrop", args: [{ size }] }, { window });
    const { views } = await maker.make(
      task({ images: [image], indices: [3], masks: [labels], pipeline: cut }),
    );
    expect(views[0]?.shape).toEqual([1, 2, 4, 4, 1]);
    expect([...(views[0]?.data ?? [])]).toEqual([...(views[0]?.mask ?? [])]);
    const body = pipeline({ name: "transVwPair" }, { window, patch: { size, by: "body" } });
    const pair = await maker.make(task({ images: [image], indices: [3], pipeline: body }));
    expect(pair.target?.shape).toEqual([1, 2, 4, 4, 1]);
    expect(pair.target?.data.includes(1)).toBe(true);
    await maker.close();
  });

  it("says what is wrong with it", async () => {
    const maker = batchMaker(workers);
    const failing: [Partial<BatchTask>, RegExp][] = [
      [
        { pipeline: { module, name: "dark" } },
        /exports no function `dark`; .*bright, listed, number, pair/,
      ],
      [{ pipeline: { module, name: "number" } }, /exports no function `number`/],
      [{ pipeline: { module: "file:///no.mjs", name: "x" } }, /no\.mjs could not be imported/],
      [{ pipeline: { name: "noViews" } }, /@dira\/augmentations exports no function `noViews`/],
      [
        { images: [volume(1), volume(1, [2, 3, 5])] },
        /same size: view 0 is \[2, 3, 4\] .*\[2, 3, 5\]/,
      ],
    ];
    for (const [over, message] of failing) {
      await expect(maker.make(task(over))).rejects.toThrow(message);
    }
    await maker.close();
  });
});
