import type { Operation, Sample, Transform, TransformRecord } from "./sample.ts";

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

/**
 * Does again what a history says, bit for bit.
 *
 * @param operations - those that the history names.
 * @throws Error naming an operation that is not among them.
 */
export function replay(
  sample: Sample,
  history: readonly TransformRecord[],
  operations: readonly Operation<never>[],
): Sample {
  return history.reduce<Sample>((done, record) => {
    const operation = operations.find(({ name }) => name === record.name);
    if (operation === undefined) {
      throw new Error(
        `replay: the history names \`${record.name}\`, which is not among ${operations.map((o) => o.name).join(", ")}.`,
      );
    }
    const changed = operation.apply(done, record.parameters as never);
    return { ...changed, history: [...done.history, record] };
  }, sample);
}
