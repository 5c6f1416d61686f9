import { describe, expect, it } from "vitest";
import { joinGroup, rendezvousOf } from "../src/index.ts";

describe("joinGroup", () => {
  it.each([0, 1.5, 2 ** 31])("refuses limits of %d ms, naming the option", async (ms) => {
    const within = "give whole milliseconds, from 1 to 2147483647";
    const what = (name: string): string => `joinGroup: ${name} is ${ms}; ${within}`;
    await expect(joinGroup({ timeoutMs: ms })).rejects.toThrow(what("timeoutMs"));
    await expect(joinGroup({ rendezvousMs: ms })).rejects.toThrow(what("rendezvousMs"));
  });
});

describe("rendezvousOf", () => {
  const torchrun = {
    RANK: "3",
    WORLD_SIZE: "4",
    LOCAL_RANK: "1",
    MASTER_ADDR: "node-a",
    MASTER_PORT: "29500",
  };

  it("takes what torchrun sets", () => {
    const found = rendezvousOf({
      ...torchrun,
      TORCHELASTIC_USE_AGENT_STORE: "True",
      TORCHELASTIC_RESTART_COUNT: "2",
    });
    const expected = {
      rank: 3,
      size: 4,
      localRank: 1,
      host: "node-a",
      port: 29_500,
      servesStore: false,
      attempt: 2,
    };
    expect(found).toEqual(expected);
  });

  it("rank 0 serves the store, but where torchrun does", () => {
    const zero = { ...torchrun, RANK: "0" };
    expect(rendezvousOf(zero).servesStore).toBe(true);
    expect(rendezvousOf({ ...zero, TORCHELASTIC_USE_AGENT_STORE: "True" }).servesStore).toBe(false);
    expect(rendezvousOf(torchrun).servesStore).toBe(false);
  });

  it.each([
    [{ RANK: undefined }, "RANK is not set"],
    [{ MASTER_ADDR: "" }, "MASTER_ADDR is not set"],
    [{ RANK: "4" }, 'RANK is "4", which is not a whole number from 0 to 3'],
    [{ MASTER_PORT: "x" }, 'MASTER_PORT is "x", which is not a whole number from 1 to 65535'],
  ])("%o is refused in one line", (wrong, message) => {
    expect(() => rendezvousOf({ ...torchrun, ...wrong })).toThrow(message);
  });
});
