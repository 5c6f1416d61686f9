/**
 * The learning rate of a step (from 0). A pure function, so a resumed run needs no state for it.
 */
export type Schedule = (step: number) => number;

/** The same rate always. */
export function constant(rate: number): Schedule {
  check("constant", { rate }, 0);
  return () => rate;
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  readonly base: number;
  /** Steps until the rate has reached `final`; it stays there. */
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
 * @throws Error for rates below 0 or steps below 1.
 * @see Loshchilov and Hutter 2017, eq. 5, https://arxiv.org/abs/1608.03983
 */
export function cosine({ base, steps, every = 1, final = 0 }: CosineOptions): Schedule {
  check("cosine", { base, final }, 0);
  check("cosine", { steps, every }, 1);
  const units = Math.max(1, Math.ceil(steps / every));
  return (step) => {
    const progress = Math.min(1, Math.floor(step / every) / units);
    return final + (base - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  readonly base: number;
  /** The steps at which the rate drops, rising. */
  readonly milestones: readonly number[];
  /** What it is multiplied by at each. @defaultValue 0.1 */
  readonly factor?: number;
}

/**
 * Drops at milestones: `base · factorᵏ` after k of them, as `torch.optim.lr_scheduler.MultiStepLR`.
 *
 * @throws Error for milestones that do not rise.
 */
export function stepDecay({ base, milestones, factor = 0.1 }: StepDecayOptions): Schedule {
  check("stepDecay", { base, factor }, 0);
  if (milestones.some((at, i) => at <= (milestones[i - 1] ?? 0))) {
    throw new Error(
      `stepDecay: \`milestones\` must rise from above 0, got [${milestones.join(", ")}].`,
    );
  }
  return (step) => base * factor ** milestones.filter((at) => at <= step).length;
}

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** Steps until the rate is that of `after` at its start. */
  readonly steps: number;
  /** What follows; its step 0 is the warm-up's end. */
  readonly after: Schedule;
  /** The rate at step 0. @defaultValue 0 (Chen et al. 2021, MoCo v3; that step moves nothing) */
  readonly from?: number;
}

/**
 * Rises linearly, `from + (after(0) − from) · step / steps`, then goes on with another schedule.
 *
 * @throws Error for steps below 1.
 * @see Goyal et al. 2017, section 2.2, https://arxiv.org/abs/1706.02677
 */
export function warmup({ steps, after, from = 0 }: WarmupOptions): Schedule {
  check("warmup", { from }, 0);
  check("warmup", { steps }, 1);
  return (step) => (step < steps ? from + ((after(0) - from) * step) / steps : after(step - steps));
}

function check(where: string, values: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= least && Number.isFinite(value)) continue;
    throw new Error(`${where}: \`${name}\` must be at least ${least}, got ${value}.`);
  }
}
