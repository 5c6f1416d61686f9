// Whole runs: the same steps give the same losses on every engine, in Node and in a browser.
import { startEngine } from "@dira/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../tensor/test/engines.ts";
import { WEIGHTS_2D } from "../src/index.ts";
import { engineRun } from "./engine-run.ts";

const options = {
  steps: 6,
  side: 32,
  batch: 4,
  width: 4,
  weights: WEIGHTS_2D,
  learningRate: 2e-3,
};

/** The losses on `tensorflow` in Node. */
const RECORDED: number[] = [];

describe.each(await enginesHere())("a run of DiRA on %s", (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  it("has the losses of the recorded run", async () => {
    const losses = (await engineRun(options)).map((line) => line["loss"] ?? NaN);
    console.log(engine, losses);
    losses.forEach((loss, i) => expect(Math.abs(loss - (RECORDED[i] ?? NaN))).toBeLessThan(1e-3));
    expect(losses).toHaveLength(RECORDED.length);
  });
});
