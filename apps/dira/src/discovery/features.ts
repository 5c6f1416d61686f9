import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "@dira/nn";
import { writeAtomically } from "@dira/training/node";
import * as tf from "@tensorflow/tfjs";
import type { VolumeAutoEncoder } from "./auto-encoder.ts";
import type { DiscoveryConfig } from "./config.ts";
import { volumesOf } from "./train-auto-encoder.ts";
import type { Thumbnails } from "./thumbnails.ts";

/** Features of each usable patient. */
export interface PatientFeatures {
  readonly train: readonly Float32Array[];
  readonly val: readonly Float32Array[];
}

/** The features in a run's `features.safetensors`: `train` and `val`, `[patients, C]` each. */
export function readFeatures(folder: string): PatientFeatures | undefined {
  const path = join(folder, "features.safetensors");
  if (!existsSync(path)) return undefined;
  const { tensors } = decodeSafetensors(readFileSync(path));
  return { train: rowsOf(tensors["train"]), val: rowsOf(tensors["val"]) };
}

function rowsOf(tensor: StoredTensor | undefined): Float32Array[] {
  const [rows = 0, columns = 0] = tensor?.shape ?? [];
  const data = tensor?.data as Float32Array;
  return Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns));
}

/** Takes every patient's features and keeps them in the run's folder. */
export async function extractPatientFeatures(
  folder: string,
  network: VolumeAutoEncoder,
  thumbnails: { readonly train: Thumbnails; readonly val: Thumbnails },
  config: DiscoveryConfig,
): Promise<PatientFeatures> {
  const features = {
    train: await featuresOf(network, thumbnails.train, config),
    val: await featuresOf(network, thumbnails.val, config),
  };
  const stored = (rows: readonly Float32Array[]): StoredTensor => {
    const columns = rows[0]?.length ?? 0;
    const data = new Float32Array(rows.length * columns);
    rows.forEach((row, i) => data.set(row, i * columns));
    return { dtype: "F32", shape: [rows.length, columns], data };
  };
  const tensors = { train: stored(features.train), val: stored(features.val) };
  writeAtomically(join(folder, "features.safetensors"), encodeSafetensors(tensors));
  return features;
}

async function featuresOf(
  network: VolumeAutoEncoder,
  { usable, read }: Thumbnails,
  config: DiscoveryConfig,
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let i = 0; i < usable.length; i += 1) {
    const row = tf.tidy(() => network.features(volumesOf([read(i)], config)));
    rows.push((await row.data()) as Float32Array);
    row.dispose();
  }
  return rows;
}
