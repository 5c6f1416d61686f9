import type { Transform } from "./sample.ts";

/** One transform after the other; each draws from its own stream, keyed by its position. */
export function compose(...transforms: readonly Transform[]): Transform {
  return (sample, random) =>
    transforms.reduce((done, transform, i) => transform(done, random.derive("compose", i)), sample);
}

/** Applies a transform with probability p, else leaves the sample as it is. */
export function withProbability(p: number, transform: Transform): Transform {
  return (sample, random) =>
    random.derive("gate").bernoulli(p) ? transform(sample, random) : sample;
}

/**
 * Applies one of several transforms, drawn by weight; what is left to 1 leaves the sample as it is.
 *
 * @throws Error when the weights are negative or add up to more than 1.
 */
export function oneOf(
  ...choices: readonly (readonly [p: number, transform: Transform])[]
): Transform {
  const total = choices.reduce((sum, [p]) => sum + p, 0);
  if (choices.some(([p]) => !(p >= 0)) || total > 1 + 1e-9) {
    throw new Error(
      `oneOf: probabilities must be at least 0 and add up to at most 1, got ${choices.map(([p]) => p).join(", ")}.`,
    );
  }
  return (sample, random) => {
    let left = random.derive("choice").uniform();
    for (const [p, transform] of choices) {
      if (left < p) return transform(sample, random);
      left -= p;
    }
    return sample;
  };
}
