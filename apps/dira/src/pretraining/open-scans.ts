import { dataSetKind, type ImageSet, openDataSet, type OpenDataSetOptions } from "@dira/data";

/** Options of {@link openScans}. */
export interface OpenScansOptions {
  /** The layout, else the one that the folder is recognised as. */
  readonly kind?: string | undefined;
  /** @defaultValue all */
  readonly split?: "train" | "val";
  /** Takes images alone or volumes alone, where a folder has both. @defaultValue what there is */
  readonly spatialRank?: 2 | 3;
}

/**
 * The images of a folder for self-supervised learning: as {@link openDataSet}, but of LUNA16 and LIDC-IDRI
 * whole CTs, not candidates or nodules.
 *
 * @throws DataError as {@link openDataSet}.
 */
export function openScans(folder: string, options: OpenScansOptions = {}): ImageSet {
  const { kind, split, spatialRank } = options;
  const own = split === undefined ? {} : { split };
  const found = kind ?? dataSetKind(folder);
  if (found === "luna16" || found === "lidc-idri")
    return openDataSet(folder, { kind: found, items: "volumes", ...own });
  const which = kind === undefined ? { ...(spatialRank && { spatialRank }) } : { kind };
  return openDataSet(folder, { ...which, ...own } as OpenDataSetOptions);
}
