import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWordSet } from "@dira/visual-words/node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dira, main } from "./command.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const folder = mkdtempSync(join(tmpdir(), "dira-discover-"));
afterAll(() => rmSync(folder, { recursive: true }));

const WORDS = 10;
const small = [
  ...["discover", "--cube", "6,12,12", "--volume", "8,16,16", "--words", String(WORDS)],
  ...["--steps", "8", "--batch", "3", "--neighbours", "5"],
  ...["--set", "phantoms=10", "--set", "phantomSize=[16,32,32]"],
  ...["--set", "autoEncoder.width=4", "--set", "autoEncoder.levels=2"],
];
/** Starts a run and kills it with SIGKILL as soon as something is so. */
async function killWhen(args: readonly string[], so: () => boolean): Promise<void> {
  const child = spawn("node", [main, ...args], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  while (!so()) {
    if (child.exitCode !== null)
      throw new Error(`the run ended before the kill: ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  await ended;
  expect(child.signalCode).toBe("SIGKILL");
}
const linesOf = (out: string): string[] => {
  const log = join(out, "metrics.jsonl");
  return existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];
};

describe("dira discover, whole runs on phantoms", () => {
  const whole = join(folder, "whole");
  beforeAll(async () => {
    const { output } = await dira(...small, "--out", whole);
    if (!output.includes(`done: ${WORDS} visual words`)) throw new Error(output);
  });

  it("killed in the auto-encoder, then among the words, then gone on with: the same words, byte for byte", async () => {
    const broken = join(folder, "broken");
    const words = join(broken, "words");
    await killWhen([...small, "--out", broken], () => linesOf(broken).length >= 4);
    expect(existsSync(words)).toBe(false);
    await killWhen([...small, "--out", broken, "--resume"], () =>
      existsSync(join(words, "index.json")),
    );
    const found = openWordSet(words).index.words.length;
    expect(found).toBeLessThan(WORDS);
    const { output } = await dira(...small, "--out", broken, "--resume");
    expect(output).toContain(`words: resumed at word ${found} of ${WORDS}`);
    expect(linesOf(broken)).toHaveLength(8);
    const files = readdirSync(join(whole, "words")).map((name) => join("words", name));
    expect(readdirSync(words).filter((name) => !name.endsWith(".tmp"))).toHaveLength(files.length);
    for (const name of ["features.safetensors", ...files]) {
      const same = readFileSync(join(broken, name)).equals(readFileSync(join(whole, name)));
      expect(same, name).toBe(true);
    }
  });

  it("training error falls; each word has its nearest patients; held-out ones are never trained on", async () => {
    const losses = linesOf(whole).map((line) => (JSON.parse(line) as { loss: number }).loss);
    expect(losses).toHaveLength(8);
    expect(losses[7]).toBeLessThan(losses[0] as number);
    const { words } = openWordSet(join(whole, "words")).index;
    const train = new Set(words.flatMap((word) => word.train.map(({ patient }) => patient)));
    for (const word of words) {
      expect(word.train).toHaveLength(5);
      expect(word.train[0]?.patient).toBe(word.reference);
      for (const { patient } of word.val) expect(train.has(patient)).toBe(false);
    }
  });

  it("a finished run stays as it is; other options, an occupied folder and a wrong volume are refused", async () => {
    const index = readFileSync(join(whole, "words", "index.json"));
    expect((await dira(...small, "--out", whole, "--resume")).status).toBe(0);
    expect(readFileSync(join(whole, "words", "index.json")).equals(index)).toBe(true);
    const other = await dira(...small, "--out", whole, "--resume", "--seed", "9");
    expect(other.output).toMatch(/seed: 0 before, 9 now/);
    expect((await dira(...small, "--out", whole)).output).toMatch(/already holds a run/);
    const odd = await dira(...small, "--out", join(folder, "odd"), "--volume", "9,16,16");
    expect([odd.status, odd.output]).toEqual([1, expect.stringMatching(/must be a multiple of 2/)]);
    expect(existsSync(join(folder, "odd"))).toBe(false);
  });
});
