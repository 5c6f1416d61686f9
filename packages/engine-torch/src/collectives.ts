import * as tf from "@tensorflow/tfjs";
import type { Slot } from "./addon.ts";
import type { TorchBackend } from "./backend.ts";
import { BACKEND } from "./kernel.ts";
import { type NativeGroup, nativeCollectives, REDUCTIONS } from "./native-collectives.ts";
import { isReached } from "./reach.ts";
import { type Rendezvous, rendezvousOf } from "./rendezvous.ts";
import type { TensorType } from "./scalar-types.ts";
import { inScope } from "./scope.ts";

/** How an all-reduce makes one value of those of all processes. */
export type Reduction = (typeof REDUCTIONS)[number];

/** What {@link joinGroup} takes; what is left out is as the environment says. */
export interface GroupOptions extends Partial<Rendezvous> {
  /** How long to wait for the other processes, in milliseconds. Default: 5 minutes. */
  readonly rendezvousMs?: number;
  /** How long a collective may take, waiting for the slowest process included. Default: 30 minutes, as in PyTorch. */
  readonly timeoutMs?: number;
}

const MINUTE_MS = 60_000;

/** The next group's number, since groups of the same processes may use the same store one after another. */
let nextGroup = 0;

/**
 * Whether this build of the addon can connect processes.
 *
 * @throws Error of one line when there is no addon.
 */
export function hasCollectives(): boolean {
  return nativeCollectives().canJoin();
}

/**
 * Waits for all processes that the environment (see {@link rendezvousOf}) or the options name, and connects them.
 * Groups that follow each other need ports of their own, but under torchrun, whose store outlasts them.
 *
 * @throws Error of one line naming who did not come in time, where it was waited for, and what to do.
 */
export async function joinGroup(options: GroupOptions = {}): Promise<Group> {
  const { rendezvousMs = 5 * MINUTE_MS, timeoutMs = 30 * MINUTE_MS } = options;
  checkDuration("rendezvousMs", rendezvousMs);
  checkDuration("timeoutMs", timeoutMs);
  const given = complete(options);
  const { host, port, rank, size, attempt, servesStore } = given;
  const native = nativeCollectives();
  const prefix = `dira/${attempt}/${nextGroup++}`;
  const left = servesStore ? rendezvousMs : await reach(given, rendezvousMs);
  const group = native.openGroup();
  const serves = servesStore ? 1 : 0;
  await native.joinGroup(group, host, port, rank, size, serves, prefix, left, timeoutMs);
  return new Group(group, given);
}

/** Waits for the store, which the addon would do with less regard for time; gives the milliseconds that are left then. */
async function reach({ host, port, rank, size }: Rendezvous, withinMs: number): Promise<number> {
  const start = performance.now();
  if (await isReached(host, port, withinMs)) {
    return Math.max(1, Math.round(withinMs - (performance.now() - start)));
  }
  throw new Error(
    `collectives: rank ${rank} of ${size} did not reach rank 0 at ${host}:${port} within ${withinMs} ms: see that rank 0 runs, and that MASTER_ADDR and MASTER_PORT name it.`,
  );
}

/**
 * Processes that compute together, over c10d's Gloo (and NCCL, for tensors on GPUs, where the addon was built with it).
 *
 * Every process calls the same methods in the same order, each with a tensor of one type and shape. Where calls differ, all
 * of them are refused and the group goes on; after any other error all processes have to start again. Nothing blocks
 * JavaScript: collectives run one after another beside it, on copies of the tensors as they were given, which may be
 * disposed of at once. Results are new tensors, the caller's.
 */
export class Group {
  readonly rank: number;
  readonly size: number;
  /** This process among those of its machine. */
  readonly localRank: number;
  private readonly native: NativeGroup;

  /** @internal Use {@link joinGroup}. */
  constructor(native: NativeGroup, { rank, size, localRank }: Rendezvous) {
    this.native = native;
    this.rank = rank;
    this.size = size;
    this.localRank = localRank;
  }

  /**
   * The sum, mean, least or greatest of all processes' tensors, place by place, on every process. Only of numbers; the mean
   * of int32 is refused, and booleans have but a least (all) and a greatest (any).
   */
  async allReduce<T extends tf.Tensor>(x: T, reduction: Reduction = "sum"): Promise<T> {
    const number = REDUCTIONS.indexOf(reduction);
    if (number < 0)
      throw new Error(`allReduce: ${String(reduction)} is none of ${REDUCTIONS.join(", ")}.`);
    const native = nativeCollectives();
    const [result] = await withSlot(x, (slot) => native.allReduce(this.native, slot, number));
    return tensorLike(x, result);
  }

  /** The tensor of one process, on every process; the others' only tell its type and shape. */
  async broadcast<T extends tf.Tensor>(x: T, from = 0): Promise<T> {
    const native = nativeCollectives();
    const [result] = await withSlot(x, (slot) => native.broadcast(this.native, slot, from));
    return tensorLike(x, result);
  }

  /** All processes' tensors by rank, on every process. */
  async allGather<T extends tf.Tensor>(x: T): Promise<T[]> {
    const native = nativeCollectives();
    const results = await withSlot(x, (slot) => native.allGather(this.native, slot));
    return results.map((slot) => tensorLike(x, slot));
  }

  /** Fulfilled once every process has called it. */
  async barrier(): Promise<void> {
    await nativeCollectives().barrier(this.native);
  }

  /** Leaves the others, once what was asked for before is done. A process that just ends leaves them too. */
  async close(): Promise<void> {
    await nativeCollectives().leaveGroup(this.native);
  }
}

function complete(options: GroupOptions): Rendezvous {
  const { rank, size, host, port } = options;
  const given = {
    RANK: rank?.toString(),
    WORLD_SIZE: size?.toString(),
    LOCAL_RANK: options.localRank?.toString(),
    MASTER_ADDR: host,
    MASTER_PORT: port?.toString(),
    TORCHELASTIC_RESTART_COUNT: options.attempt?.toString(),
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const found = rendezvousOf({ ...process.env, ...Object.fromEntries(set) });
  return { ...found, servesStore: options.servesStore ?? found.servesStore };
}

/** Longer ones, in nanoseconds, would be too much for a clock. */
const LONGEST_MS = 2 ** 40;

function checkDuration(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0 && value <= LONGEST_MS) return;
  throw new Error(`joinGroup: ${name} is ${value}; give whole milliseconds, at least 1.`);
}

function torch(): TorchBackend {
  return tf.engine().findBackend(BACKEND) as TorchBackend;
}

/** Begins what takes a tensor's slot, which only has to be there until it has begun. */
function withSlot<R>(x: tf.Tensor, begin: (slot: Slot) => Promise<R>): Promise<R> {
  let begun: Promise<R> | undefined;
  inScope(() => {
    begun = begin(torch().slotOf(x));
    return [];
  });
  return begun as Promise<R>;
}

function tensorLike<T extends tf.Tensor>(x: T, slot: Slot): T {
  const info = torch().own(slot, x.shape, x.dtype as TensorType);
  return tf.engine().makeTensorFromTensorInfo(info) as T;
}
