import { addon, type Slot } from "./addon.ts";

let promoted: Slot[] = [];

/**
 * Runs `run` and frees every tensor that was made in it, but for those that it returns and those that it {@link keep}s.
 */
export function inScope(run: () => readonly Slot[]): readonly Slot[] {
  const native = addon();
  const [mark, before] = [native.enter(), promoted];
  promoted = [];
  let kept: readonly Slot[] = [];
  try {
    kept = run();
    return kept;
  } finally {
    native.leave(mark, promoted.length === 0 ? kept : [...kept, ...promoted]);
    promoted = before;
  }
}

/** Lets a tensor outlive the scope that it was made in: the caller frees it. */
export function keep(slot: Slot): Slot {
  promoted.push(slot);
  return slot;
}
