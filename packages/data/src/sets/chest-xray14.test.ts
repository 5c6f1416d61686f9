import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { cacheImages, chestXray14, openDataSet } from "../index.ts";

async function release(
  names: readonly string[],
  folderOf: (name: string) => string = () => "images",
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "dira-xray14-"));
  for (const name of names) {
    const inside = join(folder, folderOf(name));
    mkdirSync(inside, { recursive: true });
    const raw = { width: 8, height: 8, channels: 1 } as const;
    await sharp(new Uint8Array(64).fill(90), { raw })
      .toColourspace("b-w")
      .png()
      .toFile(join(inside, name));
  }
  return folder;
}

describe("chestXray14, examples", () => {
  it("finds images in images_001/images and so on, and takes a list's first words", async () => {
    const names = ["00000001_000.png", "00000002_000.png", "00000003_000.png"];
    const folder = await release(names, (name) =>
      join(`images_00${Number(name.slice(7, 8))}`, "images"),
    );
    writeFileSync(
      join(folder, "test_list.txt"),
      "00000003_000.png 0 1 0\r\n\r\n00000001_000.png\n",
    );
    const set = openDataSet(folder, { split: "test" });
    expect([0, 1].map((i) => set.id(i).split(/[\\/]/).at(-1))).toEqual([names[2], names[0]]);
    expect((await set.read(0)).data[0]).toBe(90);
    expect(set.patient?.(0)).toBe("3");
    expect(set.splits).toEqual(["test"]);
    expect(openDataSet(folder).length).toBe(3);
  });

  it("splits the release's train_val_list by patient", async () => {
    const names = Array.from({ length: 60 }, (_, i) => `000000${10 + (i >> 1)}_00${i & 1}.png`);
    const folder = await release(names);
    writeFileSync(join(folder, "train_val_list.txt"), names.join("\n"));
    const [train, val] = (["train", "val"] as const).map((split) => chestXray14(folder, { split }));
    const patients = (set: typeof train): Set<string> =>
      new Set(Array.from({ length: set?.length ?? 0 }, (_, i) => set?.patient?.(i) ?? ""));
    expect((train?.length ?? 0) + (val?.length ?? 0)).toBe(60);
    expect(val?.length).toBeGreaterThan(0);
    expect([...patients(val)].filter((p) => patients(train).has(p))).toEqual([]);
  });

  it("missing files: an error that counts them, or a warning", async () => {
    const folder = await release(["00000001_000.png"]);
    const list = join(folder, "mine.txt");
    writeFileSync(list, "00000001_000.png\n00000009_000.png\n00000009_001.png\n");
    expect(() => chestXray14(folder, { list })).toThrow(
      /names 2 of 3 images that are not there \(00000009_000.png, /,
    );
    const set = chestXray14(folder, { list, missing: "skip" });
    expect(set.length).toBe(1);
    expect(set.warnings?.[0]).toMatch(/2 of 3 images .* skipped/);
    expect((await cacheImages(set, { side: 8 })).warnings).toEqual(set.warnings);
    expect(() => chestXray14(folder, { list: join(folder, "no.txt") })).toThrow(/does not exist/);
  });

  it("says which images its table lacks, whose labels are unknown", async () => {
    const folder = await release(["00000001_000.png", "00000002_000.png"]);
    const table = join(folder, "Data_Entry_2017_v2020.csv");
    const header = "Image Index,Finding Labels,Patient ID";
    writeFileSync(table, `${header}\n00000001_000.png,Mass,1\n00000002_000.png,Edema,2\n`);
    expect(chestXray14(folder).warnings).toEqual([]);
    writeFileSync(table, `${header}\n00000001_000.png,Mass,1\n`);
    const set = chestXray14(folder);
    expect(set.warnings).toEqual([
      "Data_Entry_2017_v2020.csv lacks 1 of 2 images (00000002_000.png); their labels are unknown.",
    ]);
    expect(set.labels?.(1).every(Number.isNaN)).toBe(true);
  });

  it("boxes, despite the release's header, in pixels of a copy of another size", async () => {
    const folder = await release(["00000001_000.png"]);
    writeFileSync(
      join(folder, "BBox_List_2017.csv"),
      "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000001_000.png,Infiltrate,100,200,300,400,,,\n",
    );
    writeFileSync(join(folder, "train_list.txt"), "00000001_000.png");
    const boxes = (): unknown => chestXray14(folder, { split: "train" }).boxes?.(0);
    const path = join(folder, "images", "00000001_000.png");
    const copy = async (width: number, height: number): Promise<void> => {
      const channels = 1;
      const pixels = Buffer.alloc(width * height);
      await sharp(pixels, { raw: { width, height, channels } }).png().toFile(path);
    };
    await copy(1024, 1024);
    expect(boxes()).toEqual([{ label: "Infiltration", box: [200, 100, 400, 300] }]);
    await copy(512, 256);
    expect(boxes()).toEqual([{ label: "Infiltration", box: [50, 50, 100, 150] }]);
    writeFileSync(path, "broken");
    expect(boxes()).toEqual([{ label: "Infiltration", box: [200, 100, 400, 300] }]);
  });
});

const shared =
  process.env["DIRA_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const real = join(shared, "data", "chestxray14-mini");
const missing = !existsSync(real);
if (missing) console.log(`skipped: real X-rays are not in ${real}; set DIRA_SHARED`);

describe.skipIf(missing)("chestXray14 on real X-rays, whole runs", () => {
  it("opens all splits, disjoint by patient, with labels and boxes", () => {
    const sets = (["train", "val", "test"] as const).map((split) => openDataSet(real, { split }));
    expect(sets.map((set) => set.length)).toEqual([525, 75, 150]);
    const patients = sets.map(
      (set) => new Set(Array.from({ length: set.length }, (_, i) => set.patient?.(i))),
    );
    expect(new Set(patients.flatMap((p) => [...p])).size).toBe(
      patients.reduce((sum, p) => sum + p.size, 0),
    );
    for (const set of sets) expect(set.labels?.(0).length).toBe(14);
    const boxes = sets.flatMap((set) =>
      Array.from({ length: set.length }, (_, i) => set.boxes?.(i) ?? []).flat(),
    );
    expect(boxes.length).toBe(35);
    for (const { box } of boxes) {
      const [y = 0, x = 0, height = 0, width = 0] = box;
      expect(Math.min(y, x)).toBeGreaterThanOrEqual(0);
      // These copies are of 384 × 384 pixels.
      expect(Math.max(y + height, x + width)).toBeLessThanOrEqual(384);
    }
  });

  it("caches the validation split as 8-bit grey", async () => {
    const set = openDataSet(real, { split: "val" });
    const cache = await cacheImages(set, { side: 128 });
    expect([cache.usable.length, cache.warnings.length]).toEqual([75, 0]);
    const image = await cache.get(0);
    expect(image.shape).toEqual([128, 128]);
    expect(cache.bytes()).toBe(75 * 128 * 128);
  });
});
