import type { EmbeddingTable, Objective } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { afterEach, describe, expect, it, vi } from "vitest";
import { collapseWatch } from "../src/pretraining/collapse-watch.ts";

const spreadOut = (seed: number): EmbeddingTable => {
  const data = new Float32Array(32 * 16);
  createRandom(seed, "features").fillNormal(data, 0, 1);
  return { data, shape: [32, 16] };
};
const point: EmbeddingTable = { data: new Float32Array(32 * 16).fill(1), shape: [32, 16] };
const objective = { chance: () => Math.log(65) } as unknown as Objective;

describe("collapseWatch, examples", () => {
  afterEach(() => vi.restoreAllMocks());

  it("logs the spread, and warns of each thing once, not at the first look", () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const watch = collapseWatch(objective);
    const atChance = { val_loss_dis: Math.log(65) };
    const metrics = watch({ first: point, second: point }, atChance);
    expect(Object.keys(metrics)).toEqual([
      "val_feature_std",
      "val_feature_rank",
      "val_feature_uniformity",
      "val_feature_alignment",
    ]);
    expect(said).not.toHaveBeenCalled();
    watch({ first: point, second: point }, atChance);
    watch({ first: point, second: point }, atChance);
    const lines = said.mock.calls.map(([line]) => String(line));
    expect(lines.map((line) => line.split(":")[1]?.trim())).toEqual([
      "collapsed-embeddings",
      "few-dimensions",
      "loss-at-chance",
    ]);
  });

  it("is silent about healthy features, and without a chance level", () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const watch = collapseWatch(undefined);
    for (let i = 0; i < 3; i += 1) {
      watch({ first: spreadOut(1), second: spreadOut(2) }, { val_loss_dis: Math.log(65) });
    }
    expect(said).not.toHaveBeenCalled();
  });
});
