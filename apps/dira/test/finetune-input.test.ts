import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder, readScan, type Scan, writeNifti } from "@dira/data";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHANTOM_LAYOUTS } from "../src/data-commands/phantom-layouts/index.ts";
import type { LayoutOptions, PhantomLayout } from "../src/data-commands/phantom-layouts/layout.ts";
import { dira } from "./command.ts";

const home = mkdtempSync(join(tmpdir(), "dira-finetune-input-"));
afterAll(() => rmSync(home, { recursive: true }));

/** Layouts that are damaged below, and options that make their tasks small. */
const SETS: Readonly<Record<string, { written: Omit<LayoutOptions, "seed">; options: string }>> = {
  "pe-cad": {
    written: { count: 24, size: [8, 16, 16] },
    options: "--size 8,16,16 --set width=2",
  },
  montgomery: {
    written: { count: 10, size: 48 },
    options: "--arch resnet18 --size 32 --set width=4",
  },
  lits: { written: { count: 5, size: [8, 16, 16] }, options: "--size 8,16,16 --set width=2" },
  chexpert: {
    written: { count: 12, size: 48 },
    options: "--arch resnet18 --size 32 --set width=4 --set test=one",
  },
};
const pristine = (kind: string): string => join(home, kind);
beforeAll(async () => {
  for (const [kind, { written }] of Object.entries(SETS)) {
    const layout = PHANTOM_LAYOUTS[kind] as PhantomLayout;
    await layout.write(makeFolder(pristine(kind)), { ...written, seed: 1 });
  }
});

interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly out: string;
}

/** Damages a copy of a data set, then fine-tunes on it for an epoch. */
async function finetune(
  kind: string,
  damage: (folder: string) => void | Promise<void>,
  ...more: readonly string[]
): Promise<Ended> {
  const folder = mkdtempSync(join(home, `${kind}-`));
  cpSync(pristine(kind), folder, { recursive: true });
  await damage(folder);
  return finetuneOn(kind, folder, ...more);
}

async function finetuneOn(
  kind: string,
  folder: string,
  ...more: readonly string[]
): Promise<Ended> {
  const out = `${folder}-run`;
  const options = `${SETS[kind]?.options} --batch 4 --epochs 1 --set patches=2`.split(" ");
  const args = ["finetune", "--task", kind, "--data", folder, "--out", out, ...options, ...more];
  return { ...(await dira(...args)), out };
}

function expectRefused({ status, output }: Ended, message: RegExp): void {
  expect(output).toMatch(message);
  expect(output).toMatch(/^error: /m);
  expect(output).not.toMatch(/\n\s+at /);
  expect(status).toBe(1);
}

const resultOf = ({ out }: Ended): { images: number; mean: object; each: object } =>
  JSON.parse(readFileSync(join(out, "test.json"), "utf8")) as ReturnType<typeof resultOf>;

const edit = (path: string, change: (text: string) => string): void =>
  writeFileSync(path, change(readFileSync(path, "utf8")));

const SMALL_ROOT = "CheXpert-v1.0-small";

describe("dira finetune, bad data: labels", { timeout: 120_000 }, () => {
  it("a row without its label is refused", async () => {
    const ended = await finetune("pe-cad", (folder) =>
      edit(join(folder, "labels.csv"), (text) => text.replace(/^(.*npy,0),\d/m, "$1,")),
    );
    expectRefused(ended, /labels\.csv, row 1 below the header: expected a number as label, got ""/);
  });

  it("an option that the layout does not have is refused", async () => {
    const ended = await finetune(
      "chexpert",
      () => undefined,
      ...["--set", 'dataOptions={"uncertan":"ones"}'],
    );
    expectRefused(ended, /kind chexpert have no option `uncertan`, only .*uncertain/);
  });

  it("labels that changed since the run was started are refused when it goes on", async () => {
    let folder = "";
    const ended = await finetune("pe-cad", (copy) => void (folder = copy));
    expect(ended.status).toBe(0);
    expect((await finetuneOn("pe-cad", folder, "--resume")).status).toBe(0);
    edit(join(folder, "labels.csv"), (text) =>
      text.replace(
        /^(.*npy,0),(\d)/m,
        (_, row: string, label: string) => `${row},${1 - Number(label)}`,
      ),
    );
    const changed = await finetuneOn("pe-cad", folder, "--resume");
    expectRefused(changed, /images or labels are not those that the run was started with/);
  });

  it("labels that are unknown are left out of the measure, and counted", async () => {
    const ended = await finetune(
      "chexpert",
      (folder) =>
        edit(join(folder, SMALL_ROOT, "test.csv"), (text) => {
          const [header = "", first = "", ...rows] = text.split("\n");
          const at = header.split(",").indexOf("Edema");
          const cells = first.split(",");
          cells[at] = "";
          return [header, cells.join(","), ...rows].join("\n");
        }),
      ...["--set", 'dataOptions={"unmentioned":"unknown"}'],
    );
    expect(ended.status).toBe(0);
    const { each, images } = resultOf(ended);
    expect(each).toMatchObject({ Edema: { known: images - 1 }, Cardiomegaly: { known: images } });
  });

  it("a label that no test image has is named, and left out of the mean", async () => {
    const ended = await finetune("chexpert", (folder) =>
      edit(join(folder, SMALL_ROOT, "test.csv"), (text) =>
        text
          .split("\n")
          .map((line, i) => (i === 0 ? line : line.replaceAll(",1.0", ",0.0")))
          .join("\n"),
      ),
    );
    expect(ended.status).toBe(0);
    expect(ended.output).toMatch(
      /test: auroc undefined .*; without Atelectasis, Cardiomegaly, Consolidation, Edema, Pleural Effusion, of which the test images are all alike/,
    );
    const { mean, each } = resultOf(ended);
    expect(mean).not.toHaveProperty("value");
    expect(each).toMatchObject({ Edema: { positives: 0 } });
  });
});

