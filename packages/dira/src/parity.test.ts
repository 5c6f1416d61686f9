import { readFileSync } from "node:fs";
import { decodeSafetensors } from "@dira/nn";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { it } from "vitest";
import { train, unpack, type Stage } from "../test/reference.ts";
import { startEngine } from "@dira/engine";

const g = decodeSafetensors(readFileSync(new URL("../test/golden.safetensors", import.meta.url))).tensors;
it("probe", async () => {
  for (const engine of ["cpu", "tensorflow"] as const) {
    await startEngine(engine);
    for (const stage of ["d", "dr", "dra"] as Stage[]) {
      const t0 = Date.now();
      const t = await train(g, { stage }, 3);
      const show = (ref: any, own: any) => Object.keys(ref).map((n) => [relativeError(own[n], ref[n]), n] as const).sort((a, b) => b[0] - a[0]).slice(0, 6).map(([e, n]) => e.toExponential(1) + " " + n).join("; ");
      console.log(engine, stage, Date.now() - t0, "ms grads", show(unpack(g[`${stage}/step0/grad`]!.data, t.gradients), t.gradients));
      console.log("stats", show(unpack(g[`${stage}/step0/buffer`]!.data, t.statistics), t.statistics));
      for (const s of [0, 1, 2]) for (const k of Object.keys(t.losses[s]!)) {
        const r = g[`${stage}/step${s}/${k}`]; if (!r) continue;
        console.log(s, k, relativeError([t.losses[s]![k]!], r.data).toExponential(1), "torch", g[`${stage}/float32_error/step${s}/${k}`]!.data[0]!.toExponential(1));
      }
      if (stage === "dra") {
        const f = Object.fromEntries(Object.entries(t.final).filter(([n]) => !n.startsWith("twin.") || n.includes(".running_")));
        console.log("final", show(unpack(g["dra/final"]!.data, f), f));
      }
    }
  }
});
