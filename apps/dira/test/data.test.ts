import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chestXray14, type ImageSet, phantomChestXrays } from "@dira/data";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dira } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "dira-data-command-"));
afterAll(() => rmSync(root, { recursive: true }));

/** 20 phantoms of ten patients as ChestX-ray14 has them; every fifth has an effusion. */
async function release(): Promise<string> {
  const folder = mkdtempSync(join(root, "set-"));
  mkdirSync(join(folder, "images"));
  const phantoms = phantomChestXrays({ count: 20, seed: 1 });
  let table = "Image Index,Finding Labels,Patient ID\n";
  for (let i = 0; i < 20; i += 1) {
    const name = `${String(1 + (i >> 1)).padStart(8, "0")}_00${i % 2}.png`;
    const { data, shape } = await phantoms.read(i, 96);
    const [height = 0, width = 0] = shape;
    await sharp(data as Uint8Array, { raw: { width, height, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(join(folder, "images", name));
    table += `${name},${i % 5 === 0 ? "Effusion" : "No Finding"},${1 + (i >> 1)}\n`;
  }
  writeFileSync(join(folder, "Data_Entry_2017_v2020.csv"), table);
  return folder;
}

describe("dira data, whole runs", { timeout: 60_000 }, () => {
  let folder = "";
  beforeAll(async () => {
    folder = await release();
  });

  it("inspect counts images, patients and labels, and reads sizes and values", async () => {
    const { status, output } = await dira("data", "inspect", folder);
    expect(output).toMatch(/: 20 images of 10 patients/);
    expect(output).toMatch(/Effusion: 4 positive \(20\.0 %\), 16 negative/);
    expect(output).toMatch(/height 96 \/ 96 \/ 96, width 96 \/ 96 \/ 96 pixels/);
    expect(output).toMatch(/values: uint8, \d+ to \d+/);
    expect(status).toBe(0);
    const json = JSON.parse((await dira("data", "inspect", folder, "--json")).output) as object;
    expect(json).toMatchObject({ images: 20, patients: 10, sampled: 20, unreadable: [] });
  });

  it("split writes lists that are apart by patient and cover the set", async () => {
    const out = join(root, "lists");
    const { status, output } = await dira("data", "split", folder, "--out", out);
    expect(output).toMatch(/train_list\.txt: 14 images of 7 patients .*Effusion 3/);
    expect(status).toBe(0);
    const lists = ["train", "val", "test"].map((name) =>
      readFileSync(join(out, `${name}_list.txt`), "utf8")
        .trim()
        .split("\n"),
    );
    expect(new Set(lists.flat()).size).toBe(20);
    const patients = lists.map((list) => new Set(list.map((id) => id.split("_")[0])));
    expect(patients.reduce((sum, { size }) => sum + size, 0)).toBe(10);
    const tiny = ["--shares", "train=0.999,val=0.001"];
    expect((await dira("data", "split", folder, "--out", out, ...tiny)).output).toMatch(
      /^error: .*10 patients \(20 images\) leave nothing for val \(share 0\.001\)/m,
    );
    expect((await dira("data", "split", folder, "--out", out, "--shares", "train")).output).toMatch(
      /^error: --shares: expected name=share, .* got `train`/m,
    );
  });

  it("split writes the folds of a cross-validation, which the layout reads as its lists", async () => {
    const out = join(root, "folds");
    const { status, output } = await dira("data", "split", folder, "--out", out, "--folds", "5");
    expect(output).toMatch(/fold4\/test_list\.txt: 4 images of 2 patients/);
    expect(status).toBe(0);
    const idsOf = (set: ImageSet): string[] =>
      Array.from({ length: set.length }, (_, i) => set.id(i));
    const tested = [0, 1, 2, 3, 4].map((fold) =>
      idsOf(chestXray14(folder, { split: "test", lists: join(out, `fold${fold}`) })),
    );
    expect([...tested.flat()].sort()).toEqual(idsOf(chestXray14(folder)));
    const own = await dira("data", "split", folder, "--out", out, "--per-image");
    expect(own.output).toMatch(/^error: .* says which image is whose; leave --per-image out/m);
    const strangers = ["data", "split", join(folder, "images"), "--out", join(root, "strangers")];
    expect((await dira(...strangers)).output).toMatch(
      /^error: .* does not say which .* --per-image/m,
    );
    expect((await dira(...strangers, "--per-image")).output).toMatch(
      /train_list\.txt: 14 images of 14/,
    );
    const both = ["--folds", "5", "--shares", "train=1"];
    expect((await dira("data", "split", folder, "--out", out, ...both)).output).toMatch(
      /^error: --folds 5 tests 1\/5 of the images .* leave --shares out/m,
    );
  });

  it("verify names what is broken and what is there twice, and says so by its exit code", async () => {
    const good = await dira("data", "verify", folder);
    expect(good.output).toMatch(/20 readable, 0 not/);
    expect(good.status).toBe(0);
    const bad = await release();
    writeFileSync(join(bad, "images", "00000002_000.png"), "no image");
    const first = join(bad, "images", "00000001_000.png");
    await sharp(first)
      .resize(72)
      .jpeg()
      .toFile(join(bad, "images", "00000099_000.jpg"));
    const { status, output } = await dira("data", "verify", bad, "--duplicates");
    expect(output).toMatch(/00000002_000\.png could not be read as an image/);
    expect(output).toMatch(/20 readable, 1 not/);
    expect(output).toMatch(/00000001_000\.png and .*00000099_000\.jpg are copies/);
    expect(output).toMatch(/^1 pairs of copies/m);
    expect(status).toBe(1);
  });

  it("cache decodes for pretrain, and preview draws a contact sheet", async () => {
    const out = join(root, "cache");
    expect((await dira("data", "cache", folder, "--out", out, "--size", "32")).output).toMatch(
      /20 of 20 images .* are in /,
    );
    const sheet = join(root, "sheet.png");
    const args = ["--count", "3", "--size", "64", "--out", sheet];
    const { status, output } = await dira("data", "preview", folder, ...args);
    expect(output).toMatch(/row 1: images\/00000001_000\.png/);
    expect(output).toMatch(/columns: original, target, 2 views/);
    expect(status).toBe(0);
    const { width, height } = await sharp(sheet).metadata();
    expect([width, height]).toEqual([4 * 66, 3 * 66]);
    const deep = join(root, "not", "yet", "there.png");
    expect(
      (await dira("data", "preview", "--count", "1", "--size", "32", "--out", deep)).status,
    ).toBe(0);
    expect((await sharp(deep).metadata()).height).toBe(34);
    expect((await dira("data", "preview", "--pipeline", "dira")).output).toMatch(
      /^error: @dira\/augmentations exports no function `dira`/m,
    );
  });

  it("phantoms writes a set that the others take", async () => {
    const out = join(root, "phantoms");
    const made = await dira("data", "phantoms", "--out", out, "--count", "6", "--size", "64");
    expect(made.output).toMatch(/^6 phantom X-rays of 3 patients are in /m);
    expect(made.output).toMatch(/^train: 6 images of 3 patients$/m);
    expect(made.output).toMatch(/^warning: val: nothing, .*; --count 64 fills all three splits$/m);
    const found = (await dira("data", "inspect", out, "--json")).output;
    expect(JSON.parse(found)).toMatchObject({ layout: "chest-xray14", images: 6, patients: 3 });
    expect(found).toMatch(/"positive": [1-6]/);
    expect((await dira("data", "phantoms", "--out", out)).output).toMatch(
      /^error: --out: .* is not empty/m,
    );
  });

  it("phantoms writes other layouts, and refuses kinds and sizes that there are not", async () => {
    const out = join(root, "lits");
    const few = ["--count", "4", "--size", "8,16,16"];
    const made = await dira("data", "phantoms", "--kind", "lits", "--out", out, ...few);
    expect(made.output).toMatch(/^4 phantom CTs of 4 patients are in /m);
    expect(made.output).toMatch(/^train: 2 images .*\nval: 1 images .*\ntest: 1 images /m);
    const refused = async (kind: string, size: string): Promise<string> =>
      (await dira("data", "phantoms", "--kind", kind, "--size", size, "--out", join(root, "no")))
        .output;
    expect(await refused("litz", "16")).toMatch(
      /^error: --kind: .*`litz`, .*Did you mean `lits`\?/m,
    );
    expect(await refused("siim-acr", "64")).toMatch(/^error: --size: .*1024 × 1024, got 64/m);
    expect(await refused("pe-cad", "16,16,8")).toMatch(/^error: --size: .*got 16,16,8/m);
    expect(await refused("lits", "4")).toMatch(/^error: The size of these phantoms is \[depth/m);
    expect(existsSync(join(root, "no"))).toBe(false);
  });

  it.for<[string[], RegExp]>([
    [["preview", "--options", "[]"], /^error: --options: expected an object, .* got `\[\]`/m],
    [["preview", "--options", "{"], /^error: --options: expected JSON, got `\{`/m],
    [["preview", "--count", "0"], /expected a whole number above 0/],
  ])("%j is refused before work", async ([args, message]) => {
    const { status, output } = await dira("data", ...args, "--out", join(root, "no", "sheet.png"));
    expect(output).toMatch(message);
    expect([status, existsSync(join(root, "no"))]).toEqual([1, false]);
  });

  it.skipIf(!existsSync("/proc/self"))(
    "a folder that can't be made ends each command at once",
    async () => {
      for (const args of [
        ["cache", folder, "--out", "/proc/x/y"],
        ["split", folder, "--out", "/proc/x/y"],
        ["preview", folder, "--out", "/proc/x/y.png"],
      ]) {
        const { status, output } = await dira("data", ...args);
        expect(output).toMatch(
          /^error: The folder \/proc\/x.* can't be made: \/proc\/x could not be/m,
        );
        expect(status).toBe(1);
      }
    },
  );
});
