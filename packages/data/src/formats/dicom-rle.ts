import { ImageError } from "../image.ts";

/**
 * DICOM's RLE: up to 15 segments, one per byte of each sample, the highest byte first, each packed by
 * PackBits. Gives little-endian pixels, one plane per sample.
 *
 * @param pixels - in one plane.
 * @throws ImageError where a segment gives fewer bytes than there are pixels.
 * @see DICOM PS3.5, annex G
 */
export function decodeRle(
  path: string,
  frame: Uint8Array,
  { pixels, samples, width }: { pixels: number; samples: number; width: number },
): Uint8Array {
  if (frame.length < 64) throw new ImageError(`${path}: a frame ends within its RLE header.`);
  const header = new DataView(frame.buffer, frame.byteOffset, 64);
  const segments = header.getUint32(0, true);
  if (segments !== samples * width) {
    throw new ImageError(
      `${path}: expected ${samples * width} RLE segments, a frame has ${segments}.`,
    );
  }
  const out = new Uint8Array(pixels * samples * width);
  for (let segment = 0; segment < segments; segment += 1) {
    const start = header.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < segments ? header.getUint32(8 + 4 * segment, true) : frame.length;
    const sample = Math.floor(segment / width);
    const first = sample * pixels * width + (width - 1 - (segment % width));
    const written = unpack(frame.subarray(start, end), out, first, width, pixels);
    if (written < pixels) {
      throw new ImageError(
        `${path}: RLE segment ${segment} gives ${written} bytes; ${pixels} are expected.`,
      );
    }
  }
  return out;
}

/** PackBits into every `step`-th byte; returns how many were written, at most `count`. */
function unpack(
  packed: Uint8Array,
  out: Uint8Array,
  first: number,
  step: number,
  count: number,
): number {
  let done = 0;
  for (let at = 0; at < packed.length && done < count;) {
    const head = packed[at++] as number;
    if (head === 128) continue;
    const literal = head < 128;
    const run = Math.min(literal ? head + 1 : 257 - head, count - done);
    for (let i = 0; i < run; i += 1, done += 1) {
      const from = literal ? at + i : at;
      if (from >= packed.length) return done;
      out[first + done * step] = packed[from] as number;
    }
    at += literal ? head + 1 : 1;
  }
  return done;
}
