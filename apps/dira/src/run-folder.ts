import type { EngineReport } from "@dira/engine";
import { checkRunFolder, openRun, type OpenRunOptions, type RunFolder } from "@dira/training/node";
import { checkUnlocked, lockFolder } from "./folder-lock.ts";
import { provenance } from "./pretraining/provenance.ts";
import { noteRunEngine } from "./run-engine.ts";

/** Options of a run's folder: what decides its result, and whether it is gone on with. */
type Options = Required<Pick<OpenRunOptions, "config" | "resume">>;

/**
 * A look before long preparations, which writes nothing.
 *
 * @throws Error as {@link withRunFolder} does.
 */
export function checkRun(out: string, options: Options): void {
  checkRunFolder(out, options);
  checkUnlocked(out);
}

/**
 * Does the work of a run in its folder, for this process alone.
 *
 * @throws Error when the folder holds another run, or the run of a process that is still at it.
 */
export async function withRunFolder<Result>(
  out: string,
  { engine, ...options }: Options & { readonly engine: EngineReport },
  work: (run: RunFolder) => Promise<Result>,
): Promise<Result> {
  const opening = { ...options, provenance: { ...provenance(engine) } };
  // The folder of a new run must be empty, so the lock comes second; the files of one that is there are not touched before.
  const opened = options.resume ? undefined : openRun(out, opening);
  const lock = await lockFolder(out);
  try {
    const run = opened ?? openRun(out, opening);
    noteRunEngine(out, engine);
    return await work(run);
  } finally {
    lock.release();
  }
}
