import * as tf from "@tensorflow/tfjs";
import { adam, adamW, isVector, lars, type Optimiser, sgd } from "../src/index.ts";

export const kinds = ["sgd", "adam", "adamW", "lars"] as const;

/** Options by PyTorch's names, as the golden file has them. */
export interface TorchOptions {
  readonly kind: (typeof kinds)[number];
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weight_decay?: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly eta?: number;
  readonly groups?: readonly {
    readonly parameters: "vectors" | readonly string[];
    readonly lr_factor?: number;
    readonly weight_decay?: number;
  }[];
}

/** Values by the parameter's name. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** Our optimiser for PyTorch's options. */
export function byTorch(o: TorchOptions, parameters: Record<string, tf.Variable>): Optimiser {
  const renamed = {
    momentum: o.momentum,
    dampening: o.dampening,
    nesterov: o.nesterov,
    weightDecay: o.weight_decay,
    betas: o.betas,
    epsilon: o.eps,
    eta: o.eta,
    groups: o.groups?.map(({ parameters: chosen, lr_factor, weight_decay }) => ({
      parameters: chosen === "vectors" ? isVector : chosen,
      ...(lr_factor === undefined ? {} : { learningRateFactor: lr_factor }),
      ...(weight_decay === undefined ? {} : { weightDecay: weight_decay }),
    })),
  };
  const given = Object.fromEntries(Object.entries(renamed).filter(([, v]) => v !== undefined));
  return { sgd, adam, adamW, lars }[o.kind]({ parameters, ...given });
}

/** Variables with these values, in these shapes (vectors unless given). */
export function variables(
  values: Values,
  shapes: Readonly<Record<string, number[]>> = {},
): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(values).map(([name, data]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor([...data], shapes[name] ?? [data.length]))),
    ]),
  );
}

/** One update for each set of gradients. */
export function follow(optimiser: Optimiser, gradients: readonly Values[], rate: number): void {
  for (const values of gradients) {
    tf.tidy(() => {
      const tensors = Object.entries(values).map(([name, data]) => [
        name,
        tf.tensor([...data], optimiser.parameters[name]?.shape),
      ]);
      optimiser.update(Object.fromEntries(tensors) as Record<string, tf.Tensor>, rate);
    });
  }
}

/** What our optimiser makes of a start and gradients. */
export function train(
  o: TorchOptions,
  start: Values,
  gradients: readonly Values[],
  shapes: Readonly<Record<string, number[]>> = {},
): Record<string, number[]> {
  const parameters = variables(start, shapes);
  const optimiser = byTorch(o, parameters);
  follow(optimiser, gradients, o.lr);
  const result = Object.entries(parameters).map(([name, p]) => [name, [...p.dataSync()]]);
  optimiser.dispose();
  tf.dispose(parameters);
  return Object.fromEntries(result) as Record<string, number[]>;
}

/** Deterministic values; exact in float32. */
export function exactValues(size: number, formula: (i: number) => number): number[] {
  return Array.from({ length: size }, (_, i) => formula(i));
}
