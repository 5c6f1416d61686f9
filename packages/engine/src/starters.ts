import * as tf from "@tensorflow/tfjs";
import { quietly } from "./quietly.ts";
import { EngineError, type EngineName, firstLine } from "./report.ts";

/** What is known of an engine once it runs. */
export interface Started {
  readonly version: string;
  readonly device: "CPU" | "GPU";
  readonly threads: number | undefined;
}

/** How each engine is started; each throws an {@link EngineError} of one line. */
export const starters: Readonly<Record<EngineName, (wasmPaths?: string) => Promise<Started>>> = {
  cpu: startCpu,
  wasm: startWasm,
  tensorflow: startTensorFlow,
  torch: startTorch,
};

async function startCpu(): Promise<Started> {
  await use("cpu");
  return {
    version: `TensorFlow.js ${tf.version["tfjs-core"]} (JavaScript)`,
    device: "CPU",
    threads: 1,
  };
}

async function startWasm(wasmPaths?: string): Promise<Started> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm").catch((error: unknown) => {
    throw new EngineError(
      `Engine \`wasm\`: @tensorflow/tfjs-backend-wasm could not be loaded (${firstLine(error)}). Run \`npm install @tensorflow/tfjs-backend-wasm@${tf.version["tfjs-core"]}\`.`,
    );
  });
  // Kernels with which wasm trains (@dira/portable-kernels) work in memory that is not shared with threads.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (!("wasm" in tf.engine().registry)) {
    const folder = wasmPaths ?? (await import("#starters")).findWasmFolder();
    if (folder !== undefined) wasm.setWasmPaths(folder);
  }
  await use("wasm");
  return {
    version: `TensorFlow.js ${wasm.version_wasm} (WebAssembly)`,
    device: "CPU",
    threads: wasm.getThreadsCount(),
  };
}

async function startTensorFlow(): Promise<Started> {
  const { loadTensorFlow } = await import("#starters");
  const started = await loadTensorFlow();
  await use("tensorflow");
  return started;
}

async function startTorch(): Promise<Started> {
  const { loadTorch } = await import("#starters");
  const started = await loadTorch();
  await use("torch");
  return started;
}

/** Makes a registered engine TensorFlow.js's own, and runs one operation on it. */
async function use(backend: EngineName): Promise<void> {
  const { value: why, said } = await quietly(async () => {
    try {
      if (!(await tf.setBackend(backend))) return "TensorFlow.js could not initialise it";
      await tf.ready();
      const [sum] = tf.tidy(() => tf.sum(tf.tensor1d([1, 2, 3])).dataSync());
      return sum === 6 ? undefined : `1 + 2 + 3 came to ${sum}`;
    } catch (error) {
      return firstLine(error);
    }
  });
  if (why === undefined) return;
  const detail = said.map(firstLine).filter((line) => !line.startsWith("Initialization of"));
  throw new EngineError(
    `Engine \`${backend}\` could not be started: ${[why, ...detail.slice(0, 1)].join("; ")}. Use another engine, or \`npm install\` again.`,
  );
}
