import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  batchMaker,
  cacheImages,
  chestXray14,
  decodeImage,
  type ImageSet,
  openImages,
  phantomChestXrays,
  validationBatches,
  viewLoader,
} from "./index.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "dira-data-"));
const pipeline = { name: "diraViews", args: [{ size: 32 }] };

async function png(
  path: string,
  values: Uint8Array | Uint16Array,
  width: number,
  channels: 1 | 3 = 1,
): Promise<void> {
  const raw = { width, height: values.length / width / channels, channels };
  const image = sharp(values, { raw });
  await (
    values instanceof Uint16Array
      ? image.toColourspace("grey16")
      : image.toColourspace(channels === 1 ? "b-w" : "srgb")
  )
    .png()
    .toFile(path);
}

describe("decodeImage, parity", () => {
  it("8-bit and 16-bit grey come back bit for bit", async () => {
    const inside = folder();
    const eight = Uint8Array.from({ length: 256 }, (_, i) => i);
    await png(join(inside, "8.png"), eight, 16);
    expect(Array.from((await decodeImage(join(inside, "8.png"))).data)).toEqual([...eight]);
    const sixteen = Uint16Array.from({ length: 4096 }, (_, i) => i * 16);
    await png(join(inside, "16.png"), sixteen, 64);
    const decoded = await decodeImage(join(inside, "16.png"), 64);
    expect(Array.from(decoded.data)).toEqual([...sixteen]);
    expect(decoded.data).toBeInstanceOf(Uint16Array);
  });

  it("shrinks by the shorter side, and takes colours as grey", async () => {
    const inside = folder();
    await png(join(inside, "rgb.png"), new Uint8Array(40 * 20 * 3).fill(100), 40, 3);
    const image = await decodeImage(join(inside, "rgb.png"), 10);
    expect(image.shape).toEqual([10, 20]);
    expect(image.data.every((v) => v === 100)).toBe(true);
  });
});

describe("decodeImage, examples", () => {
  it("drops transparency, of grey and of colours, and tells what is no image", async () => {
    const inside = folder();
    const rgba = new Uint8Array(8 * 8 * 4).map((_, i) => (i % 4 === 3 ? 10 : 200));
    const raw = { width: 8, height: 8, channels: 4 } as const;
    await sharp(rgba, { raw }).png().toFile(join(inside, "rgba.png"));
    await sharp(rgba, { raw }).toColourspace("b-w").png().toFile(join(inside, "la.png"));
    for (const name of ["rgba.png", "la.png"]) {
      const { data } = await decodeImage(join(inside, name));
      expect(data.length).toBe(64);
      expect(new Set(data)).toEqual(new Set([200]));
    }
    await expect(decodeImage(join(inside, "no.png"))).rejects.toThrow(/no\.png could not be read/);
  });

  it("is not fooled by a file that was cut short", async () => {
    const inside = folder();
    const noise = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * 7919) % 251);
    await png(join(inside, "whole.png"), noise, 64);
    const bytes = readFileSync(join(inside, "whole.png"));
    writeFileSync(join(inside, "cut.png"), bytes.subarray(0, bytes.length >> 1));
    await expect(decodeImage(join(inside, "cut.png"))).rejects.toThrow(
      /cut\.png could not be read/,
    );
  });
});

describe("folders, examples of bad input", () => {
  it("a missing or an empty folder", () => {
    expect(() => openImages("/nonexistent", "train")).toThrow(/does not exist/);
    expect(() => openImages(folder(), "train")).toThrow(/No PNG, JPEG/);
  });

  it("a list that names missing files", async () => {
    const inside = folder();
    mkdirSync(join(inside, "images"));
    await png(join(inside, "images", "a.png"), new Uint8Array(64), 8);
    writeFileSync(join(inside, "train_list.txt"), "a.png 0 1\nb.png\n");
    expect(() => chestXray14(inside, { split: "train" })).toThrow(/names 1 of 2 images .*b\.png/);
    expect(() => chestXray14(inside, { split: "val" })).toThrow(/has no val_list.txt/);
  });

  it("a truncated image is named and left out; too many are an error", async () => {
    const inside = folder();
    for (const name of ["a", "b", "c"])
      await png(
        join(inside, `${name}.png`),
        new Uint8Array(4096).map((_, i) => i * 7),
        64,
      );
    writeFileSync(join(inside, "d.png"), "not an image");
    const cache = await cacheImages(openImages(inside, "train"), {
      side: 32,
      maxUnreadable: 0.25,
    });
    expect(cache.usable).toEqual([0, 1, 2]);
    expect(cache.warnings[0]).toMatch(/d\.png could not be read/);
    for (const name of ["a", "b", "c"]) writeFileSync(join(inside, `${name}.png`), "no");
    await expect(cacheImages(openImages(inside, "train"), { side: 32 })).rejects.toThrow(
      /4 of 4 images/,
    );
  });

  it("labels and patients of ChestX-ray14's table", async () => {
    const inside = folder();
    mkdirSync(join(inside, "images"));
    await png(join(inside, "images", "00000001_000.png"), new Uint8Array(64), 8);
    writeFileSync(join(inside, "train_list.txt"), "00000001_000.png\n");
    writeFileSync(
      join(inside, "Data_Entry_2017_v2020.csv"),
      "Image Index,Finding Labels,Patient ID\n00000001_000.png,Effusion|Hernia,1\n",
    );
    const set = chestXray14(inside, { split: "train" });
    expect(set.patient?.(0)).toBe("1");
    expect(set.labels?.(0)).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });
});

