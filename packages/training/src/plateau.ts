/** Options of {@link reduceOnPlateau}. */
export interface PlateauOptions {
  readonly base: number;
  /** What the rate is multiplied by. @defaultValue 0.1 */
  readonly factor?: number;
  /** Validations without improvement that are let pass. @defaultValue 10 */
  readonly patience?: number;
  /** By which share a value must be better to count. @defaultValue 1e-4 */
  readonly threshold?: number;
  /** Whether larger values are better. @defaultValue "min" */
  readonly mode?: "min" | "max";
  /** Lowest rate. @defaultValue 0 */
  readonly least?: number;
}

/** Where a {@link reduceOnPlateau} or {@link earlyStopping} stands: all that a checkpoint has to keep. */
export interface PlateauState {
  readonly best: number;
  /** Validations since the best. */
  readonly waited: number;
  /** Times that the rate was reduced. */
  readonly reductions: number;
}

/** A learning rate that follows a validation's value. */
export interface Plateau {
  /** The rate now. */
  readonly rate: number;
  readonly state: PlateauState;
  /** Takes a validation's value. */
  observe(value: number): void;
}

/**
 * Reduces the rate when a value has not improved for more than `patience` validations in a row, as
 * `torch.optim.lr_scheduler.ReduceLROnPlateau` with its defaults (relative threshold, no cooldown).
 *
 * @param state - of a checkpoint, to go on from. @defaultValue the beginning
 * @throws Error for options out of range, or a value that is no number.
 */
export function reduceOnPlateau(options: PlateauOptions, state?: PlateauState): Plateau {
  const { base, factor = 0.1, patience = 10, threshold = 1e-4, mode = "min", least = 0 } = options;
  if (!(base > 0 && factor > 0 && factor < 1 && patience >= 0 && threshold >= 0 && least >= 0)) {
    throw new Error(
      `reduceOnPlateau: expected base > 0, factor in (0, 1), patience, threshold and least ≥ 0, got ${JSON.stringify(options)}.`,
    );
  }
  let now = state ?? { best: mode === "min" ? Infinity : -Infinity, waited: 0, reductions: 0 };
  return {
    get rate() {
      return Math.max(least, base * factor ** now.reductions);
    },
    get state() {
      return now;
    },
    observe: (value) => {
      if (Number.isNaN(value)) throw new Error("reduceOnPlateau: expected a number, got NaN.");
      if (isBetter(value, now.best, mode, threshold)) now = { ...now, best: value, waited: 0 };
      else if (now.waited >= patience) now = { ...now, waited: 0, reductions: now.reductions + 1 };
      else now = { ...now, waited: now.waited + 1 };
    },
  };
}

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** Validations without improvement after which it is time. @defaultValue 10 */
  readonly patience?: number;
  /** @defaultValue "min" */
  readonly mode?: "min" | "max";
}

/** Says when a value has not improved for long. */
export interface EarlyStopping {
  readonly state: Pick<PlateauState, "best" | "waited">;
  /** Whether it is time to stop. */
  readonly due: boolean;
  /** Takes a validation's value; says whether it is the best so far. */
  observe(value: number): boolean;
}

/**
 * Stops training once a value has not improved for `patience` validations in a row.
 *
 * @param state - of a checkpoint, to go on from. @defaultValue the beginning
 * @throws Error for a value that is no number.
 */
export function earlyStopping(
  { patience = 10, mode = "min" }: EarlyStoppingOptions = {},
  state?: Pick<PlateauState, "best" | "waited">,
): EarlyStopping {
  let now = state ?? { best: mode === "min" ? Infinity : -Infinity, waited: 0 };
  return {
    get state() {
      return now;
    },
    get due() {
      return now.waited >= patience;
    },
    observe: (value) => {
      if (Number.isNaN(value)) throw new Error("earlyStopping: expected a number, got NaN.");
      const better = isBetter(value, now.best, mode, 0);
      now = better ? { best: value, waited: 0 } : { ...now, waited: now.waited + 1 };
      return better;
    },
  };
}

/** PyTorch's relative threshold; anything is better than nothing. */
function isBetter(value: number, best: number, mode: "min" | "max", threshold: number): boolean {
  if (!Number.isFinite(best)) return Number.isFinite(value);
  return mode === "min" ? value < best * (1 - threshold) : value > best * (1 + threshold);
}
