import {
  DATA_SET_KINDS,
  type ImageSet,
  openDataSet,
  type OpenDataSetOptions,
  PHANTOM_KINDS,
  type PhantomKindName,
  phantomSet,
  type Split,
} from "@dira/data";
import { UsageError } from "../usage-error.ts";
import { didYouMean } from "../did-you-mean.ts";

/** Which layout a folder has. */
export interface SetOptions {
  /** @defaultValue what it looks like */
  readonly kind?: string | undefined;
}

/** Opens a folder as a kind of data set. @throws UsageError for an unknown kind. */
export function openSet(folder: string, { kind }: SetOptions, split?: Split): ImageSet {
  if (kind !== undefined && !(DATA_SET_KINDS as readonly string[]).includes(kind)) {
    throw new UsageError(`--kind: there is no \`${kind}\`.${didYouMean(kind, DATA_SET_KINDS)}`);
  }
  const options = { ...(kind !== undefined && { kind }), ...(split !== undefined && { split }) };
  return openDataSet(folder, options as OpenDataSetOptions);
}

/** Phantoms of a kind. @throws UsageError for an unknown kind. */
export function openPhantoms(kind: string, count: number, seed: number): ImageSet {
  const kinds: readonly string[] = PHANTOM_KINDS;
  if (kinds.includes(kind)) return phantomSet({ kind: kind as PhantomKindName, count, seed });
  throw new UsageError(`--phantoms: there is no \`${kind}\`.${didYouMean(kind, kinds)}`);
}
