import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageCache } from "@dira/data";
import { writeAtomically } from "@dira/training/node";
import { UsageError } from "../usage-error.ts";

/**
 * Notes which images and labels a run uses, in its `data.json`, so that it can't go on with others.
 *
 * @param splits - by name.
 * @throws UsageError when the run was started with other ones.
 */
export function noteData(runFolder: string, splits: Readonly<Record<string, ImageCache>>): void {
  const path = join(runFolder, "data.json");
  const told = Object.entries(splits).map(([name, cache]) => [name, describe(cache)] as const);
  const text = `${JSON.stringify(Object.fromEntries(told), null, 2)}\n`;
  if (!existsSync(path)) writeAtomically(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    throw new UsageError(
      `--resume: the images or labels are not those that the run was started with (see ${path}). Put them back, or start anew with another --out.`,
    );
  }
}

function describe({ set, usable, warnings, fingerprint }: ImageCache): object {
  const labels = set.labels && usable.map((image) => [set.id(image), set.labels?.(image)]);
  return {
    images: usable.length,
    warnings: warnings.length,
    sha256: fingerprint,
    ...(labels && {
      labels: createHash("sha256").update(JSON.stringify(labels)).digest("hex"),
    }),
  };
}