describe("cache, laws", () => {
  it("holds no more than its bound, and gives the same images", async () => {
    const set = phantomChestXrays({ count: 6, seed: 1 });
    const bound = 3 * 32 * 32;
    const [small, large] = [
      await cacheImages(set, { side: 32, maxBytes: bound }),
      await cacheImages(set, { side: 32 }),
    ];
    for (let i = 0; i < 6; i += 1) {
      expect((await small.get(i)).data).toEqual((await large.get(i)).data);
      expect(small.bytes()).toBeLessThanOrEqual(bound);
    }
  });
});

describe("loader, laws", () => {
  const set: ImageSet = phantomChestXrays({ count: 7, seed: 2 });

  async function take(workers: number, from: number, count: number, ahead = 3): Promise<string[]> {
    const maker = batchMaker(workers);
    const loader = viewLoader({
      cache: await cacheImages(set, { side: 40 }),
      maker,
      batchSize: 3,
      seed: 5,
      pipeline,
      ahead,
    });
    const batches: string[] = [];
    for await (const batch of loader.from(from)) {
      batches.push(
        [...batch.views, batch.target]
          .map((view) => view?.data.reduce((h, v) => (h * 31 + v * 1e6) % 1e9, 7))
          .join(),
      );
      if (batches.length === count) break;
    }
    await maker.close();
    return batches;
  }

  it("the same step gives the same batch with any workers, look-ahead and starting point", async () => {
    const plain = await take(0, 0, 5);
    expect(new Set(plain).size).toBe(5);
    expect(await take(2, 0, 5, 1)).toEqual(plain);
    expect(await take(1, 2, 3)).toEqual(plain.slice(2));
  });

  it("goes on at any step of any epoch", async () => {
    const cache = await cacheImages(set, { side: 40 });
    const loader = viewLoader({ cache, maker: batchMaker(0), batchSize: 3, seed: 5, pipeline });
    const indices = async (start: Parameters<typeof loader.from>[0]): Promise<number[]> => {
      const { value } = await loader.from(start).next();
      return [...(value?.indices ?? [])];
    };
    expect(await indices({ epoch: 2, step: 1 })).toEqual(await indices(5));
    const epoch = [...(await indices({ epoch: 1 })), ...(await indices({ epoch: 1, step: 1 }))];
    expect(new Set(epoch).size).toBe(6);
  });

  it("validation is the same each time, and may drop the last batch", async () => {
    const cache = await cacheImages(set, { side: 40 });
    const options = { cache, maker: batchMaker(0), batchSize: 3, seed: 5, pipeline };
    const all = async (keepLast: boolean): Promise<unknown[]> => {
      const batches: unknown[] = [];
      for await (const batch of validationBatches({ ...options, keepLast })) batches.push(batch);
      return batches;
    };
    expect(await all(true)).toEqual(await all(true));
    expect([(await all(true)).length, (await all(false)).length]).toEqual([3, 2]);
  });

  it("an epoch holds no image twice, and validation each just once", async () => {
    const cache = await cacheImages(set, { side: 40 });
    const maker = batchMaker(0);
    let count = 0;
    for await (const batch of validationBatches({ cache, maker, batchSize: 3, seed: 5, pipeline }))
      count += batch.indices.length;
    expect(count).toBe(7);
    expect(viewLoader({ cache, maker, batchSize: 3, seed: 5, pipeline }).stepsPerEpoch).toBe(2);
    expect(() => viewLoader({ cache, maker, batchSize: 8, seed: 5, pipeline })).toThrow(
      /batch \(8\) is larger than the set \(7/,
    );
  });
});
