import type { Random } from "@dira/random";
import { giveBack } from "./buffers.ts";
import { DiraError } from "./errors.ts";
import { isDiscreet, markDiscreet, type Sample, type Transform } from "./sample.ts";

/**
 * One transform after the other; each draws from its own stream, keyed by its position. The memory of what
 * lies between two of this package's transforms is used again.
 */
export function compose(...transforms: readonly Transform[]): Transform {
  const composed: Transform = (sample, random) => {
    let now = sample;
    /** What a transform before has made, and nobody else holds. */
    let spare: Float32Array | undefined;
    transforms.forEach((transform, i) => {
      const next = transform(now, random.derive("compose", i));
      const discreet = isDiscreet(transform);
      if (next.image.data !== now.image.data) {
        if (discreet && spare === now.image.data) giveBack(spare);
        spare = discreet ? next.image.data : undefined;
      } else if (!discreet) {
        spare = undefined;
      }
      now = next;
    });
    return now;
  };
  return markDiscreet(composed, ...transforms);
}

/**
 * Applies a transform with probability p, else leaves the sample as it is.
 *
 * @throws DiraError when p is not in [0, 1].
 */
export function withProbability(p: number, transform: Transform): Transform {
  if (!(p >= 0 && p <= 1)) {
    throw new DiraError(`withProbability: expected a probability from 0 to 1, got ${p}.`);
  }
  return markDiscreet(
    (sample, random) => (random.derive("gate").bernoulli(p) ? transform(sample, random) : sample),
    transform,
  );
}

/**
 * Applies one of several transforms, drawn by weight; what is left to 1 leaves the sample as it is.
 *
 * @throws DiraError when the weights are negative or add up to more than 1.
 */
export function oneOf(
  ...choices: readonly (readonly [p: number, transform: Transform])[]
): Transform {
  const total = choices.reduce((sum, [p]) => sum + p, 0);
  if (choices.some(([p]) => !(p >= 0)) || total > 1 + 1e-9) {
    throw new DiraError(
      `oneOf: probabilities must be at least 0 and add up to at most 1, got ${choices.map(([p]) => p).join(", ")}.`,
    );
  }
  const chosen: Transform = (sample, random) => {
    let left = random.derive("choice").uniform();
    for (const [p, transform] of choices) {
      if (left < p) return transform(sample, random);
      left -= p;
    }
    return sample;
  };
  return markDiscreet(chosen, ...choices.map(([, transform]) => transform));
}

/**
 * Applies some of several transforms, each at most once, in random order.
 *
 * @param count - how many; or from and to, each equally likely.
 * @throws DiraError when there are not so many.
 */
export function someOf(
  count: number | readonly [number, number],
  ...transforms: readonly Transform[]
): Transform {
  const [low, high] = typeof count === "number" ? [count, count] : count;
  const whole = Number.isInteger(low) && Number.isInteger(high);
  if (!whole || low < 0 || high < low || high > transforms.length) {
    throw new DiraError(
      `someOf: expected a count between 0 and the ${transforms.length} transforms given, got ${low} to ${high}.`,
    );
  }
  return (sample, random) => {
    const choice = random.derive("choice");
    const chosen = choice.permutation(transforms.length).slice(0, choice.integer(low, high + 1));
    return chosen.reduce<Sample>(
      (done, index) => (transforms[index] as Transform)(done, random.derive("some", index)),
      sample,
    );
  };
}

/** Makes views of an image: the same image and random numbers give the same views. */
export type ViewMaker<Image> = (image: Image, random: Random) => readonly Sample[];

/**
 * One view for each pipeline, each from its own stream `("view", i)`; changing one leaves the others as
 * they were. Pipelines of a {@link Sample} are transforms; those that start from cached pixels begin with
 * `cropFrom`.
 */
export function views<Image>(
  ...pipelines: readonly ((image: Image, random: Random) => Sample)[]
): ViewMaker<Image> {
  return (image, random) =>
    pipelines.map((pipeline, i) => pipeline(image, random.derive("view", i)));
}
