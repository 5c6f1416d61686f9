import * as tf from "@tensorflow/tfjs";
import { cpuKernels } from "./cpu-kernels.ts";
import type { Kernels } from "./kernel.ts";
import { wasmKernels } from "./wasm-kernels.ts";

const tables: Readonly<Record<string, () => Kernels>> = { wasm: wasmKernels, cpu: cpuKernels };

/**
 * Gives a portable engine of TensorFlow.js the kernels with which it trains, and puts right those of its own
 * that are wrong or very slow. Each is registered under TensorFlow.js's own name, so that any program gains, and a
 * second call does nothing. See the package's readme for the list.
 *
 * The engine's own kernels must be registered before, since they would take the places again: call this after
 * `import "@tensorflow/tfjs-backend-wasm"`. `@dira/tensor` does so on first use.
 *
 * @param engine - TensorFlow.js's name of a backend. @defaultValue both, as far as they are there
 * @throws Error when the engine is not there.
 */
export function registerKernels(engine?: "wasm" | "cpu"): void {
  const engines = engine === undefined ? Object.keys(tables) : [engine];
  for (const name of engines) {
    if (tables[name] === undefined) {
      throw new Error(`registerKernels: expected "wasm" or "cpu", got ${JSON.stringify(name)}.`);
    }
    if (registered.has(name)) continue;
    if (tf.getKernel("Identity", name) === undefined) {
      if (engine === undefined) continue;
      throw new Error(
        `registerKernels: the ${name} engine has no kernels of its own yet. Import "@tensorflow/tfjs-backend-${name}" first.`,
      );
    }
    for (const [kernelName, kernel] of Object.entries(tables[name]())) {
      register(kernelName, name, kernel);
    }
    registered.add(name);
  }
}

const registered = new Set<string>();

function register(kernelName: string, backendName: string, kernel: Kernels[string]): void {
  const stock = tf.getKernel(kernelName, backendName);
  if (stock !== undefined) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    // The engine's own kernel, which may be fallen back on, binds itself anew to each backend.
    ...stock,
    kernelName,
    backendName,
    kernelFunc: (call) => {
      const made = kernel(call as Parameters<typeof kernel>[0], stock?.kernelFunc);
      return made as tf.TensorInfo | tf.TensorInfo[];
    },
  });
}
