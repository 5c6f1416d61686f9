import { arch, availableParallelism, cpus, freemem, platform } from "node:os";
import * as tf from "@tensorflow/tfjs";
import { ENGINE_NAMES, type EngineName, firstLine } from "../report.ts";
import { type EngineCheck, startEngine } from "../start-engine.ts";
import { measureEngine } from "./measure.ts";
import { cacheFolder } from "./paths.ts";
import { whyCrashing } from "./why-crashing.ts";

/** What is known of one engine. */
export interface EngineInspection {
  readonly name: EngineName;
  /** It starts and computes. */
  readonly found: boolean;
  /** Why it isn't, in one line; only when not `found`. */
  readonly why?: string;
  readonly version?: string;
  readonly device?: "CPU" | "GPU";
  readonly threads?: number | undefined;
  /** What failed the self-check; undefined when none was handed in. */
  readonly failing?: readonly string[] | undefined;
  /** Speed of one small convolution in GFLOP/s; undefined when it could not be computed. */
  readonly gflops?: number | undefined;
}

/** What `dira doctor` shows. */
export interface DoctorReport {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly threads: number;
  readonly freeMemoryBytes: number;
  readonly cache: string;
  readonly engines: readonly EngineInspection[];
  /** What `startEngine("auto")` would take for training; undefined when nothing will do. */
  readonly auto: EngineName | undefined;
}

/** Options of {@link inspectEngines}. */
export interface InspectOptions {
  /** The self-check, e.g. `checkEngine` of `@dira/tensor`. */
  readonly check?: EngineCheck;
  /** Time for measuring each engine's speed. @defaultValue 500 */
  readonly budgetMs?: number;
}

/**
 * Starts each engine in turn, checks it and measures its speed, then makes the engine that was in use
 * before the one in use again. A native engine that crashes on loading is found out in a child
 * process first. Never throws for an engine's sake.
 */
export async function inspectEngines(options: InspectOptions = {}): Promise<DoctorReport> {
  const before = Object.keys(tf.engine().registry).length > 0 ? tf.getBackend() : undefined;
  const engines: EngineInspection[] = [];
  for (const name of ENGINE_NAMES) engines.push(await inspect(name, options));
  if (before !== undefined) await tf.setBackend(before);
  return {
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    threads: availableParallelism(),
    freeMemoryBytes: freemem(),
    cache: cacheFolder(),
    engines,
    auto: engines.find(({ found, failing }) => found && (failing ?? []).length === 0)?.name,
  };
}

async function inspect(name: EngineName, options: InspectOptions): Promise<EngineInspection> {
  try {
    const crash = await whyCrashing(name);
    if (crash !== undefined) return { name, found: false, why: crash };
    const check = options.check === undefined ? {} : { check: options.check };
    const { version, device, abilities } = await startEngine(name, {
      ...check,
      purpose: "inference",
    });
    const failing = abilities.training === "unchecked" ? undefined : abilities.failing;
    const gflops = await measureEngine(options.budgetMs).catch(() => undefined);
    return { name, found: true, version, device, threads: abilities.threads, failing, gflops };
  } catch (error) {
    return { name, found: false, why: firstLine(error) };
  }
}
