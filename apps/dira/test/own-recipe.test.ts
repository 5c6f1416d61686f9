import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { dira } from "./command.ts";

const example = fileURLToPath(new URL("../../../docs/examples/align-uniform.mjs", import.meta.url));
// Among the modules, so that what the recipe imports is found, and no check of this project's files sees it.
const modules = fileURLToPath(new URL("../../../node_modules/.cache/", import.meta.url));
mkdirSync(modules, { recursive: true });
const root = mkdtempSync(join(modules, "own-recipe-"));
const runs = mkdtempSync(join(tmpdir(), "dira-own-recipe-"));
afterAll(() => [root, runs].forEach((folder) => rmSync(folder, { recursive: true })));

const small = [
  ..."--arch resnet18 --size 32 --batch 4 --stages dra".split(" "),
  ..."--set phantoms=8 --set workers=0 --set checkpointEvery=1 --set width=4".split(" "),
];

function recipe(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

describe("a recipe of one's own, whole runs", { timeout: 240_000 }, () => {
  it("the guide's method trains DiRA through the command alone, resumes, and is kept as it was", async () => {
    expect(readFileSync(example, "utf8").split("\n").length).toBeLessThan(80);
    const mine = join(root, "mine.mjs");
    copyFileSync(example, mine);
    const out = join(runs, "mine");
    const args = ["pretrain", "--recipe", mine, "--out", out, ...small];
    const started = await dira(...args, "--steps", "2", "--set", "objective.features=8");
    expect(started.output).toMatch(/done: 2 steps/);
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
    const last = JSON.parse(lines[1] as string) as Record<string, number>;
    expect(Number.isFinite(last["loss_dis"]) && Number.isFinite(last["loss_adv"])).toBe(true);
    expect(last["embedding_std"]).toBeGreaterThan(0);
    const evaluated = await dira("evaluate", out, "--draws", "1");
    expect(evaluated.output).toMatch(/mine\/dra/);
    appendFileSync(mine, "\n// changed\n");
    expect((await dira("evaluate", out, "--draws", "1")).output).toMatch(
      /^error: .*mine\.mjs is not as it was when the run started/m,
    );
  });

  it("may take another of our objectives, and other options of the recipe it extends", async () => {
    const path = recipe(
      "vicreg.mjs",
      `export const recipe = { extends: "dira-2d-simsiam", objective: { kind: "vicreg", features: [8, 8] }, weights: { restorative: 3 } };`,
    );
    const out = join(runs, "vicreg");
    expect(
      (await dira("pretrain", "--recipe", path, "--out", out, ...small, "--steps", "1")).output,
    ).toMatch(/done: 1 steps/);
    const config = JSON.parse(readFileSync(join(out, "config.json"), "utf8")) as object;
    expect(config).toMatchObject({
      objective: { kind: "vicreg", features: [8, 8], variance: 25 },
      weights: { discriminative: 1, restorative: 3, adversarial: 0.001 },
    });
  });

  it.each([
    ["none.mjs", undefined, /there is no file .*none\.mjs/],
    ["broken.mjs", "export const recipe = {", /broken\.mjs could not be loaded \(/],
    ["empty.mjs", "export const nothing = 1;", /must export `recipe`/],
    [
      "base.mjs",
      `export const recipe = { extends: "dira-2d-mocco" };`,
      /Did you mean `dira-2d-moco`/,
    ],
    ["key.mjs", `export const recipe = { bach: 3 };`, /Unrecognized key: "bach"/],
    [
      "kind.mjs",
      `export const recipe = { objective: { kind: "byoll" } };`,
      /no objective `byoll`\. Did you mean `byol`/,
    ],
    [
      "maker.mjs",
      `export const recipe = { objective: { kind: "custom" } };`,
      /must export the function `createObjective`/,
    ],
    [
      "lacks.mjs",
      `export const recipe = { objective: { kind: "custom" } }; export const createObjective = () => ({ name: "x" });`,
      /what `createObjective` returns lacks views, parameters, buffers, state, targets, loss, commit/,
    ],
  ])("%s is refused", async (name, text, message) => {
    const path = text === undefined ? join(root, name) : recipe(name, text);
    const { status, output } = await dira(
      ...["pretrain", "--recipe", path, "--out", join(runs, name), ...small, "--steps", "1"],
    );
    expect(output).toMatch(message);
    expect(output).toMatch(/^error: /m);
    expect(output).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });
});
