import type { Random } from "@dira/random";
import type { Anatomy } from "./anatomy.ts";
import { grainOf, nextState } from "./noise.ts";

/** Entries of the tables of {@link expose}, and how many a unit of depth has. */
const ENTRIES = 1024;
const RATE = 256;

/** What a depth looks like, and how much its noise shows. */
interface Response {
  readonly shown: Float32Array;
  readonly noise: Float32Array;
}

/**
 * Turns depths of tissue into what a detector's software shows of them: Beer and Lambert's law, scatter and quantum
 * noise, then the logarithm and an S-shaped display curve. Noise is taken to first order.
 */
export function expose(data: Float32Array, size: number, a: Anatomy, random: Random): void {
  const { shown, noise } = responseOf(a);
  let state = random.integer(1, 2 ** 32) | 0;
  for (let at = 0; at < data.length; at += 1) {
    state = nextState(state);
    const place = Math.min(ENTRIES - 1, Math.max(0, (data[at] as number) * RATE));
    const entry = place | 0;
    const from = shown[entry] as number;
    const level = from + ((shown[entry + 1] as number) - from) * (place - entry);
    const value = 0.03 + 0.97 * (level + (noise[entry] as number) * grainOf(state));
    data[at] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  darken(
    data,
    size,
    a.borders.map((share) => share * size),
  );
}

/** The film's black borders. */
function darken(data: Float32Array, size: number, borders: readonly number[]): void {
  const [left, right, top, bottom] = borders as [number, number, number, number];
  for (let y = 0; y < size; y += 1) {
    const row = data.subarray(y * size, (y + 1) * size);
    if (y < top || y >= size - bottom) row.fill(0);
    if (left > 0) row.fill(0, 0, Math.ceil(left));
    if (right > 0) row.fill(0, Math.ceil(size - right));
  }
}

function responseOf({ display }: Anatomy): Response {
  const [contrast, brightness, noise, scatter] = display;
  const response = {
    shown: new Float32Array(ENTRIES + 1),
    noise: new Float32Array(ENTRIES + 1),
  };
  for (let i = 0; i <= ENTRIES; i += 1) {
    const beam = Math.exp((-2.2 * i) / RATE) * (1 - scatter) + 0.14 * scatter;
    const absorbed = Math.max(0, -Math.log(beam) / 2.2) * contrast;
    const root = Math.sqrt(Math.sqrt(absorbed));
    const left = Math.exp(-1.75 * absorbed * root);
    response.shown[i] = 1 - left + brightness * Math.min(1, 3 * absorbed);
    const slope = 2.1875 * root * left + (3 * absorbed < 1 ? 3 * brightness : 0);
    // Fewer quanta, more noise: its share grows with 1 / √beam.
    response.noise[i] = ((slope * contrast) / 2.2) * (noise / Math.sqrt(beam + 0.01));
  }
  return response;
}