describe("dira finetune, bad data: masks", { timeout: 120_000 }, () => {
  const masks = join("MontgomerySet", "ManualMask", "leftMask");
  const first = (folder: string): string =>
    join(folder, masks, readdirSync(join(folder, masks)).sort()[0] ?? "");

  it("a file that is missing is refused", async () => {
    expectRefused(
      await finetune("montgomery", (folder) => rmSync(first(folder))),
      /ManualMask: .*CXR_png names 1 of 10 images that are not there \(MCUCXR_0001_\d\.png\)/,
    );
    expectRefused(
      await finetune("lits", (folder) => rmSync(join(folder, "segmentation-115.nii"))),
      /names 1 of 1 images that are not there \(segmentation-115\.nii\)/,
    );
  });

  it("one of another size than its image is refused", async () => {
    const resized = async (folder: string): Promise<void> => {
      const names = readdirSync(join(folder, masks)).map((name) => [name, "leftMask"] as const);
      for (const [name] of names) {
        for (const side of ["leftMask", "rightMask"]) {
          const path = join(folder, "MontgomerySet", "ManualMask", side, name);
          const small = await sharp(path).resize(48, 30, { fit: "fill" }).png().toBuffer();
          writeFileSync(path, small);
        }
      }
    };
    expectRefused(
      await finetune("montgomery", resized),
      /MCUCXR_\d{4}_\d\.png: its mask is \[30, 48\], which does not fit the image, \[48, 48\]/,
    );
    const shorter = async (folder: string): Promise<void> => {
      const path = join(folder, "segmentation-0.nii");
      const scan: Scan = await readScan(path);
      const data = scan.data.subarray(0, 7 * 16 * 16);
      await writeNifti(path, { ...scan, data, shape: [7, 16, 16] });
    };
    expectRefused(
      await finetune("lits", shorter),
      /volume-0\.nii: its mask is \[7, 16, 16\], which does not fit the image, \[8, 16, 16\]/,
    );
  });

  it("values that it can't have are refused", async () => {
    const odd = async (folder: string): Promise<void> => {
      const path = join(folder, "segmentation-0.nii");
      const scan: Scan = await readScan(path);
      scan.data[5] = 7;
      await writeNifti(path, scan);
    };
    expectRefused(
      await finetune("lits", odd),
      /segmentation-0\.nii: a mask of 0, 1, 2 was expected, it has 7/,
    );
  });
});

describe("dira finetune, bad data: images", { timeout: 120_000 }, () => {
  const images = join("MontgomerySet", "CXR_png");
  /** Cuts the test image that comes first in half. */
  const cut = (folder: string): void =>
    truncateSync(join(folder, images, readdirSync(join(folder, images)).sort()[3] ?? ""), 300);

  it("one that can't be read is an error, or left out with a warning where that is allowed", async () => {
    expectRefused(
      await finetune("montgomery", cut),
      /1 of 2 images of .*\(test\) can't be read, more than the share of 0\.1 .*MCUCXR_0004_\d\.png could not be read/,
    );
    const allowed = await finetune("montgomery", cut, "--set", "maxUnreadable=0.5");
    expect(allowed.status).toBe(0);
    expect(allowed.output).toMatch(/^warning: .*MCUCXR_0004_\d\.png could not be read/m);
    expect(allowed.output).toMatch(/to validate, 1 to test/);
    expect(resultOf(allowed)).toMatchObject({ images: 1 });
  });
});
