import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { dira, type Ended } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "dira-bad-input-"));
const folder = (): string => mkdtempSync(join(root, "case-"));
afterAll(() => rmSync(root, { recursive: true }));

/** One step of stage D on 32 × 32 phantoms; an option that is given again counts instead. */
const small = [
  ..."pretrain --recipe dira-2d-moco --arch resnet18 --size 32 --batch 4 --steps 1".split(" "),
  ..."--stages d --set objective.queueSize=8 --set phantoms=8 --set workers=0 --set width=4".split(
    " ",
  ),
];

/** A clear refusal: the message, exit code 1, no stack trace. */
function expectRefused({ status, output }: Ended, message: RegExp): void {
  expect(output).toMatch(message);
  expect(output).toMatch(/^error: /m);
  expect(output).not.toMatch(/\n\s+at /);
  expect(status).toBe(1);
}

/** A folder with so many images, of which the first ones are damaged. */
async function images(count: number, damaged: number): Promise<string> {
  const path = folder();
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  const create = { width: 48, height: 40, channels: 3, background: "grey", noise } as const;
  for (let i = 0; i < count; i += 1) {
    const file = join(path, `${String(i).padStart(2, "0")}.png`);
    await sharp({ create }).png().toFile(file);
    if (i < damaged && i % 2 === 0) truncateSync(file, Math.floor(statSync(file).size / 2));
    else if (i < damaged) writeFileSync(file, "no image");
  }
  return path;
}

describe("bad input, examples: what can't be done is refused at once", () => {
  const filled = folder();
  writeFileSync(join(filled, "note.txt"), "mine");
  const listed = folder();
  mkdirSync(join(listed, "images"));
  writeFileSync(join(listed, "train_list.txt"), "00000001_000.png\n00000002_000.png\n");

  it.for<[string[], RegExp]>([
    [["--recipe", "dira-2d-mocco"], /no recipe `dira-2d-mocco`\. Did you mean `dira-2d-moco`\?/],
    [["--set", "objective.queuSize=5"], /no `objective\.queuSize`\. Did you mean `queueSize`\?/],
    [["--set", "objective"], /expected path=value/],
    [
      ["--batch", "5", "--set", "memory.microBatch=2"],
      /`memory\.microBatch`: 2 would leave one image of an odd batch alone/,
    ],
    [["--stepz", "3"], /unknown option '--stepz'\s+\(Did you mean --steps\?\)/],
    [["--steps", "three"], /expected a whole number/],
    [["--size", "50"], /`size`: must be a multiple of 32/],
    [["--arch", "resnet19"], /`arch`: .*resnet18.*resnet34.*resnet50/],
    [["--stages", "d,dar"], /`stages.*dra/],
    [["--set", "engine=cuda"], /`engine`: .*tensorflow/],
    [["--batch", "500"], /batch \(500\) is larger than the set \(8/],
    [["--data", "/nonexistent"], /\/nonexistent does not exist/],
    [["--data", folder()], /No PNG, JPEG, TIFF or WebP image, .* in .* or below/],
    [["--data", listed], /train_list\.txt names 2 of 2 images that are not there .*00000001_000/],
    [["--out", filled], /note\.txt/],
    [["--resume"], /there is no run/],
  ])("%j", { timeout: 300_000 }, async ([args, message]) => {
    const out = join(folder(), "run");
    expectRefused(await dira(...small, "--engine", "cpu", "--out", out, ...args), message);
    expect(existsSync(join(out, "config.json"))).toBe(false);
    expect(readdirSync(filled)).toEqual(["note.txt"]);
  });

  it("too many of the images unreadable", { timeout: 300_000 }, async () => {
    const data = await images(20, 12);
    const ended = await dira(...small, "--engine", "cpu", "--data", data, "--out", folder());
    expectRefused(
      ended,
      /11 of 18 images of .* can't be read.* that may be: .*00\.png could not be.* And 8 more/,
    );
  });

  it("an engine that there is not, whatever the command", async () => {
    const commands = ["pretrain", "discover", "finetune", "benchmark", "predict", "evaluate"];
    for (const command of [...commands, "localize"])
      expectRefused(
        await dira(command, "--engine", "cuda"),
        /'--engine <name>' argument 'cuda' is invalid\. expected auto, torch, tensorflow, wasm or cpu\./,
      );
  });
});
