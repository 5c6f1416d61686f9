import type { Pixels, Raster } from "@dira/augmentations";
import type { Scan } from "../image.ts";
import { emptyLike, sharedCopy } from "../formats/shared-memory.ts";

const KINDS = { Uint8Array, Uint16Array, Int16Array, Float32Array } as const;
type Kind = keyof typeof KINDS;

/** Everything of a scan but its pixels. */
type Head = Omit<Scan, "data"> & { readonly kind: Kind };

/** The pixels start at a multiple of this, so that they can be viewed in place. */
const ALIGNMENT = 8;

/**
 * A scan as bytes: the length of a JSON head (u32, little-endian), the head, zeros up to a multiple of
 * 8, then the pixels as they lie in memory. The same scan always gives the same bytes.
 */
export function encodeScan({ data, shape, spacing, origin, direction }: Scan): Uint8Array {
  const kind = Object.keys(KINDS).find((name) => data instanceof KINDS[name as Kind]) as Kind;
  const head: Head = { kind, shape, ...given({ spacing, origin, direction }) };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const start = aligned(4 + text.length);
  const bytes = new Uint8Array(start + data.byteLength);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/** The scan of {@link encodeScan}'s bytes, in memory that threads share. @throws Error for others. */
export function decodeScan(bytes: Uint8Array): Scan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Head;
  const { kind, ...rest } = head;
  const pixels = bytes.subarray(aligned(4 + length));
  const memory = sharedCopy("The cache", pixels).buffer;
  const create = KINDS[kind] as new (memory: SharedArrayBuffer) => Scan["data"];
  return { ...rest, data: new create(memory) };
}

/** The same scan in memory that threads share; itself if it is there already. */
export function shared<Data extends Pixels>(raster: Raster<Data>): Raster<Data> {
  if (raster.data.buffer instanceof SharedArrayBuffer) return raster;
  const data = emptyLike("The cache", raster.data, raster.data.length);
  data.set(raster.data);
  return { ...raster, data };
}

const aligned = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
