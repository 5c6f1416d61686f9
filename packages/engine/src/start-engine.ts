import * as tf from "@tensorflow/tfjs";
import {
  ENGINE_NAMES,
  type EngineAbilities,
  EngineError,
  type EngineName,
  type EngineReport,
  firstLine,
  type Rejection,
} from "./report.ts";
import { type Started, starters } from "./starters.ts";

/** A self-check: runs on the engine in use and names the operations that it gets wrong. */
export type EngineCheck = () => readonly string[] | Promise<readonly string[]>;

/** Options of {@link startEngine}. */
export interface StartOptions {
  /**
   * The self-check. This package knows no operations, so it is handed in; `@dira/tensor` exports one
   * (`checkEngine`).
   */
  readonly check?: EngineCheck;
  /**
   * For `"training"`, an engine that fails the self-check is refused. For `"inference"` it is taken,
   * and the failing operations are in the report's abilities: gradients aren't needed there.
   *
   * @defaultValue "training"
   */
  readonly purpose?: "training" | "inference";
  /**
   * Where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are served from (ends with `/`).
   *
   * @defaultValue In Node the package's own folder, in a browser what TensorFlow.js assumes.
   */
  readonly wasmPaths?: string;
}

/** Those that compute in a compiled library. */
const NATIVE: readonly EngineName[] = ["torch", "tensorflow"];

/**
 * Starts an engine and makes it TensorFlow.js's backend.
 *
 * `"auto"` takes the first of {@link ENGINE_NAMES} that starts and passes the self-check, and
 * reports which and why. A named engine is started or refused, never replaced. After a refusal the
 * backend that was in use before is in use again.
 *
 * @throws EngineError saying why the engine can't be used and what to do.
 */
export async function startEngine(
  name: EngineName | "auto",
  options: StartOptions = {},
): Promise<EngineReport> {
  if (name !== "auto" && !ENGINE_NAMES.includes(name)) {
    throw new EngineError(
      `startEngine: expected "auto", ${ENGINE_NAMES.map((n) => `"${n}"`).join(", ")}, got ${JSON.stringify(name)}.`,
    );
  }
  if (name !== "auto") return start(name, options, []);
  const rejected: Rejection[] = [];
  for (const candidate of ENGINE_NAMES) {
    try {
      return await start(candidate, options, rejected);
    } catch (error) {
      rejected.push({ name: candidate, why: firstLine(error) });
    }
  }
  throw new EngineError(
    `startEngine: no engine could be started. ${rejected.map((r) => r.why).join(" ")}`,
  );
}

async function start(
  name: EngineName,
  options: StartOptions,
  rejected: readonly Rejection[],
): Promise<EngineReport> {
  const before = Object.keys(tf.engine().registry).length > 0 ? tf.getBackend() : undefined;
  try {
    const started = await starters[name](options.wasmPaths);
    const failing = options.check === undefined ? undefined : await runCheck(name, options.check);
    if (failing !== undefined && failing.length > 0 && options.purpose !== "inference") {
      throw new EngineError(
        `Engine \`${name}\` fails its self-check (${failing.join(", ")}) and would train wrongly. Use another engine.`,
      );
    }
    return report(name, started, failing, rejected);
  } catch (error) {
    if (before !== undefined && before !== name) await tf.setBackend(before);
    throw error;
  }
}

async function runCheck(name: EngineName, check: EngineCheck): Promise<readonly string[]> {
  try {
    return await check();
  } catch (error) {
    throw new EngineError(
      `Engine \`${name}\`: the self-check itself broke off (${firstLine(error)}). Use another engine.`,
    );
  }
}

function report(
  name: EngineName,
  { version, device, threads }: Started,
  failing: readonly string[] | undefined,
  rejected: readonly Rejection[],
): EngineReport {
  const training = failing === undefined ? "unchecked" : failing.length === 0 ? "passed" : "failed";
  const abilities: EngineAbilities = {
    native: NATIVE.includes(name),
    device,
    threads: device === "GPU" ? undefined : threads,
    training,
    failing: failing ?? [],
  };
  const verdict = {
    unchecked: "not self-checked",
    passed: "self-check passed",
    failed: `self-check failed (${abilities.failing.join(", ")})`,
  }[training];
  const reason = `${version} on ${device}, ${verdict}`;
  return { name, version, device, abilities, reason, rejected: [...rejected] };
}
