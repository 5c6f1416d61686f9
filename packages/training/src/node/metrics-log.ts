import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventFile, type EventFile } from "./event-file.ts";
import { flush, writeAtomically } from "./write-atomically.ts";

/** A line of `metrics.jsonl`. */
export type MetricsLine = Readonly<Record<string, number | string>>;

/** What a run has measured: JSON lines, and the same for TensorBoard. */
export interface MetricsLog {
  /** Adds a line. @throws Error when it can't be written. */
  log(line: MetricsLine): void;
  /**
   * Drops every line past a step, and a half-written last one. A line's step is its `step`, or its
   * place from 1 where it has none.
   */
  truncateLog(step: number): void;
  /** Whole lines. */
  logged(): number;
  /** Waits until all lines are on the disk; before a checkpoint, so that none is missing after it. */
  flush(): void;
}

/** Name of the file that TensorBoard reads. */
const EVENTS = "events.out.tfevents.0.dira";

/** The log in a run's folder: `metrics.jsonl` and an event file. */
export function metricsLog(folder: string): MetricsLog {
  const path = join(folder, "metrics.jsonl");
  const wholeLines = (): string[] =>
    existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  let events: EventFile | undefined;
  const openEvents = (): EventFile => (events ??= eventFile(join(folder, EVENTS)));
  return {
    log: (line) => {
      appendFileSync(path, `${JSON.stringify(line)}\n`);
      const { step, ...rest } = line;
      const scalars = Object.entries(rest).filter(([, value]) => typeof value === "number");
      if (Number.isSafeInteger(step) && (step as number) >= 0) {
        openEvents().add(step as number, Object.fromEntries(scalars) as Record<string, number>);
      }
    },
    truncateLog: (step) => {
      const lines = wholeLines();
      const end = lines.findIndex((line, i) => stepOf(path, line, i + 1) > step);
      const kept = end < 0 ? lines : lines.slice(0, end);
      writeAtomically(path, kept.map((line) => `${line}\n`).join(""));
      openEvents().truncate(step);
    },
    logged: () => wholeLines().length,
    flush: () => {
      for (const file of [path, join(folder, EVENTS)]) if (existsSync(file)) flush(file, "r+");
    },
  };
}

function stepOf(path: string, line: string, place: number): number {
  try {
    const { step = place } = JSON.parse(line) as { step?: number };
    return step;
  } catch {
    throw new Error(
      `${path}, line ${place}: expected a JSON object, got \`${line.slice(0, 60)}\`. The file is damaged; put it right or start anew.`,
    );
  }
}
