import { spawn } from "node:child_process";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hasCollectives } from "../src/index.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const child = fileURLToPath(new URL("collectives-child.mjs", import.meta.url));

const reason =
  whyNoAddon() ?? (hasCollectives() ? undefined : "this build of the addon has no Gloo");
if (reason !== undefined) console.log(`Collectives of several processes are skipped: ${reason}`);

interface Limits {
  readonly rendezvousMs?: number;
  readonly timeoutMs?: number;
}

/** How a process ended. */
interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly result?: unknown;
  readonly error?: string;
  /** When it was refused, and how often a timer of 20 ms had called by then. */
  readonly ms?: number;
  readonly ticks?: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs some of the ranks of a group on this machine, each in a process of its own. */
async function run(
  scenario: string,
  size: number,
  {
    closes = true,
    ranks = [...Array(size).keys()],
    at,
    ...limits
  }: Limits & { closes?: boolean; ranks?: number[]; at?: number } = {},
): Promise<Ended[]> {
  const port = at ?? (await freePort());
  const common = {
    MASTER_ADDR: "127.0.0.1",
    MASTER_PORT: `${port}`,
    WORLD_SIZE: `${size}`,
    CLOSES: closes ? "yes" : "no",
  };
  return Promise.all(
    ranks.map(async (rank) => {
      const env = { ...process.env, ...common, RANK: `${rank}`, OMP_NUM_THREADS: "1" };
      const given = JSON.stringify({ rendezvousMs: 30_000, timeoutMs: 30_000, ...limits });
      const node = spawn(process.execPath, [child, scenario, given], { env });
      const ended = new Promise<number | null>((resolve) => node.once("close", resolve));
      const [code, stdout, stderr] = await Promise.all([
        ended,
        text(node.stdout),
        text(node.stderr),
      ]);
      const last = stdout.trim().split("\n").at(-1);
      return { code, stderr, ...(last ? (JSON.parse(last) as object) : {}) };
    }),
  );
}

