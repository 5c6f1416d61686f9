import { existsSync } from "node:fs";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from "@dira/nn";
import * as tf from "@tensorflow/tfjs";
import { readAll } from "./large-files.ts";
import { type Numbers, numbersFromJson, numbersToJson } from "./numbers.ts";
import type { Variables } from "../optimiser.ts";
import { writeAtomically } from "./write-atomically.ts";

const DTYPES: Readonly<Record<string, StoredTensor["dtype"]>> = {
  float32: "F32",
  int32: "I32",
  bool: "BOOL",
};

/** What a checkpoint and a set of variables have in common. */
export interface CheckpointReport {
  readonly matched: readonly string[];
  /** Variables that the checkpoint lacks. */
  readonly missing: readonly string[];
  /** Names in the checkpoint that no variable has. */
  readonly unexpected: readonly string[];
}

/** What loading gives back. */
export interface LoadedState extends CheckpointReport {
  /** The numbers saved with it. */
  readonly numbers: Numbers;
}

/**
 * Saves a training state as one safetensors file, atomically. It holds no clock time, so the same
 * state gives the same bytes.
 *
 * @param variables - in TensorFlow.js's layout, under unique names such as `encoder/conv1.weight`.
 * @param numbers - kept exactly, as JSON in the file's metadata.
 * @param options.allowNonFinite - save NaN and infinite values too. @defaultValue false: a diverged
 *   state does not replace the last good one
 * @throws Error when a variable holds NaN or infinity, or the file can't be written; the checkpoint
 *   that was there is intact then.
 */
export async function saveCheckpoint(
  path: string,
  variables: Variables,
  numbers: Numbers,
  options: { readonly allowNonFinite?: boolean } = {},
): Promise<void> {
  const entries = Object.entries(variables).map(async ([name, variable]) => {
    const dtype = DTYPES[variable.dtype];
    if (dtype === undefined) {
      throw new Error(
        `saveCheckpoint: \`${name}\` is ${variable.dtype}; expected float32 or int32.`,
      );
    }
    const data = (await variable.data()) as StoredTensor["data"];
    if (options.allowNonFinite !== true && dtype === "F32") checkFinite(path, name, data);
    return [name, { dtype, shape: variable.shape, data }] as const;
  });
  const tensors = Object.fromEntries(await Promise.all(entries));
  writeAtomically(path, encodeSafetensors(tensors, { numbers: numbersToJson(numbers) }));
}

/** The numbers of a checkpoint alone. @throws Error when there is none or it is damaged. */
export function readNumbers(path: string): Numbers {
  return numbersOf(path, readCheckpoint(path));
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
  return restore(path, variables, options).numbers;
}

/** As {@link loadCheckpoint}, and tells what matched. */
export function restore(
  path: string,
  variables: Variables,
  options: { readonly subset?: boolean },
): LoadedState {
  const file = readCheckpoint(path);
  const report = reportOf(file.tensors, variables);
  const { matched, missing, unexpected } = report;
  const misfits = matched.flatMap((name) => {
    const [stored, variable] = [file.tensors[name], variables[name]] as [StoredTensor, tf.Variable];
    const [was, is] = [
      kindOf(stored.dtype, stored.shape),
      kindOf(DTYPES[variable.dtype], variable.shape),
    ];
    return was === is ? [] : [`${name} is ${was}, expected ${is}`];
  });
  if (misfits.length > 0 || (options.subset !== true && missing.length + unexpected.length > 0)) {
    throw new Error(
      `The checkpoint ${path} is of another architecture: ${matched.length - misfits.length} matched, ${say("missing", missing)}, ${say("unexpected", unexpected)}, ${say("of another shape", misfits)}. Use the options that it was trained with.`,
    );
  }
  const numbers = numbersOf(path, file);
  for (const name of matched) {
    const [stored, variable] = [file.tensors[name], variables[name]] as [StoredTensor, tf.Variable];
    tf.tidy(() => variable.assign(tf.tensor(stored.data, [...stored.shape], variable.dtype)));
  }
  return { numbers, ...report };
}

function readCheckpoint(path: string): SafetensorsFile {
  if (!existsSync(path)) throw new Error(`No checkpoint at ${path}.`);
  return undamaged(path, () => decodeSafetensors(readAll(path)));
}

function numbersOf(path: string, { metadata }: SafetensorsFile): Numbers {
  return undamaged(path, () => numbersFromJson(metadata["numbers"] ?? "{}"));
}

function undamaged<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(
      `The checkpoint ${path} can't be read. Take another one of the run, or start anew. (${error instanceof Error ? error.message : String(error)})`,
      { cause: error },
    );
  }
}

function reportOf(
  tensors: Readonly<Record<string, StoredTensor>>,
  variables: Variables,
): CheckpointReport {
  const names = Object.keys(variables);
  return {
    matched: names.filter((name) => Object.hasOwn(tensors, name)),
    missing: names.filter((name) => !Object.hasOwn(tensors, name)),
    unexpected: Object.keys(tensors).filter((name) => !Object.hasOwn(variables, name)),
  };
}

function checkFinite(path: string, name: string, data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i += 1) {
    if (Number.isFinite(data[i])) continue;
    throw new Error(
      `saveCheckpoint: \`${name}\` holds ${data[i]}, so the training has diverged; ${path} is left as it was. Go on from it with a lower learning rate.`,
    );
  }
}

function kindOf(dtype: string | undefined, shape: readonly number[]): string {
  return `${dtype} [${shape.join(", ")}]`;
}

function say(what: string, names: readonly string[]): string {
  const some = names.slice(0, 3).join(", ");
  return names.length === 0
    ? `none ${what}`
    : `${names.length} ${what} (${some}${names.length > 3 ? ", …" : ""})`;
}
