import { ImageError } from "../image.ts";
import { type HuffmanTable, huffmanTable } from "./jpeg-bits.ts";

/** What a JPEG says before its (first) scan. */
export interface JpegHeader {
  /** The kind: 0 baseline, 1 extended, 2 progressive, 3 lossless (SOFn). */
  readonly kind: number;
  readonly bits: number;
  readonly height: number;
  readonly width: number;
  readonly components: readonly JpegComponent[];
  /** By class (0 DC or lossless, 1 AC) and number. */
  readonly huffman: ReadonlyMap<string, HuffmanTable>;
  /** In zigzag order. */
  readonly quantisation: ReadonlyMap<number, Uint16Array>;
  readonly restartInterval: number;
  readonly scan: {
    readonly components: readonly {
      readonly id: number;
      readonly dc: number;
      readonly ac: number;
    }[];
    /** Ss: of a lossless scan, its predictor. */
    readonly start: number;
    /** Al: of a lossless scan, its point transform. */
    readonly shift: number;
  };
  /** Where the first scan's bits begin. */
  readonly dataStart: number;
}

interface JpegComponent {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly table: number;
}

/** Reads the markers up to the first scan. @throws ImageError where they are damaged. */
export function parseJpegHeader(path: string, bytes: Uint8Array): JpegHeader {
  const damaged = (): ImageError => new ImageError(`${path}: its JPEG header is damaged.`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const huffman = new Map<string, HuffmanTable>();
  const quantisation = new Map<number, Uint16Array>();
  let frame: Pick<JpegHeader, "kind" | "bits" | "height" | "width" | "components"> | undefined;
  let restartInterval = 0;
  if (view.length < 4 || view.readUInt16BE(0) !== 0xffd8) throw damaged();
  for (let at = 2; at + 4 <= view.length;) {
    if (view[at] !== 0xff) throw damaged();
    const marker = view[at + 1] as number;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = view.readUInt16BE(at + 2);
    const segment = view.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length !== length - 2) throw damaged();
    at += 2 + length;
    if (marker === 0xc4) addHuffman(segment, huffman);
    else if (marker === 0xdb) addQuantisation(segment, quantisation);
    else if (marker === 0xdd && segment.length >= 2) restartInterval = segment.readUInt16BE(0);
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) {
      frame = frameOf(marker - 0xc0, segment);
    } else if (marker === 0xda) {
      const scan = scanOf(segment);
      if (frame === undefined || scan === undefined) throw damaged();
      return { ...frame, huffman, quantisation, restartInterval, scan, dataStart: at };
    }
  }
  throw damaged();
}

function frameOf(kind: number, segment: Buffer) {
  if (segment.length < 6 || segment.length < 6 + 3 * (segment[5] as number)) return undefined;
  const components = Array.from({ length: segment[5] as number }, (_, i) => ({
    id: segment[6 + 3 * i] as number,
    across: (segment[7 + 3 * i] as number) >> 4,
    down: (segment[7 + 3 * i] as number) & 15,
    table: segment[8 + 3 * i] as number,
  }));
  return {
    kind,
    bits: segment[0] as number,
    height: segment.readUInt16BE(1),
    width: segment.readUInt16BE(3),
    components,
  };
}

function scanOf(segment: Buffer): JpegHeader["scan"] | undefined {
  const count = segment[0] ?? 0;
  if (segment.length < 4 + 2 * count) return undefined;
  const components = Array.from({ length: count }, (_, i) => ({
    id: segment[1 + 2 * i] as number,
    dc: (segment[2 + 2 * i] as number) >> 4,
    ac: (segment[2 + 2 * i] as number) & 15,
  }));
  const start = segment[1 + 2 * count] as number;
  return { components, start, shift: (segment[3 + 2 * count] as number) & 15 };
}

function addHuffman(segment: Buffer, tables: Map<string, HuffmanTable>): void {
  for (let at = 0; at + 17 <= segment.length;) {
    const key = `${(segment[at] as number) >> 4}/${(segment[at] as number) & 15}`;
    const counts = segment.subarray(at + 1, at + 17);
    const symbols = counts.reduce((sum, n) => sum + n, 0);
    tables.set(key, huffmanTable(counts, segment.subarray(at + 17, at + 17 + symbols)));
    at += 17 + symbols;
  }
}

function addQuantisation(segment: Buffer, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < segment.length;) {
    const wide = (segment[at] as number) >> 4 !== 0;
    const size = wide ? 128 : 64;
    if (at + 1 + size > segment.length) return;
    const body = segment.subarray(at + 1, at + 1 + size);
    tables.set(
      (segment[at] as number) & 15,
      Uint16Array.from({ length: 64 }, (_, i) =>
        wide ? body.readUInt16BE(2 * i) : (body[i] as number),
      ),
    );
    at += 1 + size;
  }
}
