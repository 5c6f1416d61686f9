import { addon, type Result, type Slot } from "./addon.ts";

/** What operators gave in the scope that is open; without one tensors are the caller's. */
let made: Slot[] | undefined;

/**
 * Runs `run` and frees every tensor that operators gave in it, but for what it returns and what it {@link keep}s.
 */
export function inScope<R extends Slot | readonly Slot[]>(run: () => R): R {
  const before = made;
  made = [];
  let kept: Slot | readonly Slot[] = [];
  try {
    const result = run();
    kept = result;
    return result;
  } finally {
    for (const slot of made)
      if (typeof kept === "number" ? slot !== kept : !kept.includes(slot)) addon().release(slot);
    made = before;
  }
}

/** Notes what an operator gave, for the scope that is open. */
export function note(result: Result): void {
  if (made === undefined || result === null) return;
  if (typeof result === "number") made.push(result as Slot);
  else for (const one of result) note(one);
}

/** Lets a tensor outlive the scope that it was made in: the caller frees it. */
export function keep(slot: Slot): Slot {
  if (made !== undefined) made = made.filter((other) => other !== slot);
  return slot;
}
