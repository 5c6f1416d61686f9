import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { lockFolder } from "../src/folder-lock.ts";
import { dira, main } from "./command.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const home = mkdtempSync(join(tmpdir(), "dira-folder-lock-"));
let started: ChildProcess | undefined;
afterEach(() => started?.kill("SIGKILL"));
afterAll(() => rmSync(home, { recursive: true }));
const at = (...parts: readonly string[]): string => join(home, ...parts);
const folder = (): string => mkdtempSync(at("folder-"));

const in2d = ["--arch", "resnet18", "--size", "32", "--batch", "4", "--set", "width=4"];
const in3d = ["--size", "8,16,16", "--batch", "4", "--epochs", "1", "--set", "width=2"];
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  pretrain: [
    ...["--recipe", "dira-2d-moco", ...in2d, "--steps", "6", "--stages", "d"],
    ...["--set", "objective.queueSize=8", "--set", "phantoms=8"],
  ],
  finetune: ["--task", "montgomery", ...in2d, "--epochs", "3", "--set", "phantoms=8"],
  discover: [
    ...["--cube", "6,12,12", "--volume", "8,16,16", "--words", "3", "--steps", "100"],
    ...["--batch", "3", "--neighbours", "5", "--set", "phantoms=10"],
    ...["--set", "phantomSize=[16,32,32]", "--set", "autoEncoder.width=4"],
    ...["--set", "autoEncoder.levels=2"],
  ],
  benchmark: ["--task", "luna", ...in3d, "--set", "phantoms=8", "--init", "random", "--runs", "1"],
};

/** Starts a command in a process that is stopped, not ended, as soon as it has its folder's lock. */
async function startAndStop(args: readonly string[], files: readonly string[]): Promise<number> {
  const child = spawn("node", [main, ...args], { stdio: "ignore" });
  started = child;
  while (!files.every((file) => existsSync(file))) {
    if (child.exitCode !== null) throw new Error(`it ended without the lock: ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGSTOP");
  if (!files.every((file) => existsSync(file))) throw new Error("it ended before it was stopped");
  return child.pid as number;
}

describe("two processes and one folder, whole runs on phantoms", () => {
  it.for(Object.keys(COMMANDS))(
    "%s: the second is refused and changes nothing; that of a killed one is taken over",
    async (command) => {
      const out = at(command);
      const [lock, of] = [
        join(out, "dira.lock"),
        join(out, command === "benchmark" ? "plan.json" : "config.json"),
      ];
      // A native engine could be done before it is stopped.
      const options = [...(COMMANDS[command] as readonly string[]), "--engine", "wasm"];
      const args = [command, ...options, "--out", out];
      const pid = await startAndStop(args, [lock, of]);
      const signed = readFileSync(lock, "utf8");
      const second = await dira(...args, "--resume");
      expect(second.output).toMatch(
        new RegExp(`^error: ${out} is being worked on by process ${pid} on ${hostname()}\\. `, "m"),
      );
      expect(second.status).toBe(1);
      expect(readFileSync(lock, "utf8")).toBe(signed);
      const ended = new Promise((resolve) => started?.once("exit", resolve));
      started?.kill("SIGKILL");
      await ended;
      const resumed = await dira(...args, "--resume");
      expect(resumed.status, resumed.output).toBe(0);
      expect(existsSync(lock)).toBe(false);
    },
  );
});

describe("the lock of a folder, examples", () => {
  const held = (lock: object | string, seconds = 0): string => {
    const out = folder();
    writeFileSync(join(out, "dira.lock"), typeof lock === "string" ? lock : JSON.stringify(lock));
    const then = new Date(Date.now() - 1000 * seconds);
    utimesSync(join(out, "dira.lock"), then, then);
    return out;
  };
  const gone = spawnSync("true").pid;

  it.for<[string, string]>([
    ["of a process that has ended", held({ pid: gone, host: hostname(), children: [gone] })],
    ["of this process's id, from before", held({ pid: process.pid, host: hostname(), children: [] })],
    ["of another machine, silent for two minutes", held({ pid: 1, host: "elsewhere", children: [] }, 121)],
    ["unsigned, and two minutes old", held("", 121)],
  ])("is taken over: %s", async ([, out]) => {
    const lock = await lockFolder(out);
    const path = join(out, "dira.lock");
    lock.note([gone]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ pid: process.pid, host: hostname(), children: [gone] }); // prettier-ignore
    lock.release();
    expect(existsSync(path)).toBe(false);
  }); // prettier-ignore

  it("of another machine that gives a sign of life: refused, naming it", async () => {
    const out = held({ pid: 1, host: "elsewhere", children: [] }, 60);
    const taking = lockFolder(out);
    setTimeout(() => utimesSync(join(out, "dira.lock"), new Date(), new Date()), 100);
    await expect(taking).rejects.toThrow(`${out} is being worked on by process 1 on elsewhere.`);
    expect(readFileSync(join(out, "dira.lock"), "utf8")).toContain("elsewhere");
  });

  it("of a killed benchmark whose run is still in its last step: waited for", async () => {
    const child = spawn("sleep", ["0.5"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const out = held({ pid: gone, host: hostname(), children: [child.pid] });
    const lock = await lockFolder(out);
    expect(child.exitCode).toBe(0);
    await ended;
    lock.release();
  });
});
