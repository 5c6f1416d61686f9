import { diraViews } from "@dira/augmentations";
import { beforeAll, describe, expect, it } from "vitest";
import {
  batchMaker,
  cacheImages,
  type ImageCache,
  makeBatch,
  type ModuleCall,
  phantomChestXrays,
  type Sampler,
  uniformSampler,
  validationBatches,
  viewLoader,
  type ViewLoaderOptions,
} from "../index.ts";

const pipeline: ModuleCall = { name: "diraViews", args: [{ size: 32 }] };
let cache: ImageCache;
beforeAll(async () => {
  cache = await cacheImages(phantomChestXrays({ count: 3, seed: 0 }), { side: 40 });
});

const options = (more: Partial<ViewLoaderOptions>): ViewLoaderOptions => ({
  cache,
  maker: batchMaker(0),
  batchSize: 1,
  seed: 0,
  pipeline,
  ...more,
});

describe("the loader refuses what makes no sense, examples", () => {
  it.each([NaN, 0, -1, 1.5, Infinity])("ahead: %d", (ahead) => {
    const message = `\`ahead\` must be a whole number above 0, got ${ahead}`;
    expect(() => viewLoader(options({ ahead }))).toThrow(`viewLoader: ${message}`);
    expect(() => validationBatches(options({ ahead }))).toThrow(`validationBatches: ${message}`);
  });

  it.each([0, -2, NaN, 2.5])("a uniformSampler of count %d", (count) => {
    expect(() => uniformSampler({ count, seed: 0 })).toThrow(
      `uniformSampler: \`count\` must be a whole number above 0, got ${count}`,
    );
  });

  it.each<[string, number[], RegExp]>([
    [
      "a position beyond the set",
      [0, 3],
      /positions in cache\.usable, 0 to 2, got 3 as draw 1 of epoch 0/,
    ],
    ["a negative position", [-1, 0], /got -1 as draw 0/],
    ["no number", [NaN, 0], /got NaN/],
    ["fewer draws than its length", [0], /as many as its length, 2, got 1 in epoch 0/],
  ])("a sampler with %s", async (_, draws, message) => {
    const sampler: Sampler = { length: 2, order: () => draws as unknown as Uint32Array };
    const next = viewLoader(options({ sampler })).from(0).next();
    await expect(next).rejects.toThrow(message);
    await expect(next).rejects.toMatchObject({ name: "DataError" });
  });

  it.each<[string, unknown, RegExp]>([
    ["a function", diraViews({ size: 32 }), /got the function .*samplePipeline/],
    [
      "an operation",
      { draw: () => ({}), apply: () => ({}) },
      /got an object with draw, apply\. .*samplePipeline/,
    ],
    ["a name", "diraViews", /got diraViews\. Name the function/],
  ])("%s instead of a call", (_, given, message) => {
    const wrong = options({ pipeline: given as ModuleCall });
    expect(() => viewLoader(wrong)).toThrow(message);
    expect(() => validationBatches(wrong)).toThrow(/^validationBatches: `pipeline` must be a call/);
  });
});

describe("makeBatch, examples", () => {
  const made = async (call: unknown): Promise<unknown> =>
    makeBatch({
      images: [await cache.get(0)],
      indices: [0],
      seed: 0,
      epoch: 0,
      pipeline: call as ModuleCall,
    });

  it.each(["segmentationTraining", "transVwPair", "gaussianBlur"])(
    "the transform %s where a pipeline is expected is told of samplePipeline",
    async (name) => {
      const said = made({ name });
      await expect(said).rejects.toThrow(`args: [{ name: "${name}", args: [] }] }`);
      await expect(said).rejects.toMatchObject({ name: "DataError" });
    },
  );

  it("what gives no views, and what is no function, are named", async () => {
    const module = `data:text/javascript,export const one = () => () => ({ image: 1 }); export const two = () => 2;`;
    await expect(made({ module, name: "one" })).rejects.toThrow(
      /pipeline one gave an object with image; expected \{ views, target \}.*samplePipeline/,
    );
    await expect(made({ module, name: "two" })).rejects.toThrow(
      /pipeline two must make a function of an image, got number/,
    );
    await expect(made(diraViews({ size: 32 }))).rejects.toThrow(/must be a call/);
  });
});
