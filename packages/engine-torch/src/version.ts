import { addon } from "./addon.ts";

let release: readonly number[] | undefined;

/** Whether LibTorch is of this release or a later one. */
export function isAtLeast(major: number, minor: number): boolean {
  release ??= addon().about().version.split(".", 2).map(Number);
  const [ownMajor = 0, ownMinor = 0] = release;
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
