import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { metricsLog, type MetricsLog } from "./metrics-log.ts";
import { writeAtomically } from "./write-atomically.ts";

/** The folder of a run: `config.json`, `metrics.jsonl`, TensorBoard's events, `images/`, `checkpoints/`. */
export interface RunFolder extends MetricsLog {
  readonly path: string;
  readonly checkpoints: string;
  readonly images: string;
}

/** Options of {@link openRun}. */
export interface OpenRunOptions {
  /**
   * What decides the run's result: resolved options, seed, number of steps, hash of the data. On
   * resuming it must equal that of the folder.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** What else to note: version, commit, engine. May differ on resuming. */
  readonly provenance?: Readonly<Record<string, unknown>>;
  /** Go on with the run that is there. @defaultValue false */
  readonly resume?: boolean;
}

/**
 * Opens a run's folder. On resuming, a half-written last line of the log is dropped; call `truncateLog`
 * with the checkpoint's step to drop what the run will log again.
 *
 * @throws Error when the folder holds another run and `resume` is not set, or when it is set and there
 *   is none, or its configuration differs (naming the keys).
 */
export function openRun(path: string, options: OpenRunOptions): RunFolder {
  checkRunFolder(path, options);
  const configPath = join(path, "config.json");
  const exists = existsSync(configPath);
  const [checkpoints, images] = [join(path, "checkpoints"), join(path, "images")];
  for (const folder of [path, checkpoints, images]) mkdirSync(folder, { recursive: true });
  if (!exists) {
    const content = { ...options.config, provenance: options.provenance ?? {} };
    writeAtomically(configPath, `${JSON.stringify(content, null, 2)}\n`);
  }
  const log = metricsLog(path);
  if (options.resume === true) log.truncateLog(Infinity);
  return { path, checkpoints, images, ...log };
}

/**
 * Throws whatever {@link openRun} would throw, and writes nothing: for a look before long preparations.
 *
 * @throws Error as {@link openRun} does.
 */
export function checkRunFolder(path: string, { config, resume }: OpenRunOptions): void {
  const configPath = join(path, "config.json");
  if ("provenance" in config) {
    throw new Error(
      "openRun: `config` must not have a key `provenance`; that is an option of its own.",
    );
  }
  if (resume === true) checkSameRun(configPath, config);
  else if (existsSync(path) && readdirSync(path).length > 0) {
    const exists = existsSync(configPath);
    throw new Error(
      `The output folder ${path} ${exists ? "already holds a run" : "is not empty"} (${some(readdirSync(path))}). ${exists ? "Go on with it by --resume, or choose" : "Choose"} another --out.`,
    );
  }
}

function checkSameRun(configPath: string, config: Readonly<Record<string, unknown>>): void {
  if (!existsSync(configPath)) {
    throw new Error(`--resume: there is no run at ${configPath}. Start one without --resume.`);
  }
  const { provenance: _, ...before } = readConfig(configPath);
  const now = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  const told = differences(before, now);
  if (told.length > 0) {
    throw new Error(
      `--resume: the run was started with other options (${told.join("; ")}). Give the same ones.`,
    );
  }
}

function readConfig(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${path} is not JSON. Put it right, or start anew with another --out.`, {
      cause: error,
    });
  }
}

/** `key.sub: x before, y now` for whatever differs; the order of keys does not count. */
function differences(before: unknown, now: unknown, at = ""): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  if (!isRecord(before) || !isRecord(now)) {
    return [`${at}: ${JSON.stringify(before)} before, ${JSON.stringify(now)} now`];
  }
  return Object.keys({ ...before, ...now }).flatMap((key) =>
    differences(before[key], now[key], at === "" ? key : `${at}.${key}`),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}`;
}
