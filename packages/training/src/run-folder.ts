import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./write-atomically.ts";

/** A line of `metrics.jsonl`. */
export type MetricsLine = Readonly<Record<string, number | string>>;

/** The folder of a run: `config.json`, `metrics.jsonl`, `images/`, `checkpoints/`. */
export interface RunFolder {
  readonly path: string;
  readonly checkpoints: string;
  readonly images: string;
  /** Adds a line to `metrics.jsonl`. */
  log(line: MetricsLine): void;
  /** Drops every line past the first `count`, and a half-written last one. */
  truncateLog(count: number): void;
  /** Whole lines in `metrics.jsonl`. */
  logged(): number;
}

/** Options of {@link openRun}. */
export interface OpenRunOptions {
  /** What decides the run's result. On resuming it must equal that of the folder. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What else to note: version, commit, engine. May differ on resuming. */
  readonly provenance?: Readonly<Record<string, unknown>>;
  readonly resume?: boolean;
}

/**
 * Opens a run's folder.
 *
 * @throws Error when the folder holds another run and `resume` is not set, or when it is set and there
 *   is none, or its configuration differs (naming the keys).
 */
export function openRun(path: string, options: OpenRunOptions): RunFolder {
  const configPath = join(path, "config.json");
  const exists = existsSync(configPath);
  if (options.resume === true) checkSameRun(configPath, options.config);
  else if (existsSync(path) && readdirSync(path).length > 0) {
    throw new Error(
      `The output folder ${path} ${exists ? "already holds a run" : "is not empty"}. Go on with it by --resume, or choose another --out.`,
    );
  }
  const [checkpoints, images] = [join(path, "checkpoints"), join(path, "images")];
  for (const folder of [path, checkpoints, images]) mkdirSync(folder, { recursive: true });
  if (!exists) {
    const content = { ...options.config, provenance: options.provenance ?? {} };
    writeAtomically(configPath, `${JSON.stringify(content, null, 2)}\n`);
  }
  const metrics = join(path, "metrics.jsonl");
  const lines = (): string[] =>
    existsSync(metrics) ? readFileSync(metrics, "utf8").split("\n").slice(0, -1) : [];
  return {
    path,
    checkpoints,
    images,
    log: (line) => appendFileSync(metrics, `${JSON.stringify(line)}\n`),
    truncateLog: (count) => {
      const kept = lines().slice(0, count);
      writeAtomically(metrics, kept.map((line) => `${line}\n`).join(""));
    },
    logged: () => lines().length,
  };
}

function checkSameRun(configPath: string, config: Readonly<Record<string, unknown>>): void {
  if (!existsSync(configPath)) {
    throw new Error(`--resume: there is no run at ${configPath}. Start one without --resume.`);
  }
  const before = JSON.parse(readFileSync(configPath, "utf8")) as Record<string, unknown>;
  const differing = Object.keys({ ...config, ...before }).filter(
    (key) => key !== "provenance" && JSON.stringify(before[key]) !== JSON.stringify(config[key]),
  );
  if (differing.length > 0) {
    const told = differing.map(
      (k) => `${k}: ${JSON.stringify(before[k])} before, ${JSON.stringify(config[k])} now`,
    );
    throw new Error(
      `--resume: the run was started with other options (${told.join("; ")}). Give the same ones.`,
    );
  }
}
