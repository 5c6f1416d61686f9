/** A signal that aborts on Ctrl-C. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that `fit` saves and stops; the second
 * ends the process as usual.
 */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const dispose = (): void => {
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
  };
  function abort(signal: NodeJS.Signals): void {
    dispose();
    controller.abort(new Error(`Interrupted by ${signal}.`));
  }
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  return { signal: controller.signal, dispose };
}
