import { DiraError } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import type { Variables } from "./module.ts";

/** A tensor in memory, as a weight file holds it. */
export interface WeightArray {
  readonly dtype: "F32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What {@link loadWeights} found. */
export interface LoadReport {
  readonly matched: readonly string[];
  /** Variables that the file lacks. */
  readonly missing: readonly string[];
  /** Names in the file that no variable has. */
  readonly unexpected: readonly string[];
}

/** The axes that turn TensorFlow.js's layout into PyTorch's: `[…k, I, O]` → `[O, I, …k]`. */
function toTorchAxes(rank: number): number[] {
  return [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, axis) => axis)];
}

function fromTorchAxes(rank: number): number[] {
  return [...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1, 0];
}

/** Only weights of two axes and more differ in layout; vectors are alike. */
function turns(name: string, rank: number): boolean {
  return rank >= 2 && name.endsWith("weight");
}

/**
 * A variable as PyTorch lays it out: convolution weights `[O, I, …k]`, linear ones `[O, I]`.
 *
 * @param name - decides: names that end in `weight` turn, others stay.
 * @returns a new tensor.
 */
export function toTorchLayout(name: string, value: tf.Tensor): tf.Tensor {
  return turns(name, value.rank) ? tf.transpose(value, toTorchAxes(value.rank)) : tf.clone(value);
}

/** The inverse of {@link toTorchLayout}. */
export function fromTorchLayout(name: string, value: tf.Tensor): tf.Tensor {
  return turns(name, value.rank) ? tf.transpose(value, fromTorchAxes(value.rank)) : tf.clone(value);
}

/** Reads variables into memory in PyTorch's layout, under their own names. */
export async function saveWeights(variables: Variables): Promise<Record<string, WeightArray>> {
  const saved: Record<string, WeightArray> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const turned = toTorchLayout(name, variable);
    const data = (await turned.data()) as Float32Array;
    saved[name] = { dtype: "F32", shape: turned.shape, data };
    turned.dispose();
  }
  return saved;
}

/**
 * Sets variables from arrays in PyTorch's layout.
 *
 * @param options.strict - refuse missing or unexpected names. @defaultValue true
 * @throws DiraError naming what does not fit; nothing is changed then.
 */
export function loadWeights(
  variables: Variables,
  arrays: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
  >,
  options: { readonly strict?: boolean } = {},
): LoadReport {
  const names = Object.keys(variables);
  const report: LoadReport = {
    matched: names.filter((name) => name in arrays),
    missing: names.filter((name) => !(name in arrays)),
    unexpected: Object.keys(arrays).filter((name) => !(name in variables)),
  };
  if (options.strict !== false && report.missing.length + report.unexpected.length > 0) {
    throw new DiraError(
      `loadWeights: the weights do not fit: ${report.matched.length} matched, ${list("missing", report.missing)}, ${list("unexpected", report.unexpected)}. Is it of another architecture?`,
    );
  }
  tf.tidy(() => {
    const values = report.matched.map((name) => {
      const array = arrays[name] as { shape: readonly number[]; data: ArrayLike<number> };
      const variable = variables[name] as tf.Variable;
      const value = tf.tensor(Float32Array.from(array.data), [...array.shape]);
      const turned = fromTorchLayout(name, value);
      if (turned.shape.join() !== variable.shape.join()) {
        throw new DiraError(
          `loadWeights: \`${name}\` must be [${toTorchLayout(name, variable).shape.join(", ")}], got [${array.shape.join(", ")}]. Is it of another architecture?`,
        );
      }
      return [variable, turned] as const;
    });
    for (const [variable, value] of values) variable.assign(value);
  });
  return report;
}

function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return `none ${what}`;
  return `${names.length} ${what} (${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""})`;
}
