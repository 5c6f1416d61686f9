import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError, type Scan } from "../image.ts";
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

/**
 * Opens a store, or starts one.
 *
 * @param maxBytes - bound on all scans together.
 */
export async function openDiskStore(folder: string, maxBytes: number): Promise<DiskStore> {
  const objects = await listObjects(join(folder, "objects")).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `The cache folder ${folder} can't be used (${why}). Name a folder that can be written to.`,
    );
  });
  let total = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const pathOf = (kind: string, hash: string): string =>
    join(folder, kind, hash.slice(0, 2), hash.slice(2));
  const makeRoom = async (): Promise<void> => {
    while (total > maxBytes && objects.length > 1) {
      const oldest = objects.shift() as StoredObject;
      total -= oldest.bytes;
      await rm(oldest.path, { force: true });
    }
  };
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
      const known = objects.some((object) => object.path === path);
      await writeWhole(path, bytes);
      if (known) return;
      objects.push({ path, bytes: bytes.length });
      total += bytes.length;
      await makeRoom();
    },
  };
}

interface StoredObject {
  readonly path: string;
  readonly bytes: number;
}

/** What is stored, the oldest first. */
async function listObjects(folder: string): Promise<StoredObject[]> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"))
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { size, mtimeMs } = await stat(path);
        return { path, bytes: size, mtimeMs };
      }),
  );
  return found.sort((a, b) => a.mtimeMs - b.mtimeMs);
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
