import { startEngine } from "@dira/engine";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { enginesHere } from "../../../tools/testing/engines-here.ts";
import { registerKernels } from "../src/index.ts";
import { norm, random, run } from "./run.ts";

await enginesHere(["wasm"]);

describe("on wasm", () => {
  beforeAll(async () => {
    await startEngine("wasm");
    registerKernels("wasm");
  });

  it("batch norm is its definition in float64, also far from 0", () => {
    const property = fc.property(
      fc.integer({ min: 2, max: 300 }),
      fc.integer({ min: 1, max: 11 }),
      fc.constantFrom(0, 1, 1000),
      (rows, channels, shift) => {
        tf.tidy(() => {
          const x = tf.add(random([rows, channels], 1), shift);
          const [scale, offset] = [random([channels], 2), random([channels], 3)];
          const dy = random([rows, channels], 4);
          const [y, mean, variance, r1, r2, r3] = run(
            "DiraBatchNorm",
            { x, scale, offset },
            { epsilon: 1e-5 },
          );
          const inputs = { dy, x, scale, r1, r2, r3 } as tf.NamedTensorMap;
          const gradients = run("DiraBatchNormGrad", inputs, { epsilon: 1e-5 });
          const wanted = normalised(x, scale, offset, dy, rows, channels);
          // Sums may cancel: errors are measured against the size of what is summed.
          const whole = norm(dy.dataSync()) * Math.sqrt(rows);
          const parts = [
            norm(wanted[0] as Float64Array),
            norm(wanted[1] as Float64Array) + Math.sqrt(norm(wanted[2] as Float64Array)),
            norm(wanted[2] as Float64Array),
            norm(dy.dataSync()) * norm(r2?.dataSync() ?? []),
            whole,
            whole,
          ];
          [y, mean, variance, ...gradients].forEach((found, i) => {
            const against = wanted[i] as Float64Array;
            const share = norm(against) / (parts[i] as number);
            expect(relativeError(found as tf.Tensor, against) * share).toBeLessThan(1e-6);
          });
        });
      },
    );
    fc.assert(property, { numRuns: 60 });
  });
});

/** y, mean, unbiased variance, dx, dscale, doffset. */
function normalised(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  dy: tf.Tensor,
  rows: number,
  channels: number,
): Float64Array[] {
  const [xs, s, o, d] = [x, scale, offset, dy].map((t) => Float64Array.from(t.dataSync())) as Four;
  const perRow = (): Float64Array => new Float64Array(rows * channels);
  const perChannel = (): Float64Array => new Float64Array(channels);
  const [y, dx, mean, variance, dscale, doffset] = [
    perRow(),
    perRow(),
    perChannel(),
    perChannel(),
    perChannel(),
    perChannel(),
  ] as Six;
  for (let c = 0; c < channels; c += 1) {
    const at = (r: number): number => r * channels + c;
    const all = Array.from({ length: rows }, (_, r) => at(r));
    const average = (f: (i: number) => number): number =>
      all.reduce((sum, i) => sum + f(i), 0) / rows;
    const m = average((i) => xs[i] as number);
    const v = average((i) => ((xs[i] as number) - m) ** 2);
    const inverse = 1 / Math.sqrt(v + 1e-5);
    const hat = (i: number): number => ((xs[i] as number) - m) * inverse;
    const [along, level] = [
      average((i) => (d[i] as number) * hat(i)),
      average((i) => d[i] as number),
    ];
    mean[c] = m;
    variance[c] = (v * rows) / (rows - 1);
    dscale[c] = along * rows;
    doffset[c] = level * rows;
    for (const i of all) {
      y[i] = hat(i) * (s[c] as number) + (o[c] as number);
      dx[i] = (s[c] as number) * inverse * ((d[i] as number) - level - hat(i) * along);
    }
  }
  return [y, mean, variance, dx, dscale, doffset];
}
type Four = [Float64Array, Float64Array, Float64Array, Float64Array];
type Six = [...Four, Float64Array, Float64Array];
