import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DiraError, type Raster } from "@dira/augmentations";
import { type NpyArray, writeNpy } from "@dira/data";

/** Cubes `[z, y, x]` as one array `[N, y, x, z]`, slices last. @throws DiraError for cubes of several sizes. */
export function packCubes(cubes: readonly Raster[]): NpyArray {
  const shape = cubes[0]?.shape ?? [];
  const [depth, height, width] = shape as [number, number, number];
  if (shape.length !== 3 || cubes.some((cube) => cube.shape.join() !== shape.join())) {
    throw new DiraError(
      `packCubes: expected cubes [z, y, x] of one size, at least one, got ${cubes.map((cube) => `[${cube.shape.join(", ")}]`).join(", ") || "none"}.`,
    );
  }
  const plane = height * width;
  const data = new Float32Array(cubes.length * depth * plane);
  let to = 0;
  for (const cube of cubes) {
    for (let i = 0; i < plane; i += 1) {
      for (let z = 0; z < depth; z += 1) data[to++] = cube.data[z * plane + i] as number;
    }
  }
  return { data, shape: [cubes.length, height, width, depth] };
}

/** The cubes `[z, y, x]` of an array of {@link packCubes}. */
export function unpackCubes({ data, shape }: NpyArray): Raster[] {
  const [count, height, width, depth] = shape as [number, number, number, number];
  const plane = height * width;
  return Array.from({ length: count }, (_, n) => {
    const cube = new Float32Array(depth * plane);
    let from = n * depth * plane;
    for (let i = 0; i < plane; i += 1) {
      for (let z = 0; z < depth; z += 1) cube[z * plane + i] = data[from++] as number;
    }
    return { data: cube, shape: [depth, height, width] };
  });
}

/** Writes an array so that it is there wholly or not at all. */
export function writeArray(path: string, array: NpyArray): Promise<void> {
  return whole(path, (temporary) => writeNpy(temporary, array));
}

/** Writes a text so that it is there wholly or not at all. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, text);
  settle(temporary, path);
}

async function whole(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await make(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new DiraError(
      `Could not write ${path}: ${error instanceof Error ? error.message : String(error)}. What was there before is intact.`,
      { cause: error },
    );
  }
  settle(temporary, path);
}

/** Flushes a file to the disk and gives it its name. */
function settle(temporary: string, path: string): void {
  const file = openSync(temporary, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
