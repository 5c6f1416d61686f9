import { DataError } from "../image.ts";
import { firstOf } from "./files.ts";
import type { Split } from "./split.ts";
import { filesListed, listedSplits } from "./split-lists.ts";

/** How the files of a folder are divided. */
export interface Division<File> {
  readonly splits: readonly Split[];
  readonly layout: "folder" | "divided folder" | "listed folder";
  /** Of a split, or all. @throws DataError when the split is not there. */
  filesOf(split: Split | undefined): File[];
}

/** What {@link divisionOf} needs. */
export interface DivisionOptions<File> {
  readonly lists: string | undefined;
  /** Files in a folder and below; the data's without one. */
  filesIn(inside?: string): File[];
  /** A file's path below the data's folder. */
  nameOf(file: File): string;
}

/** How a folder of files is divided: by lists, by folders of its own, else by every tenth file. */
export function divisionOf<File>(
  folder: string,
  { lists, filesIn, nameOf }: DivisionOptions<File>,
): Division<File> {
  if (lists !== undefined) {
    return {
      splits: listedSplits(lists),
      layout: "listed folder",
      filesOf: (split) =>
        split === undefined ? filesIn() : filesListed(lists, split, filesIn(), nameOf),
    };
  }
  const divided = dividedIn(folder);
  if (divided !== undefined) {
    return {
      splits: [...divided.keys()],
      layout: "divided folder",
      filesOf: (split) => {
        const inside = split === undefined ? folder : divided.get(split);
        if (inside !== undefined) return filesIn(inside);
        throw new DataError(`${folder} has no folder of the ${split} split.`);
      },
    };
  }
  const found = filesIn();
  return {
    splits: found.length < TENTH ? ["train"] : ["train", "val"],
    layout: "folder",
    filesOf: (split) => everyTenth(folder, found, split),
  };
}

const TENTH = 10;

function everyTenth<File>(
  folder: string,
  found: readonly File[],
  split: Split | undefined,
): File[] {
  if (split === undefined) return [...found];
  if (split === "test") {
    throw new DataError(
      `${folder} has no test split: a folder without tables is divided into train and val. Name another folder for it, or lists of files (\`lists\`, as \`dira data split\` writes them).`,
    );
  }
  if (split === "val" && found.length < TENTH) {
    throw new DataError(
      `${folder} has ${found.length} images, too few to keep every tenth for the val split: ${TENTH} are needed.`,
    );
  }
  return found.filter((_, i) => (i % TENTH === TENTH - 1) === (split === "val"));
}

const SPLIT_FOLDERS: Readonly<Record<Split, readonly string[]>> = {
  train: ["train", "training"],
  val: ["val", "valid", "validation"],
  test: ["test", "testing"],
};

/** The folders of the splits; undefined where there are none of training and validation. */
function dividedIn(folder: string): ReadonlyMap<Split, string> | undefined {
  const paths = (Object.entries(SPLIT_FOLDERS) as [Split, readonly string[]][]).flatMap(
    ([split, names]): [Split, string][] => {
      const path = firstOf(folder, names);
      return path === undefined ? [] : [[split, path]];
    },
  );
  const found = new Map(paths);
  return found.has("train") && found.has("val") ? found : undefined;
}
