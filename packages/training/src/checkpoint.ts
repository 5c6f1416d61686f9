import { existsSync, readFileSync } from "node:fs";
import { decodeSafetensors, encodeSafetensors, type StoredTensor, type Variables } from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import { writeAtomically } from "./write-atomically.ts";

/** Whole numbers and the like that belong to a training state. */
export type Numbers = Readonly<Record<string, number>>;

/**
 * Saves a training state as one safetensors file, atomically. It holds no clock time, so the same
 * state gives the same bytes.
 *
 * @param variables - in TensorFlow.js's layout, under unique names such as `encoder/conv1.weight`.
 * @param numbers - kept exactly, as JSON in the file's metadata.
 */
export async function saveCheckpoint(
  path: string,
  variables: Variables,
  numbers: Numbers,
): Promise<void> {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const data = await variable.data();
    tensors[name] =
      variable.dtype === "int32"
        ? { dtype: "I32", shape: variable.shape, data: data as Int32Array }
        : { dtype: "F32", shape: variable.shape, data: data as Float32Array };
  }
  writeAtomically(path, encodeSafetensors(tensors, { numbers: JSON.stringify(numbers) }));
}

/** The numbers of a checkpoint alone. @throws Error when there is none or it is damaged. */
export function readNumbers(path: string): Numbers {
  if (!existsSync(path)) throw new Error(`No checkpoint at ${path}.`);
  return JSON.parse(decodeSafetensors(readFileSync(path)).metadata["numbers"] ?? "{}") as Numbers;
}

/**
 * Restores a training state bit for bit.
 *
 * @param options.subset - take what both have and leave the rest as it is: how a stage starts from
 *   the one before. @defaultValue false: every name must match
 * @returns the numbers saved with it.
 * @throws Error naming what does not fit; then nothing is changed.
 */
export function loadCheckpoint(
  path: string,
  variables: Variables,
  options: { readonly subset?: boolean } = {},
): Numbers {
  if (!existsSync(path)) throw new Error(`No checkpoint at ${path}.`);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path));
  const missing = Object.keys(variables).filter((name) => !(name in tensors));
  const unexpected = Object.keys(tensors).filter((name) => !(name in variables));
  const misshapen = Object.keys(variables).filter((name) => {
    const stored = tensors[name];
    return (
      stored !== undefined && stored.shape.join() !== (variables[name] as tf.Variable).shape.join()
    );
  });
  if (misshapen.length > 0 || (options.subset !== true && missing.length + unexpected.length > 0)) {
    throw new Error(
      `The checkpoint ${path} is of another architecture: ${say("missing", missing)}, ${say("unexpected", unexpected)}, ${say("of another shape", misshapen)}. Use the options that it was trained with.`,
    );
  }
  for (const [name, variable] of Object.entries(variables)) {
    const stored = tensors[name];
    if (stored === undefined) continue;
    tf.tidy(() => variable.assign(tf.tensor(stored.data, [...stored.shape], variable.dtype)));
  }
  return JSON.parse(metadata["numbers"] ?? "{}") as Numbers;
}

function say(what: string, names: readonly string[]): string {
  const some = names.slice(0, 3).join(", ");
  return names.length === 0
    ? `none ${what}`
    : `${names.length} ${what} (${some}${names.length > 3 ? ", …" : ""})`;
}