describe.skipIf(reason !== undefined)("collectives of processes on one machine", () => {
  it.each([
    { size: 2, closes: true },
    { size: 3, closes: false },
  ])(
    "$size processes, closed: $closes: every collective gives every rank its value",
    async ({ size, closes }) => {
      const ranks = [...Array(size).keys()];
      const sum = (size * (size - 1)) / 2;
      const expected = {
      reduced: {
        sum: [[sum, size, 2 * size], [3 * sum, 4 * size, 5 * size]],
        mean: [[sum / size, 1, 2], [(3 * sum) / size, 4, 5]],
        min: [[0, 1, 2], [0, 4, 5]],
        max: [[size - 1, 1, 2], [3 * (size - 1), 4, 5]],
      },
      transposed: [[[sum, 3 * sum], [size, 4 * size], [2 * size, 5 * size]]],
      scalar: [sum],
      // Not as float32, which has no such number.
      ids: [[sum, size * 16_777_217]],
      all: [[0, 1]],
      complex: [[sum / size]],
      fromLast: [[size - 1, 16_777_217]],
      gathered: ranks.map((rank) => [rank + 0.5]),
      flags: ranks.map((rank) => [Math.min(rank, 1), 1]),
      empty: [...ranks.map(() => [0, 3]), [0]],
    }; // prettier-ignore
      for (const { result, error, code, stderr } of await run("compute", size, { closes })) {
        expect({ result, error, code, stderr }).toEqual({
          result: expected,
          error: undefined,
          code: 0,
          stderr: "",
        });
      }
    },
  );

  it("calls that differ are refused on all ranks, saying how, and the group goes on", async () => {
    const [first, second] = (await run("disagree", 2)).map(({ result }) => result as unknown[]);
    const errors = first as string[];
    expect(errors.slice(0, 5)).toEqual([
      "all-reduce: the ranks' calls differ: rank 0 makes all-reduce (sum) of float32 [1], rank 1 all-reduce (sum) of float32 [2]",
      "all-reduce: the ranks' calls differ: rank 0 makes all-reduce (sum) of float32 [2], rank 1 all-reduce (sum) of int32 [2]",
      "barrier: the ranks' calls differ: rank 0 makes barrier, rank 1 broadcast (from rank 0) of float32 [2]",
      "all-reduce: cast whole numbers to float32 before taking their mean",
      "broadcast: there is no rank 2 of 2",
    ]);
    expect(second?.slice(3, 5)).toEqual(errors.slice(3, 5));
    expect([first?.at(-1), second?.at(-1)]).toEqual([[[2, 4]], [[2, 4]]]);
  });

  it("a call that one rank can't make is refused on all ranks, and the group goes on", async () => {
    const [first, second] = (await run("refuse", 2)).map(({ result }) => result as string[]);
    const refused = (name: string, call: string, other = "a call that it refuses"): string =>
      `${name}: the ranks' calls differ: rank 0 makes ${name}${call} of float32 [2], rank 1 ${other}`;
    const deep = "all-reduce (sum) of float32 [1, 1, 1, 1, 1, 1, 1, 1, ...]";
    const tooDeep = "all-reduce: expected at most 8 dimensions, got 9: reshape the tensor before";
    const tensors = "expected a tensor of numbers or booleans, got";
    expect(first).toEqual([
      refused("all-reduce", " (sum)"),
      refused("broadcast", " (from rank 0)"),
      refused("all-gather", ""),
      refused("all-reduce", " (sum)"),
      refused("all-reduce", " (sum)", deep),
      tooDeep,
      [[2, 4]],
    ]);
    expect(second).toEqual([
      expect.stringContaining(`allReduce: ${tensors} one that was disposed of. `),
      expect.stringContaining(`broadcast: ${tensors} number 5. `),
      expect.stringContaining(`allGather: ${tensors} one of strings. `),
      "allReduce: expected one of sum, mean, min, max, got most.",
      expect.stringContaining(`rank 1 makes ${deep}, rank 0`),
      tooDeep,
      [[2, 4]],
    ]);
  });

  it("what was computed in bfloat16 is float32, on one rank or all", async () => {
    const each = [257, 1, 1, 256];
    for (const { result } of await run("narrow", 2)) expect(result).toEqual([...each, ...each]);
  });

  it("limits may be as long as can be", async () => {
    const most = 2 ** 31 - 1;
    const ended = await run("narrow", 2, { rendezvousMs: most, timeoutMs: most });
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array(2).fill({ code: 0, stderr: "" }),
    );
  });

  it("TensorFlow.js's current backend may be another one", async () => {
    for (const { result } of await run("elsewhere", 2)) expect(result).toEqual([1, 2]);
  });

  it("a rank whose join failed meets the others when it tries again", async () => {
    const [zero, one] = (await run("retry", 2)).map(
      ({ result }) => result as Record<"early" | "unconnected" | "sum", unknown>,
    );
    expect([zero?.sum, one?.sum]).toEqual([[2], [2]]);
    expect(one?.early).toMatch(/^collectives: rank 1 of 2 waited \d+ ms at \S+ for rank 0: .*$/);
    const unconnected = /^collectives: rank \d of 2 could not connect to the others, .*$/;
    expect(zero?.unconnected).toMatch(unconnected);
    expect(one?.unconnected).toMatch(unconnected);
  });

  it("waiting for a late rank leaves JavaScript running, and tensors may be disposed of meanwhile", async () => {
    const results = (await run("wait", 2)).map(
      ({ result }) =>
        result as { waited: number; ticked: number; maxima: number[]; leaked: number },
    );
    expect(results.map(({ maxima, leaked }) => ({ maxima, leaked }))).toEqual(
      Array(2).fill({ maxima: [2, 4, 6], leaked: 0 }),
    );
    expect(results[0]?.waited).toBeGreaterThan(500);
    expect(results[0]?.ticked).toBeGreaterThan(20);
  });

  it("a rank that never comes: each names it, or rank 0, and the address, in one line", async () => {
    const [zero, one] = await run("compute", 3, { ranks: [0, 1], rendezvousMs: 4000 });
    expect(zero?.error).toMatch(
      /^collectives: rank 0 of 3 waited \d+ ms at 127\.0\.0\.1:\d+ for rank(s 1,)? 2: start every rank with .* or raise rendezvousMs$/,
    );
    expect(one?.error).toMatch(/^collectives: rank 1 of 3 .* 127\.0\.0\.1:\d+ .*$/);
    expect([zero?.stderr, one?.stderr]).toEqual(["", ""]);
  });

  it("no rank 0: a line with its address", async () => {
    const [one] = await run("compute", 2, { ranks: [1], rendezvousMs: 500 });
    expect(one?.error).toMatch(
      /^collectives: rank 1 of 2 did not reach rank 0 at 127\.0\.0\.1:\d+ within 500 ms: .*$/,
    );
  });

  it("something mute in rank 0's place: a line with its address, in time", async () => {
    // It hangs up long after.
    const hangUp = (socket: Socket): unknown =>
      setTimeout(() => socket.on("error", () => undefined).destroy(), 3000);
    const mute = createServer(hangUp).listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const at = (mute.address() as AddressInfo).port;
    const [one] = (await run("mute", 2, { ranks: [1], at, rendezvousMs: 500 })) as [Ended];
    mute.close();
    expect(one.error).toMatch(
      /^collectives: rank 1 of 2 had no answer within \d+ ms from 127\.0\.0\.1:\d+, where something listens: .*$/,
    );
    expect(one.ms).toBeLessThan(10_000);
    expect(one.ticks).toBeGreaterThan(20);
    expect({ code: one.code, stderr: one.stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("a rank that dies: the others are refused at once, and so is what follows", async () => {
    const [zero] = (await run("dies", 2)) as [Ended, Ended];
    const { errors, ms } = zero.result as { errors: string[]; ms: number };
    expect(errors[0]).toMatch(/^all-reduce: rank 0 of 2 lost the others: see why one ended, .*$/);
    expect(errors[1]).toMatch(/^barrier: rank 0 of 2 can't go on after an earlier error: .*$/);
    expect(ms).toBeLessThan(20_000);
    expect(zero.code).toBe(0);
  });

  it("a rank that hangs: the others are refused once the time-out is over", async () => {
    const [zero] = (await run("hangs", 2, { timeoutMs: 1500 })) as [Ended, Ended];
    const { errors, ms } = zero.result as { errors: string[]; ms: number };
    expect(errors[0]).toMatch(
      /^all-reduce: rank 0 of 2 waited 1500 ms for the others, .* or raise timeoutMs$/,
    );
    expect(ms).toBeGreaterThan(1000);
    expect(zero.code).toBe(0);
  });

  it("a process may exit while it waits", async () => {
    const ended = await run("exits", 2, { closes: false });
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array(2).fill({ code: 0, stderr: "" }),
    );
  });
});
