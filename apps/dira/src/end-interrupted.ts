/** The exit code of a process that SIGINT ended: 128 + 2. */
const INTERRUPTED = 130;

/** Says what an interrupted run has kept, and lets the process end as interrupted ones do. */
export function endInterrupted(saved: string): void {
  console.log(`interrupted: ${saved}; go on with --resume`);
  process.exitCode = INTERRUPTED;
}
