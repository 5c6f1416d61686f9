import {
  copyVariables,
  followParameters,
  gather,
  type Module,
  prefixed,
  type Variables,
} from "@dira/nn";
import { DiraError } from "@dira/tensor";
import type { ObjectiveEncoder } from "../objective.ts";

/** A module by what a twin needs of it. */
type Part = Pick<Module<never, unknown>, "parameters" | "buffers">;

/** A copy of encoder and heads that follows them slowly. */
export interface MomentumTwin {
  readonly encoder: ObjectiveEncoder;
  /** All of its variables, as `twin.encoder.…` and so on: state of the objective. */
  readonly state: Variables;
  /** `θ′ ← m·θ′ + (1 − m)·θ` for every parameter; running statistics are its own. */
  follow(momentum: number): void;
}

/**
 * Makes the momentum twin of an encoder and of named heads: it starts as their copy.
 *
 * @param heads - per name the head that learns and its counterpart in the twin.
 * @throws DiraError when architectures differ.
 */
export function momentumTwin(
  encoder: ObjectiveEncoder,
  createEncoder: () => ObjectiveEncoder,
  heads: Readonly<Record<string, readonly [learner: Part, twin: Part]>>,
): MomentumTwin {
  const twin = createEncoder();
  const pick = (which: 0 | 1): Record<string, Part> =>
    Object.fromEntries(Object.entries(heads).map(([name, pair]) => [name, pair[which]]));
  const [sources, copies] = [
    gather({ encoder, ...pick(0) }),
    gather({ encoder: twin, ...pick(1) }),
  ];
  copyVariables(
    { ...copies.parameters, ...copies.buffers },
    { ...sources.parameters, ...sources.buffers },
  );
  return {
    encoder: twin,
    state: prefixed("twin", { ...copies.parameters, ...copies.buffers }) as Variables,
    follow: (momentum) => followParameters(copies.parameters, sources.parameters, momentum),
  };
}

/**
 * BYOL's momentum: `1 − (1 − m) (cos(π p) + 1) / 2`, from m at the start to 1 at the end.
 *
 * @param progress - p, share of the training done.
 * @see Grill et al. 2020, section 3.3, https://arxiv.org/abs/2006.07733
 */
export function cosineMomentum(base: number, progress = 0): number {
  return 1 - ((1 - base) * (Math.cos(Math.PI * progress) + 1)) / 2;
}

/** @throws DiraError when a method got fewer views than it needs. */
export function checkViews(where: string, views: readonly unknown[], needed: number): void {
  if (views.length >= needed) return;
  throw new DiraError(
    `${where}: expected ${needed} views of each image, got ${views.length}. Give the pipeline more views.`,
  );
}
