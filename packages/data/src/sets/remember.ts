/**
 * Keeps the last few results of an asynchronous function by key: cubes of one volume are read one after
 * the other.
 */
export function remember<T>(
  make: (key: string) => Promise<T>,
  count = 2,
): (key: string) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (key) => {
    const found = kept.get(key) ?? make(key);
    kept.delete(key);
    kept.set(key, found);
    for (const oldest of kept.keys()) {
      if (kept.size <= count) break;
      kept.delete(oldest);
    }
    // A failure is not kept.
    found.catch(() => kept.get(key) === found && kept.delete(key));
    return found;
  };
}
