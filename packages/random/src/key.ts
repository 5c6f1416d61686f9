import { type Block, philoxInto } from "./philox.ts";

/** A part of a key: a safe integer, or a word. */
export type KeyPart = number | string;

/** The 128 bits that a key is folded into. */
export type KeyState = Block;

/** Where every key starts. */
export const EMPTY_KEY: KeyState = [0x64697261, 0, 0, 0];

const NUMBER_DOMAIN = 1;
const STRING_DOMAIN = 2;

/**
 * Folds one more part into a key: each 64-bit piece of the part becomes a Philox key that encrypts
 * the state so far (a Matyas–Meyer–Oseas chain). Kind and length enter as well, so that
 * `("ab")`, `("a", "b")`, `(1)` and `("1")` all differ.
 *
 * @throws TypeError for a number that is not a safe integer.
 */
export function foldKey(state: KeyState, part: KeyPart): KeyState {
  if (typeof part === "number") {
    if (!Number.isSafeInteger(part)) {
      throw new TypeError(`random: a key part must be a safe integer or a string, got ${part}.`);
    }
    const low = part >>> 0;
    const high = Math.floor(part / 2 ** 32) >>> 0;
    return mix(mix(state, NUMBER_DOMAIN, 8), low, high);
  }
  let next = mix(state, STRING_DOMAIN, part.length);
  for (let i = 0; i < part.length; i += 4) {
    const code = (offset: number): number => {
      const value = part.charCodeAt(i + offset);
      return Number.isNaN(value) ? 0 : value;
    };
    next = mix(next, (code(0) | (code(1) << 16)) >>> 0, (code(2) | (code(3) << 16)) >>> 0);
  }
  return next;
}

const mixed = new Uint32Array(4);

function mix([s, t, u, v]: KeyState, low: number, high: number): KeyState {
  philoxInto(mixed, s, t, u, v, low, high);
  const [a, b] = [mixed[0] as number, mixed[1] as number];
  const [c, d] = [mixed[2] as number, mixed[3] as number];
  return [(a ^ s) >>> 0, (b ^ t) >>> 0, (c ^ u) >>> 0, (d ^ v) >>> 0];
}
