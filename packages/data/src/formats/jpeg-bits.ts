import { ImageError } from "../image.ts";

/** For each 16 bits to come: `length << 8 | symbol`, 0 where no code begins so. */
export type HuffmanTable = Uint16Array;

/** The table of a DHT segment: how many codes there are of 1 to 16 bits, and their symbols in order. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65_536);
  let from = 0;
  let next = 0;
  for (let length = 1; length <= 16; length += 1) {
    const span = 1 << (16 - length);
    for (let i = 0; i < (counts[length - 1] ?? 0); i += 1) {
      table.fill((length << 8) | (symbols[next++] ?? 0), from, from + span);
      from += span;
    }
  }
  return table;
}

/** Bits of an entropy-coded segment. */
export interface JpegBits {
  /** The next Huffman-coded symbol. */
  symbol(table: HuffmanTable): number;
  /** `size` bits as a difference: `2^(size − 1) …` as they are, below that negative (T.81, EXTEND). */
  difference(size: number): number;
  /** To the next restart marker. */
  restart(): void;
}

/** How many bytes may be missing at the end: what a decoder looks ahead. */
const SLACK = 8;

/** @throws ImageError (when reading) where no code fits or the data end. */
export function jpegBits(path: string, bytes: Uint8Array, start: number): JpegBits {
  let at = start;
  let bits = 0;
  let count = 0;
  let missing = 0;
  const fill = (): void => {
    while (count <= 16) {
      let byte = bytes[at] ?? 0;
      const ended = at >= bytes.length || (byte === 0xff && bytes[at + 1] !== 0);
      if (ended) {
        byte = 0;
        missing += 1;
        if (missing > SLACK) throw new ImageError(`${path}: its JPEG pixels are cut short.`);
      } else at += byte === 0xff ? 2 : 1;
      bits = (bits << 8) | byte;
      count += 8;
    }
  };
  return {
    symbol: (table) => {
      fill();
      const found = table[(bits >>> (count - 16)) & 0xffff] as number;
      if (found === 0) throw new ImageError(`${path}: its JPEG pixels are damaged.`);
      count -= found >> 8;
      return found & 255;
    },
    difference: (size) => {
      if (size === 0) return 0;
      fill();
      count -= size;
      const value = (bits >>> count) & ((1 << size) - 1);
      return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    },
    restart: () => {
      count = 0;
      missing = 0;
      while (at + 1 < bytes.length) {
        if (bytes[at] === 0xff && ((bytes[at + 1] as number) & 0xf8) === 0xd0) {
          at += 2;
          return;
        }
        at += 1;
      }
    },
  };
}
