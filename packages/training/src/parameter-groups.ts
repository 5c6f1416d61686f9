import type * as tf from "@tensorflow/tfjs";
import { checkRange, type Variables } from "./optimiser.ts";

/** Parameters that an optimiser treats alike, as PyTorch's `param_groups`. */
export interface ParameterGroup {
  /** Their names, or what holds for them. Of several groups, the first that fits takes a parameter. */
  readonly parameters: readonly string[] | ((name: string, parameter: tf.Variable) => boolean);
  /** Multiplies the learning rate of each update. @defaultValue 1 */
  readonly learningRateFactor?: number;
  /** λ. @defaultValue the optimiser's */
  readonly weightDecay?: number;
}

/** What all optimisers take. */
export interface OptimiserOptions<G extends ParameterGroup = ParameterGroup> {
  readonly parameters: Variables;
  /** λ. @defaultValue 0, and as PyTorch, MoCo and SimSiam: biases and norms decay too */
  readonly weightDecay?: number;
  /**
   * Groups with options of their own; parameters in none take the optimiser's. Biases and norms
   * without decay: `[{ parameters: isVector, weightDecay: 0 }]`. @defaultValue none
   */
  readonly groups?: readonly G[];
}

/** A group with every option known. */
export interface ResolvedGroup {
  readonly names: readonly string[];
  readonly learningRateFactor: number;
  readonly weightDecay: number;
}

/** Whether a parameter is a bias, or scale or offset of a norm: those have one axis at most. */
export function isVector(_name: string, parameter: tf.Variable): boolean {
  return parameter.rank <= 1;
}

/**
 * Puts each parameter into the first group that takes it, and the rest into a last one.
 *
 * @throws Error for options out of range, and for lists that name an unknown parameter or one twice.
 */
export function resolveGroups<G extends ParameterGroup>(
  where: string,
  { parameters, groups = [], weightDecay = 0 }: OptimiserOptions<G>,
): (ResolvedGroup & { readonly group: G | undefined })[] {
  checkRange(where, "weightDecay", weightDecay);
  checkLists(where, parameters, groups);
  const left = new Set(Object.keys(parameters));
  return [...groups, undefined].flatMap((group, index) => {
    const names = [...left].filter((name) => takes(group, name, parameters[name] as tf.Variable));
    for (const name of names) left.delete(name);
    const factor = group?.learningRateFactor ?? 1;
    const decay = group?.weightDecay ?? weightDecay;
    checkRange(where, `groups[${index}].learningRateFactor`, factor);
    checkRange(where, `groups[${index}].weightDecay`, decay);
    return names.length === 0
      ? []
      : [{ group, names, learningRateFactor: factor, weightDecay: decay }];
  });
}

function takes(group: ParameterGroup | undefined, name: string, parameter: tf.Variable): boolean {
  if (group === undefined) return true;
  if (typeof group.parameters === "function") return group.parameters(name, parameter);
  return group.parameters.includes(name);
}

function checkLists(where: string, parameters: Variables, groups: readonly ParameterGroup[]): void {
  const seen = new Map<string, number>();
  groups.forEach((group, index) => {
    if (typeof group.parameters === "function") return;
    for (const name of group.parameters) {
      const known = Object.keys(parameters);
      if (!known.includes(name)) {
        throw new Error(
          `${where}: groups[${index}] names \`${name}\`, which is none of the ${known.length} parameters (${known.slice(0, 3).join(", ")}, …).`,
        );
      }
      const before = seen.get(name);
      if (before !== undefined) {
        throw new Error(
          `${where}: \`${name}\` must be in one group, found it in groups[${before}] and groups[${index}].`,
        );
      }
      seen.set(name, index);
    }
  });
}
