import type { Random } from "@dira/random";

/** From and to, drawn uniformly; a single number x stands for ±x. */
export type Span = number | readonly [from: number, to: number];

/** A span as from and to. */
function spanOf(span: Span): readonly [number, number] {
  return typeof span === "number" ? [-span, span] : span;
}

/** A number drawn from a span. */
export function drawFrom(span: Span, random: Random): number {
  const [from, to] = spanOf(span);
  return random.uniform(from, to);
}

/** Two whole numbers that name a stream of their own, so that a record need not hold all it draws. */
export function drawSeed(random: Random): number[] {
  return [random.integer(0, 2 ** 32), random.integer(0, 2 ** 32)];
}
