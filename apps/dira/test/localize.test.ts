import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TASKS } from "../src/finetuning/tasks.ts";
import { dira } from "./command.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-localize-"));
const at = (name: string): string => join(home, name);
afterAll(() => rmSync(home, { recursive: true }));
const said = async (...args: readonly string[]): Promise<string> => (await dira(...args)).output;

interface Written {
  readonly mean: { readonly findings: number; readonly maps: Readonly<Record<string, object>> };
  readonly labels: Readonly<Record<string, { readonly findings: number }>>;
  readonly centre: Readonly<Record<string, Readonly<Record<string, { readonly from: string }>>>>;
}
const written = (name: string): Written =>
  JSON.parse(readFileSync(join(at(name), "localization.json"), "utf8"));
const rowsOf = (name: string): string[] =>
  readFileSync(join(at(name), "localization.csv"), "utf8")
    .trim()
    .split("\n");

describe("dira localize", () => {
  const finetune = (task: string, name: string, ...more: readonly string[]): Promise<string> => {
    const volumes = TASKS[task]?.spatialRank === 3;
    const size = volumes ? ["--size", "8,16,16", "--set", "width=2"] : ["--arch", "resnet18", "--size", "32", "--set", "width=4"]; // prettier-ignore
    return said("finetune", "--task", task, "--out", at(name), ...size, "--batch", "4", "--epochs", "1", ...more); // prettier-ignore
  };
  const localize = (...args: readonly string[]): Promise<string> => said("localize", ...args);
  beforeAll(async () => {
    await finetune("chestx-ray14", "first", "--set", "phantoms=8");
    await finetune("chestx-ray14", "second", "--set", "phantoms=16");
    await finetune("luna", "luna", "--set", "phantoms=8");
  });

  it("scores a run's test images beside its baselines, and draws them", async () => {
    const output = await localize(at("first"), "--out", at("whole"));
    expect(output).toMatch(/\| iou \| \d\.\d+ \[/);
    const { mean, labels, centre } = written("whole");
    const total = Object.values(labels).reduce((sum, { findings }) => sum + findings, 0);
    expect(mean.findings).toBe(total);
    expect(Object.keys(mean.maps)).toEqual(["grad-cam", "centre", "random"]);
    expect(rowsOf("whole")).toHaveLength(1 + 3 * total);
    expect(readdirSync(join(at("whole"), "overlays"))).toHaveLength(total);
    const from = Object.values(centre[at("first")] ?? {}).map((each) => each.from);
    expect(new Set(from)).toContain("training boxes");
  });

  it("scores cubes by occlusion, with their masks", async () => {
    expect(await localize(at("luna"), "--out", at("cubes"), "--method", "occlusion", "--window", "4,8,8")).toMatch(/\| mask_iou \| \d/); // prettier-ignore
  });

  it("puts folds together, each image seen by the run that it is the test of", async () => {
    const args = ["--method", "grad-cam++", "--level", "layer3", "--overlays", "0"];
    await localize(at("first"), at("second"), "--out", at("both"), ...args);
    await localize(at("second"), "--out", at("one"), ...args);
    await localize(at("first"), "--out", at("other"), ...args);
    const [head, ...rows] = rowsOf("both");
    expect(rows).toEqual([...rowsOf("other").slice(1), ...rowsOf("one").slice(1)]);
    expect(head).toBe(rowsOf("one")[0]);
    expect(readdirSync(join(at("both"), "overlays"))).toEqual([]);
  });

  it("takes other images of the layout, their boxes in pixels of the release's 1024 × 1024", async () => {
    const folder = at("nih");
    mkdirSync(join(folder, "images"), { recursive: true });
    const pixels = Buffer.alloc(100 * 160, 40);
    for (let y = 30; y < 60; y += 1) pixels.fill(220, y * 160 + 50, y * 160 + 90);
    const names = ["00000001_000.png", "00000002_000.png"];
    for (const name of names) {
      await sharp(pixels, { raw: { width: 160, height: 100, channels: 1 } }).toColourspace("b-w").png().toFile(join(folder, "images", name)); // prettier-ignore
    }
    writeFileSync(join(folder, "test_list.txt"), names.join("\n"));
    const entries = names.map((name, i) => `${name},Mass,0,${i + 1}`);
    writeFileSync(join(folder, "Data_Entry_2017_v2020.csv"), ["Image Index,Finding Labels,Follow-up #,Patient ID", ...entries].join("\n")); // prettier-ignore
    writeFileSync(join(folder, "BBox_List_2017.csv"), `Image Index,Finding Label,Bbox [x,y,w,h],,,\n${names[0]},Mass,320,307.2,256,307.2,,\n`); // prettier-ignore
    expect(await localize(at("first"), "--data", folder, "--out", at("nih-out"))).toMatch(/1 findings of 1 patients/); // prettier-ignore
    expect(rowsOf("nih-out")[1]).toMatch(/,images\/00000001_000\.png,1,Mass,1,\[30 50 30 40\],grad-cam,/); // prettier-ignore
    expect(await localize(at("first"), "--data", folder, "--out", at("no"), "--label", "Mass", "Hernia")).toMatch(/error: .*no image has a box or mask of Hernia/); // prettier-ignore
  });

  it("refuses what does not fit, and writes nothing", async () => {
    await finetune("montgomery", "masks", "--set", "phantoms=4");
    const refused = (...args: string[]): Promise<string> => localize(...args, "--out", at("no"));
    expect(await refused(at("masks"))).toMatch(/by masks \(task montgomery\).*Give a run of chestx-ray14/); // prettier-ignore
    expect(await refused(at("first"), "--label", "Efusion")).toMatch(/no label `Efusion`\. Did you mean `Effusion`/); // prettier-ignore
    expect(await refused(at("first"), "--level", "layer9")).toMatch(
      /stages stem, layer1.*not `layer9`/,
    );
    expect(await refused(at("first"), at("first"))).toMatch(/is in the images of both/);
    expect(await refused(at("first"), at("luna"))).toMatch(/is of chest-xray14, .* of luna16/);
    expect(await refused(at("first"), "--split", "train")).toMatch(/trained on 8 of the patients/);
    expect(await refused(at("first"), "--method", "cam")).toMatch(/Allowed choices are grad-cam/);
    expect(await refused(at("nothing"))).toMatch(
      /error: .*Give the folder of a run of dira finetune/,
    );
    expect(existsSync(at("no"))).toBe(false);
    expect(await localize(at("first"), "--out", home)).toMatch(/error: --out: .* is not empty/);
  });
});
