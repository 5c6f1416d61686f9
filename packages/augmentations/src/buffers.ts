/** Arrays that nobody holds any more, by length. */
const free = new Map<number, Float32Array[]>();
const MOST_BYTES = 64 * 2 ** 20;
const MOST_OF_A_LENGTH = 8;
let held = 0;

/** An array to be filled: what it holds is left over. Fresh memory costs more than most transforms do. */
export function takeBuffer(length: number): Float32Array {
  const buffer = free.get(length)?.pop();
  if (buffer === undefined) return new Float32Array(length);
  held -= buffer.byteLength;
  return buffer;
}

/** A copy, in an array from {@link takeBuffer}. */
export function copied(data: Float32Array): Float32Array {
  const out = takeBuffer(data.length);
  out.set(data);
  return out;
}

/** Hands an array back, which its owner must not touch again. */
export function giveBack(buffer: Float32Array): void {
  if (held + buffer.byteLength > MOST_BYTES || !isWhole(buffer)) return;
  const same = free.get(buffer.length) ?? [];
  if (same.length >= MOST_OF_A_LENGTH) return;
  same.push(buffer);
  free.set(buffer.length, same);
  held += buffer.byteLength;
}

/** Whether the array is all there is of its memory, and its memory is this thread's own. */
function isWhole({ buffer, byteLength }: Float32Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
}
