import { DiraError } from "./errors.ts";

/** What an option may be. */
export interface Rule {
  /** Goes on from "expected … to be". */
  readonly expects: string;
  readonly accepts: (value: unknown) => boolean;
  /** Whether it must be given. */
  readonly required?: boolean;
}

/** A rule for each of the options, so that none is forgotten. */
export type Rules<Options> = { readonly [Name in keyof Required<Options>]: Rule };

/**
 * The options as they are, once each is known and keeps its rule. To be called when a transform is made,
 * never for each image.
 *
 * @param where - the name of the function whose options they are.
 * @throws DiraError naming the function and the option.
 */
export function checked<Options extends object>(
  where: string,
  options: Options,
  rules: Rules<Options>,
): Options {
  if (!isObject(options)) {
    throw new DiraError(`${where}: expected an object of options, got ${shown(options)}.`);
  }
  const known = Object.keys(rules);
  const strange = Object.keys(options).find((name) => !known.includes(name));
  if (strange !== undefined) {
    throw new DiraError(
      `${where}: there is no option \`${strange}\`; its options are ${known.join(", ")}.`,
    );
  }
  for (const [name, rule] of Object.entries<Rule>(rules)) {
    const value = options[name];
    if (value === undefined && rule.required !== true) continue;
    if (!rule.accepts(value)) {
      throw new DiraError(
        `${where}: expected \`${name}\` to be ${rule.expects}, got ${shown(value)}.`,
      );
    }
  }
  return options;
}

/** A value as a message shows it; JSON would make null of NaN. */
export function shown(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "function") return "a function";
  return isObject(value) ? `an object (${value.constructor?.name ?? "bare"})` : String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A finite number of which something more holds. */
function number(expects: string, holds: (value: number) => boolean): Rule {
  const accepts = (value: unknown): boolean =>
    typeof value === "number" && Number.isFinite(value) && holds(value);
  return { expects, accepts };
}

export const finite: Rule = number("a finite number", () => true);

export function atLeast(low: number): Rule {
  return number(`a number of at least ${low}`, (value) => value >= low);
}

export function above(low: number): Rule {
  return number(`a number above ${low}`, (value) => value > low);
}

/** Both ends included. */
export function between(low: number, high: number): Rule {
  return number(`a number from ${low} to ${high}`, (value) => value >= low && value <= high);
}

/** Neither end included. */
export function inside(low: number, high: number): Rule {
  return number(`a number above ${low} and below ${high}`, (value) => value > low && value < high);
}

/** A probability, or a part of a whole. */
export const share: Rule = between(0, 1);

/** A part of a whole that is something. */
export const positiveShare: Rule = number(
  "a number above 0 and at most 1",
  (value) => value > 0 && value <= 1,
);

export function integer(low: number, high: number = Number.MAX_SAFE_INTEGER): Rule {
  const end = high < Number.MAX_SAFE_INTEGER ? `from ${low} to ${high}` : `of at least ${low}`;
  return number(
    `a whole number ${end}`,
    (value) => Number.isInteger(value) && value >= low && value <= high,
  );
}

export function word(...words: readonly string[]): Rule {
  const expects = words.map(shown).join(" or ");
  return { expects, accepts: (value) => words.includes(value as string) };
}

export const flag: Rule = {
  expects: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const called: Rule = {
  expects: "a function",
  accepts: (value) => typeof value === "function",
};

/** Options of something else, which checks them. */
export const nested: Rule = { expects: "an object of options", accepts: isObject };

/** So many of a kind. */
export function list(of: Rule, least: number = 0, most: number = Infinity): Rule {
  const count = most < Infinity ? `${least} to ${most}` : `${least} or more`;
  return {
    expects: `a list of ${count}, each ${of.expects}`,
    accepts: (value) =>
      Array.isArray(value) &&
      value.length >= least &&
      value.length <= most &&
      value.every(of.accepts),
  };
}

export function pair(of: Rule, expects: string = `two, each ${of.expects}`): Rule {
  return { expects, accepts: list(of, 2, 2).accepts };
}

/** A pair in ascending order, of which something more holds. */
function ascending(of: Rule, order: string, holds: (low: number, high: number) => boolean): Rule {
  const two = pair(of);
  return {
    expects: `[low, high] with low ${order} high, each ${of.expects}`,
    accepts: (value) => two.accepts(value) && holds(...(value as [number, number])),
  };
}

/** What is drawn from: from and to, which may be the same. */
export function range(of: Rule): Rule {
  return ascending(of, "≤", (low, high) => low <= high);
}

/** Two different ends. */
export function interval(of: Rule): Rule {
  return ascending(of, "<", (low, high) => low < high);
}

/** x for ±x, or from and to; see `Span`. */
export function span(of: Rule): Rule {
  const both = range(of);
  return {
    expects: `x of at least 0 for ±x, or [low, high] with low ≤ high; each ${of.expects}`,
    accepts: (value) => both.accepts(typeof value === "number" ? [0 - value, value] : value),
  };
}

/** One number for the last two axes, or one per axis. */
export function perAxis(of: Rule): Rule {
  return either(of, list(of, 2, 3));
}

export function either(one: Rule, other: Rule): Rule {
  return {
    expects: `${one.expects}, or ${other.expects}`,
    accepts: (value) => one.accepts(value) || other.accepts(value),
  };
}

export function required(rule: Rule): Rule {
  return { ...rule, required: true };
}
