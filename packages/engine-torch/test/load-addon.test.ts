import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { loadAddon } from "../src/load-addon.ts";
import { whyNoAddon } from "./why-no-addon.ts";

const why = whyNoAddon();
if (why !== undefined) console.log(`What is done with a damaged addon is not tested: ${why}`);
const real = why === undefined ? process.env["DIRA_TORCH_ADDON"] : undefined;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dira-addon-"));
  file = join(folder, "torch.node");
  vi.stubEnv("DIRA_TORCH_ADDON", file);
  vi.stubEnv("LD_LIBRARY_PATH", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** One line that names the file, says why, and what to do. */
function expectRefusal(reason: RegExp, cure: RegExp): void {
  let message = "nothing";
  try {
    loadAddon();
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message).toMatch(/^@dira\/engine-torch: [^\n]*$/);
  expect(message.split(file)).toHaveLength(2);
  expect(message).toMatch(reason);
  expect(message).toMatch(cure);
}

it("refuses a file that is no library", () => {
  writeFileSync(file, "text\n".repeat(1000));
  expectRefusal(/does not load \(invalid ELF header\)/, /Unset DIRA_TORCH_ADDON/);
  writeFileSync(file, "");
  expectRefusal(/does not load \(file too short\)/, /Unset DIRA_TORCH_ADDON/);
});

it.skipIf(real === undefined)("refuses an addon for another processor", () => {
  const bytes = readFileSync(real as string);
  // Which processor, in the header of ELF files: that of the IBM S/390.
  bytes.writeUInt16LE(22, 18);
  writeFileSync(file, bytes);
  expectRefusal(/does not load \(.*(cannot open shared object file|ELF)/, /Unset DIRA_TORCH_ADDON/);
});

it("says where another LibTorch may come from", () => {
  writeFileSync(file, "text");
  vi.stubEnv("LD_LIBRARY_PATH", "/elsewhere");
  expectRefusal(/./, /See that LD_LIBRARY_PATH \(\/elsewhere\) leads to no other LibTorch/);
});
