/** Where a process finds the others, and which one it is. */
export interface Rendezvous {
  /** This process, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** This process among those of its machine: the GPU that is its own. */
  readonly localRank: number;
  /** Address of the store in which the processes leave word of themselves. */
  readonly host: string;
  readonly port: number;
  /** Whether this process serves that store, on all its network interfaces; else it is there already, or rank 0 does. */
  readonly servesStore: boolean;
  /** Which start of all processes this is: what was left in the store by an earlier one does not count. */
  readonly attempt: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The rendezvous that the environment names, as PyTorch's `env://` has it and `torchrun` sets it: RANK, WORLD_SIZE,
 * MASTER_ADDR, MASTER_PORT, and LOCAL_RANK, which is RANK where it is left out. `torchrun --no-python node train.js` starts processes
 * of Node.
 *
 * @throws Error of one line naming the variable that is missing or wrong.
 */
export function rendezvousOf(environment: Environment = process.env): Rendezvous {
  const size = whole(environment, "WORLD_SIZE", 1, 65_536);
  const rank = whole(environment, "RANK", 0, size - 1);
  const usesAgent = environment["TORCHELASTIC_USE_AGENT_STORE"] === "True";
  return {
    rank,
    size,
    localRank: environment["LOCAL_RANK"] ? whole(environment, "LOCAL_RANK", 0, size - 1) : rank,
    host: text(environment, "MASTER_ADDR"),
    port: whole(environment, "MASTER_PORT", 1, 65_535),
    servesStore: rank === 0 && !usesAgent,
    attempt: environment["TORCHELASTIC_RESTART_COUNT"]
      ? whole(environment, "TORCHELASTIC_RESTART_COUNT", 0, Number.MAX_SAFE_INTEGER)
      : 0,
  };
}

function text(environment: Environment, name: string): string {
  const value = environment[name];
  if (value) return value;
  throw new Error(
    `collectives: ${name} is not set. Start the processes with torchrun, or set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT for each.`,
  );
}

function whole(environment: Environment, name: string, least: number, most: number): number {
  const given = text(environment, name);
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(
    `collectives: ${name} is ${JSON.stringify(given)}, which is not a whole number from ${least} to ${most}. Correct it.`,
  );
}
