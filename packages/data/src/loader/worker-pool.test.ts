import { describe, expect, it } from "vitest";
import { type BatchTask, batchMaker, phantomChestXrays } from "../index.ts";

const set = phantomChestXrays({ count: 2, seed: 1 });
const task = async (over: Partial<BatchTask> = {}): Promise<BatchTask> => ({
  images: await Promise.all([0, 1].map((i) => set.read(i, 40))),
  indices: [0, 1],
  seed: 1,
  epoch: 0,
  pipeline: { name: "diraViews", args: [{ size: 32 }] },
  ...over,
});

describe("batchMaker, laws", () => {
  it("a batch is the same in a thread; an image's views do not depend on its batch", async () => {
    const [here, there] = [batchMaker(0), batchMaker(2)];
    const whole = await here.make(await task());
    expect(await there.make(await task())).toEqual(whole);
    const { images } = await task();
    const alone = await there.make(await task({ images: images.slice(1), indices: [1] }));
    expect(alone.target?.data).toEqual(whole.target?.data.slice(32 * 32));
    expect(alone.views[1]?.data).toEqual(whole.views[1]?.data.slice(32 * 32));
    expect([...whole.indices]).toEqual([0, 1]);
    await there.close();
  });

  it("the images stay as they are", async () => {
    const given = await task();
    const before = given.images.map(({ data }) => data.slice());
    await batchMaker(0).make(given);
    expect(given.images.map(({ data }) => data.slice())).toEqual(before);
  });
});

describe("batchMaker, examples of failure", () => {
  it("what goes wrong in a thread is told here, and the next batch is made", async () => {
    const maker = batchMaker(1);
    const { images } = await task();
    const broken = images.map((image) => ({ ...image, shape: [7, 7] }));
    await expect(maker.make(await task({ images: broken }))).rejects.toThrow(
      /A data worker failed: image: expected 2 or 3 sides that multiply/,
    );
    expect((await maker.make(await task())).views[0]?.shape).toEqual([2, 32, 32, 1]);
    await maker.close();
  });

  it("closing gives up what is being made, and a closed maker says so", async () => {
    const maker = batchMaker(1);
    const made = maker.make(await task());
    const outcome = made.then(
      () => "made",
      (error: Error) => error.message,
    );
    await maker.close();
    expect(["made", "The batch maker is closed."]).toContain(await outcome);
    await expect(maker.make(await task())).rejects.toThrow(/closed/);
    expect(() => batchMaker(-1)).toThrow(/0 or more workers/);
  });
});
