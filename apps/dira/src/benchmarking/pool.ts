/** Options of {@link runPool}. */
export interface PoolOptions<Job> {
  /** How many may run at once, asked before each start. */
  readonly slots: () => number;
  /** No more is started once it has aborted. */
  readonly signal: AbortSignal;
  readonly start: (job: Job) => Promise<void>;
}

/** Runs jobs in their order, several at once, until all that were started have ended. */
export async function runPool<Job>(
  jobs: readonly Job[],
  { slots, signal, start }: PoolOptions<Job>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const job of jobs) {
    while (running.size >= Math.max(1, slots())) await Promise.race(running);
    if (signal.aborted) break;
    const ended = start(job).finally(() => running.delete(ended));
    running.add(ended);
  }
  await Promise.all(running);
}

/**
 * How many runs fit beside each other: as many as wished, while together they take no more than four fifths of the memory
 * that was free before the first; one while it is not known what a run takes.
 *
 * @param available - free memory before any run, in bytes. @param peak - the most that a run has taken so far.
 */
export function runsAtOnce(jobs: number, available: number, peak: number | undefined): number {
  if (peak === undefined) return 1;
  return Math.max(1, Math.min(jobs, Math.floor((0.8 * available) / peak)));
}
