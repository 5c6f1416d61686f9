import { readdirSync } from "node:fs";
import { DataError, makeFolder, openDataSet, type Split } from "@dira/data";
import { didYouMean } from "../did-you-mean.ts";
import { UsageError } from "../usage-error.ts";
import { PHANTOM_LAYOUTS } from "./phantom-layouts/index.ts";
import type { LayoutOptions, PhantomLayout } from "./phantom-layouts/layout.ts";

/** Options of {@link writePhantoms}; what is left out is the layout's. */
export interface WritePhantomsOptions extends Partial<LayoutOptions> {
  readonly kind: string;
  readonly out: string;
  readonly seed: number;
}

/**
 * Writes phantoms in the layout of the data set that they stand in for, so that everything that takes its folder can be
 * tried without a download, and says what each split holds.
 *
 * @throws UsageError when there is no such kind, the folder holds something, or the layout has no such size.
 */
export async function writePhantoms(options: WritePhantomsOptions): Promise<void> {
  const { kind, out, seed } = options;
  const layout = PHANTOM_LAYOUTS[kind];
  if (layout === undefined) {
    const kinds = Object.keys(PHANTOM_LAYOUTS);
    throw new UsageError(
      `--kind: there are no phantoms of \`${kind}\`, only ${kinds.join(", ")}.${didYouMean(kind, kinds)}`,
    );
  }
  const { count = layout.defaults.count, size = layout.defaults.size } = options;
  const wanted = { count, size, seed };
  // Refuses a size before there is a folder.
  const set = layout.phantoms(wanted);
  const folder = makeFolder(out);
  if (readdirSync(folder).length > 0) {
    throw new UsageError(`--out: ${out} is not empty. Name a new folder.`);
  }
  await layout.write(folder, wanted);
  const numbers = Array.from({ length: count }, (_, i) => i);
  const patients = new Set(numbers.map((i) => set.patient?.(i))).size;
  console.log(`${count} phantom ${layout.noun} of ${patients} patients are in ${out}`);
  for (const line of splitLines(folder, layout)) console.log(line);
}

/** What the layout's reader finds in each split. */
function splitLines(folder: string, { kind, defaults }: PhantomLayout): string[] {
  return (["train", "val", "test"] as const).map((split) => {
    const found = countsOf(folder, kind, split);
    if (found !== undefined) return `${split}: ${found}`;
    return `warning: ${split}: nothing, since this layout divides patients by number or name; --count ${defaults.count} fills all three splits`;
  });
}

/** Images and patients of a split; undefined where it has none. */
function countsOf(folder: string, kind: PhantomLayout["kind"], split: Split): string | undefined {
  try {
    const set = openDataSet(folder, { kind, split });
    const patients = Array.from({ length: set.length }, (_, i) => set.patient?.(i));
    return `${set.length} images of ${new Set(patients).size} patients`;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
