import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError, type Scan } from "../image.ts";
import { makeFolder } from "../make-folder.ts";
import { decodeScan, encodeScan } from "./scan-bytes.ts";

/** What reading a source has given: the hash of its scan. */
export interface Noted {
  readonly hash: string;
}

/**
 * Decoded scans in a folder, by the SHA-256 of their bytes (`objects/ab/cdef…`), and what each source
 * gave (`entries/ab/cdef…`). Several processes may use it at once; what is damaged is made anew.
 */
export interface DiskStore {
  /** What is known of a source. */
  find(key: string): Promise<Noted | undefined>;
  /** A scan, if it is there and whole. */
  load(hash: string): Promise<Scan | undefined>;
  /** Notes what a source gave. */
  note(key: string, entry: Noted): Promise<void>;
  /** Keeps a scan; beyond the bound those written longest ago go. */
  keep(scan: Scan): Promise<void>;
}

/** The SHA-256 of a scan: of its pixels, type, shape and place in the world. */
export function hashOf(scan: Scan): string {
  return sha256(encodeScan(scan));
}

/** After so much of the bound has been written, the folder is looked at again. */
const LOOK_SHARE = 1 / 16;

/**
 * Opens a store, or starts one. What a process that was killed left half-written goes once it is an hour
 * old.
 *
 * @param maxBytes - bound on all scans together, of all processes. Each looks at what the others wrote
 *   whenever it has written a sixteenth of the bound, so P processes may be P sixteenths above it.
 * @throws DataError when the folder can't be made or read.
 */
export async function openDiskStore(folder: string, maxBytes: number): Promise<DiskStore> {
  const root = join(folder, "objects");
  const bounded = await boundedObjects(folder, root, maxBytes);
  const pathOf = (kind: string, hash: string): string =>
    join(folder, kind, hash.slice(0, 2), hash.slice(2));
  return {
    find: async (key) => {
      const text = await readOrNothing(pathOf("entries", sha256(key)));
      return text === undefined ? undefined : entryOf(text);
    },
    load: async (hash) => {
      const bytes = await readOrNothing(pathOf("objects", hash));
      return bytes === undefined || sha256(bytes) !== hash ? undefined : decodeScan(bytes);
    },
    note: (key, entry) => writeWhole(pathOf("entries", sha256(key)), JSON.stringify(entry)),
    keep: async (scan) => {
      const bytes = encodeScan(scan);
      const path = pathOf("objects", sha256(bytes));
      await bounded.add({ path, bytes: bytes.length }, () => writeWhole(path, bytes));
    },
  };
}

/** The scans of a store, of which the oldest go beyond the bound. */
async function boundedObjects(
  folder: string,
  root: string,
  maxBytes: number,
): Promise<{ add(object: StoredObject, write: () => Promise<void>): Promise<void> }> {
  let objects: StoredObject[] = [];
  let total = 0;
  let unseen = 0;
  const look = async (): Promise<void> => {
    objects = await listObjects(root);
    total = objects.reduce((sum, { bytes }) => sum + bytes, 0);
    unseen = 0;
  };
  const makeRoom = async (bytes: number): Promise<void> => {
    for (let oldest = objects[0]; oldest && total + bytes > maxBytes; oldest = objects[0]) {
      objects.shift();
      total -= oldest.bytes;
      await rm(oldest.path, { force: true });
    }
  };
  const account = async (added: StoredObject, write: () => Promise<void>): Promise<void> => {
    unseen += added.bytes;
    if (unseen > maxBytes * LOOK_SHARE) await look();
    const there = objects.some(({ path }) => path === added.path);
    if (!there) await makeRoom(added.bytes);
    await write();
    if (there) return;
    objects.push(added);
    total += added.bytes;
  };
  makeFolder(folder);
  try {
    makeFolder(root);
    await sweep(folder);
    await look();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `The cache folder ${folder} can't be used (${why}). Name a folder that can be written to.`,
    );
  }
  // One after the other: several scans may be kept at once, and room is made before each is written.
  let last = Promise.resolve();
  return {
    add: (object, write) => {
      const turn = last.then(() => account(object, write));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

interface StoredObject {
  readonly path: string;
  readonly bytes: number;
}

interface FoundFile extends StoredObject {
  readonly mtimeMs: number;
}

/** What is stored, the oldest first. */
async function listObjects(root: string): Promise<StoredObject[]> {
  const found = await filesBelow(root, (name) => !name.endsWith(".tmp"));
  return found.sort((a, b) => a.mtimeMs - b.mtimeMs);
}

const HOUR_MS = 3_600_000;

/** Removes half-written files that no process can still be writing. */
async function sweep(folder: string): Promise<void> {
  const found = await filesBelow(folder, (name) => name.endsWith(".tmp"));
  const left = found.filter(({ mtimeMs }) => Date.now() - mtimeMs > HOUR_MS);
  await Promise.all(left.map(({ path }) => rm(path, { force: true })));
}

/** Files by name; those that another process removes meanwhile are not there. */
async function filesBelow(folder: string, wanted: (name: string) => boolean): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && wanted(entry.name));
  const found = await Promise.all(
    files.map(async ({ parentPath, name }): Promise<FoundFile[]> => {
      const path = join(parentPath, name);
      try {
        const { size, mtimeMs } = await stat(path);
        return [{ path, bytes: size, mtimeMs }];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

/** Files written by this process: two of the same content may be under way at once. */
let written = 0;

/** A file is there whole or not at all, also when the process is killed. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  written += 1;
  const temporary = `${path}.${process.pid}-${written}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function entryOf(text: Uint8Array): Noted | undefined {
  try {
    const entry = JSON.parse(new TextDecoder().decode(text)) as Partial<Noted> | null;
    return typeof entry?.hash === "string" ? { hash: entry.hash } : undefined;
  } catch {
    return undefined; // cut short: read the source again
  }
}

const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");
