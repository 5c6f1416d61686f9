/** The learning rate of a step (from 0). */
export type Schedule = (step: number) => number;

/** The same rate always. */
export function constant(rate: number): Schedule {
  return () => rate;
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  readonly base: number;
  /** Steps until the rate has reached `final`. */
  readonly steps: number;
  /** Steps over which the rate stays, e.g. those of an epoch; 1 changes it each step. @defaultValue 1 */
  readonly every?: number;
  /** @defaultValue 0 */
  readonly final?: number;
}

/**
 * Half a cosine: `final + (base − final) · ½(1 + cos(π t / T))`, t and T counted in units of `every`.
 * MoCo changes it per epoch.
 *
 * @see Loshchilov and Hutter 2017, eq. 5, https://arxiv.org/abs/1608.03983
 */
export function cosine({ base, steps, every = 1, final = 0 }: CosineOptions): Schedule {
  const units = Math.max(1, Math.ceil(steps / every));
  return (step) => {
    const progress = Math.min(1, Math.floor(step / every) / units);
    return final + (base - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}
