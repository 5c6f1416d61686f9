import { type EngineName, startEngine } from "@dira/engine";
import { prepareEngine } from "@dira/engine/node";
import { checkEngine, conv } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

/** Prints each engine: there or not, why, version, device, self-check, speed. Exit code 1 if none trains. */
export async function doctor(fix: boolean): Promise<void> {
  if (fix) console.log((await prepareEngine((line) => console.log(line))).message);
  let usable = 0;
  for (const name of ["tensorflow", "wasm", "cpu"] satisfies EngineName[]) {
    try {
      const report = await startEngine(name);
      const failing = checkEngine();
      const health =
        failing.length === 0
          ? "self-check passed"
          : `not for training (wrong or missing gradients: ${failing.join(", ")})`;
      if (failing.length === 0) usable += 1;
      console.log(
        `${name}: ${report.version}, ${report.device}, ${health}, ${measure().toFixed(1)} GFLOP/s (3×3 convolution, forward)`,
      );
    } catch (error) {
      console.log(
        `${name}: not available. ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  if (usable === 0) process.exitCode = 1;
}

/** The best of a few convolutions within half a second, in GFLOP/s. */
function measure(): number {
  return tf.tidy(() => {
    const x = tf.ones([1, 56, 56, 64]);
    const filter = tf.ones([3, 3, 64, 64]);
    const work = 2 * 56 * 56 * 9 * 64 * 64;
    let best = Infinity;
    for (const end = performance.now() + 500; performance.now() < end;) {
      const began = performance.now();
      tf.tidy(() => void conv(x, filter, { padding: 1 }).dataSync());
      best = Math.min(best, performance.now() - began);
    }
    return work / best / 1e6;
  });
}
