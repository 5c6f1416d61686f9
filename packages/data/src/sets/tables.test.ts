import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder, write, writeImage } from "../../test/write-scans.ts";
import {
  chestXray14,
  CHEXPERT_LABELS,
  chexpert,
  luna16,
  montgomery,
  peCad,
  siimAcr,
} from "../index.ts";

/** What opening a folder says; the first line of what is wrong. */
function saidOf(open: () => unknown): string {
  try {
    open();
    return "nothing";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function xrays(tables: Readonly<Record<string, string>>): Promise<string> {
  const folder = tempFolder();
  for (const name of ["00000001_000.png", "anna_1.png", "00000002_000.png"]) {
    await writeImage(join(folder, "images", name), new Uint8Array(16), 4);
  }
  for (const [name, text] of Object.entries(tables)) write(join(folder, name), text);
  return folder;
}

const ENTRIES = "Data_Entry_2017_v2020.csv";
const BOXES = "BBox_List_2017.csv";

describe("ChestX-ray14's tables, examples", () => {
  it.for<[string, string, RegExp]>([
    [
      ENTRIES,
      "Image,Labels\na.png,Mass",
      /lacks the columns Image Index, Finding Labels; it has Im/,
    ],
    [
      ENTRIES,
      "Image Index,Finding Labels\n00000002_000.png,Mass\n00000001_000.png,Mass|Pneumonja",
      /2020\.csv, row 2 below .*findings of No Finding, Atelectasis.* as Finding Labels, got "Mass\|Pneumonja"/,
    ],
    [ENTRIES, "Image Index,Finding Labels\n00000001_000.png,", /row 1 .* Finding Labels, got ""/],
    [BOXES, "Image,Label\n1.png,Mass", /expected the header Image Index,Finding Label,Bbox/],
    [
      BOXES,
      "Image Index,Finding Label,Bbox [x,y,w,h]\n1.png,Mass,1,2,,4",
      /row 1 .*"1.png,Mass,1,2,,4"/,
    ],
    [
      BOXES,
      "Image Index,Finding Label,Bbox [x,y,w,h]\n1.png,Mas,1,2,3,4",
      /row 1 .*got "1.png,Mas,/,
    ],
  ])("%s: %j is refused", async ([name, text, message]) => {
    const folder = await xrays({ [ENTRIES]: "Image Index,Finding Labels\n", [name]: text });
    const said = saidOf(() => chestXray14(folder));
    expect(said).toMatch(message);
    expect(said).toMatch(/^DataError: .*\.csv/);
  });

  it("a patient is the table's, else what the file's name begins with, never NaN", async () => {
    const table =
      "Image Index,Finding Labels,Patient ID\n00000001_000.png,Mass,7\nanna_1.png,Mass,\n";
    const set = chestXray14(await xrays({ [ENTRIES]: table }));
    expect([0, 1, 2].map((i) => set.patient?.(i))).toEqual(["7", "2", "anna"]);
    const bare = chestXray14(await xrays({ "train_list.txt": "00000001_000.png\n" }));
    expect([0, 1, 2].map((i) => bare.patient?.(i))).toEqual(["1", "2", "anna"]);
  });
});

describe("other tables, examples", () => {
  const labels = CHEXPERT_LABELS.join(",");
  const chexpertRow = (path: string, first: string): string =>
    `Path,Frontal/Lateral,${labels}\n${path},Frontal,${first}${",".repeat(13)}`;
  const PATIENT = "C/train/patient00001/study1/view1_frontal.jpg";

  it.for<[string, (folder: string) => unknown, string, string, RegExp]>([
    [
      "chexpert",
      chexpert,
      "train.csv",
      chexpertRow(PATIENT, "yes"),
      /row 1 .*1, 0, -1 or nothing as No Finding, got "yes"/,
    ],
    [
      "chexpert",
      chexpert,
      "train.csv",
      chexpertRow("C/a.jpg", "1"),
      /row 1 .*patient00001 or so as Path, got "C\/a.jpg"/,
    ],
    [
      "chexpert",
      (folder) => chexpert(folder, { labels: "competition" }),
      "train.csv",
      "Path,Edema\n",
      /lacks the columns Atelectasis, Cardiomegaly, Consolidation, Pleural Effusion; .*competition/,
    ],
    [
      "chexpert",
      (folder) => chexpert(folder, { frontalOnly: true }),
      "train.csv",
      `Path,${labels}\n`,
      /lacks the columns Frontal\/Lateral/,
    ],
    [
      "siim",
      siimAcr,
      "train-rle.csv",
      "ImageId, EncodedPixels\n1.2,\n",
      /row 1 .*run lengths, or -1 for none as EncodedPixels, got ""/,
    ],
    [
      "siim",
      siimAcr,
      "train-rle.csv",
      "ImageId, EncodedPixels\n,-1\n",
      /row 1 .*as ImageId, got ""/,
    ],
    [
      "luna16",
      luna16,
      "candidates.csv",
      "seriesuid,coordX,coordY,coordZ,class\na,1,2,3,0\na,1,,3,1",
      /row 2 .*a number as coordY, got ""/,
    ],
    [
      "luna16",
      luna16,
      "candidates.csv",
      "seriesuid,coordX,coordY,coordZ,class\na,1,2,3,2",
      /row 1 .*0 or 1 as class, got "2"/,
    ],
    [
      "pe-cad",
      peCad,
      "labels.csv",
      "file,label,patient\na.npy,,p1",
      /row 1 .*a number as label, got ""/,
    ],
    [
      "pe-cad",
      peCad,
      "labels.csv",
      "file,label,patient\na.npy,1,",
      /row 1 .*a name as patient, got ""/,
    ],
    [
      "pe-cad",
      peCad,
      "labels.csv",
      "file,label,patient,fold\na.npy,1,p,4",
      /row 1 .*1, 2, 3 or nothing as fold/,
    ],
  ])("%s, %#: refused", ([, open, name, text, message]) => {
    const folder = tempFolder();
    write(join(folder, "subset0", "a.mhd"), "");
    write(join(folder, "dicom-images-train", "s", "t", "1.2.dcm"), "");
    write(join(folder, name), text);
    const said = saidOf(() => open(folder));
    expect(said).toMatch(message);
    expect(said).toMatch(/^DataError: .*\.csv/);
  });

  it("readings of Montgomery that are empty give a warning", async () => {
    const folder = tempFolder();
    for (const inside of ["CXR_png", "ManualMask/leftMask", "ManualMask/rightMask"]) {
      await writeImage(join(folder, inside, "MCUCXR_0001_1.png"), new Uint8Array(16), 4);
    }
    write(join(folder, "ClinicalReadings", "MCUCXR_0001_1.txt"), " \n");
    expect(montgomery(folder).warnings).toEqual([
      expect.stringMatching(/MCUCXR_0001_1\.txt is empty, and says nothing of MCUCXR_0001_1\.png/),
    ]);
  });
});
