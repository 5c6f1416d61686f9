/**
 * Runs `work` with `console.warn` set aside: TensorFlow.js prints stack traces of engines that don't
 * start, and an advert on the first use of its `cpu` engine. What was said is returned, so that the
 * caller can report it in one line.
 */
export async function quietly<T>(work: () => Promise<T>): Promise<{ value: T; said: string[] }> {
  const said: string[] = [];
  const original = console.warn;
  console.warn = (...args: unknown[]): void => void said.push(args.map(String).join(" "));
  try {
    return { value: await work(), said };
  } finally {
    console.warn = original;
  }
}
