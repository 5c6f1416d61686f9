import { EMPTY_KEY, foldKey, type KeyPart, type KeyState } from "./key.ts";
import { philoxInto } from "./philox.ts";

/**
 * A stream of random numbers that is a pure function of its key. Drawing advances this stream alone;
 * {@link Random.derive} gives independent streams without advancing it.
 */
export interface Random {
  /** Uniform in `[low, high)`, from 32 random bits. @defaultValue [0, 1) */
  uniform(low?: number, high?: number): number;
  /** A whole number, each of `low … highExclusive − 1` equally likely. */
  integer(low: number, highExclusive: number): number;
  /** From N(0, 1), by Box and Muller's method. */
  normal(): number;
  /** True with probability p; never at 0, always at 1. */
  bernoulli(p: number): boolean;
  /** The numbers 0 … n − 1 in random order, by Fisher and Yates' method. */
  permutation(n: number): Uint32Array;
  /** Fills `out` evenly from `[low, high)`, each from the upper 24 bits of a word: a float32 holds no more. */
  fillUniform(out: Float32Array, low: number, high: number): void;
  /** Fills `out` from N(mean, std²). */
  fillNormal(out: Float32Array, mean: number, std: number): void;
  /** The stream of this stream's key and these further parts, whatever was drawn before. */
  derive(...key: readonly KeyPart[]): Random;
}

/**
 * Random numbers keyed by what they are for: `createRandom(seed, epoch, sample, view, "flip")`.
 *
 * The stream is Philox4x32-10 run over a block counter. The 128-bit folded key gives the cipher's
 * 64-bit key and the upper half of its counter. The same key gives the same numbers on every engine,
 * in every worker, and in every release: a change of this stream is a breaking change.
 *
 * @param key - safe integers and strings; `(1, 2)` and `(12)` are different keys.
 * @throws TypeError for a key part that is not a safe integer or a string.
 */
export function createRandom(...key: readonly KeyPart[]): Random {
  return streamOf(key.reduce(foldKey, EMPTY_KEY));
}

function streamOf(state: KeyState): Random {
  const [k0, k1, high0, high1] = state;
  const block = new Uint32Array(4);
  let used = 4;
  let counter = 0;
  const word = (): number => {
    if (used === 4) {
      philoxInto(block, counter >>> 0, Math.floor(counter / 2 ** 32), high0, high1, k0, k1);
      counter += 1;
      used = 0;
    }
    used += 1;
    return block[used - 1] as number;
  };
  const unit = (): number => word() / 2 ** 32;
  const integer = (low: number, highExclusive: number): number =>
    low + below(highExclusive - low, word);
  const normalPair = (): [number, number] => {
    const radius = Math.sqrt(-2 * Math.log((word() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * unit();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  };
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * unit(),
    integer,
    normal: () => normalPair()[0],
    bernoulli: (p) => unit() < p,
    permutation: (n) => {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i -= 1) {
        const j = integer(0, i + 1);
        const held = order[i] as number;
        order[i] = order[j] as number;
        order[j] = held;
      }
      return order;
    },
    fillUniform: (out, low, high) => {
      const scale = (high - low) / 2 ** 24;
      for (let i = 0; i < out.length; i += 1) out[i] = low + scale * (word() >>> 8);
    },
    fillNormal: (out, mean, std) => {
      for (let i = 0; i < out.length; i += 2) {
        const [a, b] = normalPair();
        out[i] = mean + std * a;
        if (i + 1 < out.length) out[i + 1] = mean + std * b;
      }
    },
    derive: (...parts) => streamOf(parts.reduce(foldKey, state)),
  };
}

/** Unbiased: words in the last, incomplete range are drawn again. */
function below(range: number, word: () => number): number {
  if (!Number.isInteger(range) || range < 1 || range > 2 ** 32) {
    throw new RangeError(`random: expected a range of 1 … 2^32 whole numbers, got ${range}.`);
  }
  for (;;) {
    const drawn = word();
    // What is this far below the end can't be in the incomplete range.
    if (drawn <= 0xffffffff - range || drawn < 2 ** 32 - (2 ** 32 % range)) return drawn % range;
  }
}
