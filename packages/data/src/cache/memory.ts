import type { Scan } from "../image.ts";

/** Scans in memory up to a bound; those used longest ago go first. */
export interface Memory {
  get(key: string): Scan | undefined;
  /** Keeps a scan and lets others go, as many as the bound asks for. */
  keep(key: string, scan: Scan): void;
  readonly bytes: () => number;
}

/** @param maxBytes - what is held at most; a larger scan is held alone. */
export function boundedMemory(maxBytes: number): Memory {
  const kept = new Map<string, Scan>();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= kept.get(key)?.data.byteLength ?? 0;
    kept.delete(key);
  };
  return {
    get: (key) => {
      const scan = kept.get(key);
      if (scan === undefined) return undefined;
      kept.delete(key);
      kept.set(key, scan);
      return scan;
    },
    keep: (key, scan) => {
      drop(key);
      kept.set(key, scan);
      bytes += scan.data.byteLength;
      for (const oldest of kept.keys()) {
        if (bytes <= maxBytes || oldest === key) break;
        drop(oldest);
      }
    },
    bytes: () => bytes,
  };
}
