import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Scan } from "../src/index.ts";

/** Where this test file and Python exchange files. */
export const parityFolder: string = mkdtempSync(join(tmpdir(), "dira-parity-"));

/** What a script prints as JSON; its first argument is {@link parityFolder}. */
export function run(python: string, script: string): unknown {
  return JSON.parse(
    execFileSync(python, ["-W", "ignore", "-c", script, parityFolder], { encoding: "utf8" }),
  );
}

/** What Python read: values in a file beside. */
export interface Reference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly affine?: readonly (readonly number[])[];
}

/** Values as 32-bit floats, in a file beside. */
export function valuesOf(name: string): Float32Array {
  const bytes = readFileSync(join(parityFolder, `${name}.f4`));
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** The same values to the bit. */
export function expectValues(scan: Pick<Scan, "data" | "shape">, { name, shape }: Reference): void {
  expect([...scan.shape], name).toEqual([...shape]);
  const bits = (values: Float32Array) => Buffer.from(new Uint8Array(values.buffer));
  expect(bits(Float32Array.from(scan.data)).equals(bits(valuesOf(name))), name).toBe(true);
}
