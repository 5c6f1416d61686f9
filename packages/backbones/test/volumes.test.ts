// Parity: ResNets for volumes against PyTorch run here.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  countParameters,
  decodeSafetensors,
  encodeSafetensors,
  type Mode,
  prefixed,
  saveWeights,
  type SafetensorsFile,
} from "@dira/nn";
import { pseudoRandom, relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Encoder, resNet, type ResNetName } from "../src/index.ts";
import { pythonWith, runPython } from "../../../tools/testing/python.ts";

beforeAll(() => tf.setBackend("cpu"));

const python = pythonWith(["torch"], "Parity of ResNets for volumes with PyTorch is");

const script = fileURLToPath(new URL("../../../tools/reference/encode.py", import.meta.url));

/** PyTorch's maps of these weights and this volume, in float64 and float32. */
async function reference(
  name: ResNetName,
  width: number,
  encoder: Encoder,
  volume: tf.Tensor,
  mode: Mode,
): Promise<SafetensorsFile> {
  const folder = mkdtempSync(join(tmpdir(), "dira-encode-"));
  const [given, out] = [join(folder, "given"), join(folder, "out")];
  const weights = await saveWeights(
    prefixed("init/encoder", { ...encoder.parameters, ...encoder.buffers }),
  );
  const [n = 0, ...rest] = volume.shape;
  const image = {
    dtype: "F32",
    shape: [n, 1, ...rest.slice(0, -1)],
    data: Float32Array.from(volume.dataSync()),
  } as const;
  try {
    writeFileSync(given, encodeSafetensors({ ...weights, "batch/0/view1": image }));
    const words = [
      "--rank=3",
      `--arch=${name}`,
      `--width=${width}`,
      "--given",
      given,
      "--out",
      out,
    ];
    const options = mode === "train" ? [...words, "--train"] : words;
    runPython(python as string, [script, ...options]);
    return decodeSafetensors(readFileSync(out));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Moves scales, offsets and statistics off 0 and 1, so that no mix-up stays hidden. */
function jitter(encoder: Encoder): void {
  Object.values({ ...encoder.parameters, ...encoder.buffers })
    .filter(({ rank }) => rank === 1)
    .forEach((variable, i) => {
      const noise = pseudoRandom(variable.shape, i + 1).map((v) => 0.2 * Math.abs(v));
      variable.assign(tf.tidy(() => tf.add(variable, tf.tensor(noise, variable.shape))));
    });
}

describe("ResNets for volumes", () => {
  it.each([
    ["resnet18", 2_089_392],
    ["resnet50", 2_909_744],
  ] as const)(
    "parity: %s of width 16 has the parameters of PyTorch's with Conv3d",
    (name, count) => {
      const encoder = resNet(name, { spatialRank: 3, width: 16 });
      expect(countParameters(encoder.parameters)).toBe(count);
      tf.dispose([Object.values(encoder.parameters), Object.values(encoder.buffers)]);
    },
  );

  describe.skipIf(python === undefined)("parity with float64 PyTorch run here", () => {
    it.each([
      ["resnet18", "divides", [32, 64, 32], "train"],
      ["resnet18", "does not divide", [33, 40, 35], "infer"],
      ["resnet50", "divides", [32, 32, 64], "infer"],
      ["resnet50", "does not divide", [30, 33, 47], "train"],
    ] as const)("%s, a size that %s: %j, mode %s", async (name, _, sizes, mode) => {
      const width = 4;
      const encoder = resNet(name, { spatialRank: 3, width });
      jitter(encoder);
      const shape = [2, ...sizes, 1];
      const volume = tf.tensor(pseudoRandom(shape, 7), shape);
      const { tensors, metadata } = await reference(name, width, encoder, volume, mode);
      expect(countParameters(encoder.parameters)).toBe(Number(metadata["parameters"]));
      const maps = tf.tidy(() =>
        encoder.apply(tf.tile(volume, [1, 1, 1, 1, 3]) as tf.Tensor5D, mode),
      );
      const errors = encoder.stages.map(({ name: stage }, i) => {
        const [exact, single] = ["float64", "float32"].map((type) => tensors[`${type}/${i}`]);
        const map = maps[stage] as tf.Tensor;
        const own = tf.tidy(() => tf.transpose(map, [0, 4, 1, 2, 3]).dataSync());
        expect(map.shape).toEqual([2, ...(exact?.shape ?? []).slice(2), map.shape[4]]);
        expect(map.shape.slice(1, -1)).toEqual(sizes.map((size) => Math.ceil(size / 2 ** (i + 1))));
        const reference = Float64Array.from(exact?.data ?? [], Number);
        return [
          relativeError(own, reference),
          relativeError(Float64Array.from(single?.data ?? [], Number), reference),
        ] as const;
      });
      const [ours, theirs] = [0, 1].map((k) => Math.max(...errors.map((e) => e[k] ?? NaN)));
      console.log(`${name} [${sizes.join(", ")}], ${mode}: ${ours}, float32 PyTorch ${theirs}`);
      expect(ours).toBeLessThan(1e-4);
      expect(ours).toBeLessThan(2 * (theirs ?? NaN));
      tf.dispose([maps, encoder.parameters, encoder.buffers, volume]);
    });
  });
});
