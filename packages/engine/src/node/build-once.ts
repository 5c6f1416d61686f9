import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock.ts";
import { cacheState } from "./manifest.ts";
import { whyNotLoadable } from "./probe-binding.ts";

/** A cached engine. */
export interface Build {
  /** As people know it. */
  readonly engine: string;
  /** Where it is when complete. */
  readonly folder: string;
  /** Of the addon in the folder. */
  readonly file: string;
}

/**
 * Builds a cached engine unless it is there, complete and loadable. Work happens in a folder beside the final one, which
 * is renamed when complete, under a lock, so that neither a broken build nor several processes at once can leave a
 * half-made engine.
 *
 * @param make - fills the folder that it gets, the manifest last.
 */
export async function buildOnce(
  build: Build,
  make: (work: string) => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  const { engine, folder } = build;
  if ((await whyUnsound(build)) === undefined) return;
  await withLock(
    `${folder}.lock`,
    async () => {
      const why = await whyUnsound(build);
      if (why === undefined) return;
      if (why !== "absent") say(`${engine}: the build in ${folder} is ${why}; building it again`);
      await makeAside(folder, make);
    },
    (holder) => say(`${engine}: ${holder} is preparing it; waiting`),
  );
}

/** Why a cached engine can't be used as it is, or undefined. */
async function whyUnsound({ folder, file }: Build): Promise<string | undefined> {
  const state = cacheState(folder, file);
  if (state !== "sound") return state;
  const why = await whyNotLoadable(join(folder, file));
  return why === undefined ? undefined : `not loadable (${why})`;
}

/** Only the holder of the lock calls this. */
async function makeAside(folder: string, make: (work: string) => Promise<void>): Promise<void> {
  removeLeftovers(folder);
  const work = `${folder}.tmp-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    await make(work);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Folders of processes that were ended while building. */
function removeLeftovers(folder: string): void {
  const parent = dirname(folder);
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(folder)}.tmp-`))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}
