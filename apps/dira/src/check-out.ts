import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** Keys of what `dira evaluate` writes, of runs of pretrain and of finetune. */
const OF_EVALUATIONS = ["rows", "metric"];

/** @throws UsageError when a file is there that is no earlier evaluation: it is not written over. */
export function checkReplaceable(path: string): void {
  if (!existsSync(path) || isEvaluation(path)) return;
  throw new UsageError(
    `--out: ${path} is there and is no evaluation, so it is not written over. Name another file.`,
  );
}

function isEvaluation(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"));
    return (
      typeof found === "object" && found !== null && OF_EVALUATIONS.some((key) => key in found)
    );
  } catch {
    return false;
  }
}

/**
 * @param own - a file that shows that an earlier result is there, which may be written over.
 * @throws UsageError when a folder holds something else.
 */
export function checkReplaceableFolder(out: string, own: string): void {
  if (!existsSync(out) || existsSync(join(out, own))) return;
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return;
  throw new UsageError(`--out: ${out} is not empty. Name a new folder, or one with ${own}.`);
}
