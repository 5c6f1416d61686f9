import * as tf from "@tensorflow/tfjs";
import { EngineError, type EngineName, type EngineReport } from "./report.ts";

/** Options of {@link startEngine}. */
export interface StartOptions {
  /**
   * A self-check that runs on the started engine and names the operations whose results or gradients
   * are wrong; an engine that fails it is refused. `@dira/tensor` exports one (`checkEngine`).
   */
  readonly check?: () => readonly string[];
}

const ORDER: readonly EngineName[] = ["tensorflow", "wasm", "cpu"];

/**
 * Starts an engine and makes it TensorFlow.js's backend.
 *
 * `"auto"` takes the first of `tensorflow`, `wasm`, `cpu` that starts and passes the self-check, and
 * reports which and why. A named engine is started or refused, never replaced.
 *
 * @throws EngineError saying why the engine can't be used and what to do.
 */
export async function startEngine(
  name: EngineName | "auto",
  options: StartOptions = {},
): Promise<EngineReport> {
  if (name !== "auto") return start(name, options, []);
  const rejected: { name: EngineName; why: string }[] = [];
  for (const candidate of ORDER) {
    try {
      return await start(candidate, options, rejected);
    } catch (error) {
      rejected.push({
        name: candidate,
        why: error instanceof Error ? error.message : String(error),
      });
    }
  }
  throw new EngineError(
    `startEngine: no engine could be started. ${rejected.map((r) => `${r.name}: ${r.why}`).join(" ")}`,
  );
}

async function start(
  name: EngineName,
  { check }: StartOptions,
  rejected: EngineReport["rejected"],
): Promise<EngineReport> {
  const { version, device } = await starters[name]();
  await tf.ready();
  const failing = check?.() ?? [];
  if (failing.length > 0) {
    throw new EngineError(
      `Engine \`${name}\` fails its self-check (${failing.join(", ")}) and would train wrongly. Use another engine.`,
    );
  }
  const native = name === "tensorflow";
  const checked = check === undefined ? "not self-checked" : "self-check passed";
  return { name, version, device, native, reason: `${version} on ${device}, ${checked}`, rejected };
}

type Started = Pick<EngineReport, "version" | "device">;

const starters: Readonly<Record<EngineName, () => Promise<Started>>> = {
  cpu: async () => {
    await use("cpu");
    return { version: `TensorFlow.js ${tf.version["tfjs-core"]} (JavaScript)`, device: "CPU" };
  },
  wasm: async () => {
    try {
      const wasm = await import("@tensorflow/tfjs-backend-wasm");
      await use("wasm");
      return { version: `TensorFlow.js ${wasm.version_wasm} (WebAssembly)`, device: "CPU" };
    } catch (error) {
      throw new EngineError(
        `Engine \`wasm\` could not be started (${firstLine(error)}). Install @tensorflow/tfjs-backend-wasm.`,
      );
    }
  },
  tensorflow: async () => {
    if (typeof process === "undefined" || process.versions?.node === undefined) {
      throw new EngineError("Engine `tensorflow` needs Node.js. Use `wasm` or `cpu` here.");
    }
    const { loadTensorFlow } = await import("./node/load-tensorflow.ts");
    const started = loadTensorFlow();
    await use("tensorflow");
    return started;
  },
};

async function use(backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) {
    throw new EngineError(`Engine \`${backend}\` could not be started by TensorFlow.js.`);
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
