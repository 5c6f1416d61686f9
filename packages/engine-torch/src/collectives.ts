import * as tf from "@tensorflow/tfjs";
import type { Slot } from "./addon.ts";
import type { TorchBackend } from "./backend.ts";
import { BACKEND } from "./kernel.ts";
import {
  type NativeCollectives,
  type NativeGroup,
  nativeCollectives,
  REDUCTIONS,
} from "./native-collectives.ts";
import { widen } from "./precision.ts";
import { isReached } from "./reach.ts";
import { type Rendezvous, rendezvousOf } from "./rendezvous.ts";
import type { TensorType } from "./scalar-types.ts";
import { inScope } from "./scope.ts";

/** How an all-reduce makes one value of those of all processes. */
export type Reduction = (typeof REDUCTIONS)[number];

/** What {@link joinGroup} takes; what is left out is as the environment says. */
export interface GroupOptions extends Partial<Rendezvous> {
  /** How long to wait for the other processes, in milliseconds, and then for connections to them. Default: 5 minutes. */
  readonly rendezvousMs?: number;
  /** How long a collective may take, waiting for the slowest process included. Default: 30 minutes, as in PyTorch. */
  readonly timeoutMs?: number;
}

const MINUTE_MS = 60_000;

/**
 * Numbers of the groups that this process joined, or is about to, by the rendezvous and its place there: groups of the same
 * processes may use the same store one after another. A join that fails gives its number back: as none succeeds without all
 * processes, the others fail too, or still wait for this one under that number.
 */
const taken = new Map<string, Set<number>>();

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
 * Groups that follow each other need ports of their own, but under torchrun, whose store outlasts them. A process whose join
 * failed may try again, while the others wait or try again too.
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
  const number = takeNumber(given);
  try {
    const prefix = `dira/${attempt}/${number}`;
    const left = servesStore ? rendezvousMs : await reach(given, rendezvousMs);
    const group = native.openGroup();
    const serves = servesStore ? 1 : 0;
    await native.joinGroup(group, host, port, rank, size, serves, prefix, left, timeoutMs);
    return new Group(group, given);
  } catch (error) {
    numbersOf(given).delete(number);
    throw error;
  }
}

function numbersOf({ host, port, rank, attempt }: Rendezvous): Set<number> {
  const place = `${host}:${port}/${rank}/${attempt}`;
  const numbers = taken.get(place) ?? new Set();
  taken.set(place, numbers);
  return numbers;
}

function takeNumber(given: Rendezvous): number {
  const numbers = numbersOf(given);
  let number = 0;
  while (numbers.has(number)) number += 1;
  numbers.add(number);
  return number;
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
 * Every process calls the same methods in the same order, each with a tensor of one type and shape. Where calls differ, or
 * one process's is refused (its tensor was disposed of, say), all of them are refused and the group goes on; after any other
 * error all processes have to start again. Nothing blocks JavaScript: collectives run one after another beside it, on copies
 * of the tensors as they were given, which may be disposed of at once. Results are new tensors, the caller's. What was
 * computed in bfloat16 is float32 here, as TensorFlow.js has it.
 *
 * With NCCL, each process needs a GPU of its own (`setDevice` with `localRank`): NCCL refuses two on one at the first
 * collective. Without it, tensors go through the hosts' memory, and processes may share a GPU. A group is of the thread that
 * joined it, main or worker, and can't be handed to another; a worker may be a process in all that is said here, with a rank
 * of its own in the options.
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
    const [result] = await this.begin("allReduce", x, (native, slot) =>
      native.allReduce(this.native, slot, numberOf(reduction)),
    );
    return tensorLike(x, result);
  }

  /** The tensor of one process, on every process; the others' only tell its type and shape. */
  async broadcast<T extends tf.Tensor>(x: T, from = 0): Promise<T> {
    const [result] = await this.begin("broadcast", x, (native, slot) =>
      native.broadcast(this.native, slot, from),
    );
    return tensorLike(x, result);
  }

  /** All processes' tensors by rank, on every process. */
  async allGather<T extends tf.Tensor>(x: T): Promise<T[]> {
    const results = await this.begin("allGather", x, (native, slot) =>
      native.allGather(this.native, slot),
    );
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

  /** Begins a collective. What is refused here the others hear of, who would wait for it. */
  private begin<R>(
    name: string,
    x: tf.Tensor,
    collective: (native: NativeCollectives, slot: Slot) => Promise<R>,
  ): Promise<R> {
    const native = nativeCollectives();
    try {
      checkTensor(name, x);
      return withSlot(x, (slot) => collective(native, slot));
    } catch (error) {
      // That it is refused here too says less than the error.
      native.refuse(this.native).catch(() => undefined);
      throw error;
    }
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

/** The longest that timers take, 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

function checkDuration(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0 && value <= LONGEST_MS) return;
  throw new Error(
    `joinGroup: ${name} is ${value}; give whole milliseconds, from 1 to ${LONGEST_MS}.`,
  );
}

function checkTensor(name: string, x: unknown): void {
  if (x instanceof tf.Tensor && !x.isDisposed && x.dtype !== "string") return;
  throw new Error(
    `${name}: expected a tensor of numbers or booleans, got ${termOf(x)}. Give what tf.tensor makes of numbers, before it is disposed of.`,
  );
}

function termOf(x: unknown): string {
  if (x instanceof tf.Tensor) return x.isDisposed ? "one that was disposed of" : "one of strings";
  return Array.isArray(x) ? "an array" : `${typeof x} ${String(x)}`;
}

function numberOf(reduction: Reduction): number {
  const number = REDUCTIONS.indexOf(reduction);
  if (number >= 0) return number;
  throw new Error(`allReduce: expected one of ${REDUCTIONS.join(", ")}, got ${String(reduction)}.`);
}

function torch(): TorchBackend {
  return tf.engine().findBackend(BACKEND) as TorchBackend;
}

/** Begins what takes a tensor's slot, which only has to be there until it has begun. */
function withSlot<R>(x: tf.Tensor, begin: (slot: Slot) => Promise<R>): Promise<R> {
  let begun: Promise<R> | undefined;
  inScope(() => {
    // Products may be in bfloat16, on some processes only.
    begun = begin(widen(torch().slotOf(x)));
    return [];
  });
  return begun as Promise<R>;
}

function tensorLike<T extends tf.Tensor>(x: T, slot: Slot): T {
  const info = torch().own(slot, x.shape, x.dtype as TensorType);
  // TensorFlow.js's current backend may be another.
  return tf.engine().makeTensorFromTensorInfo(info, torch()) as T;
}
