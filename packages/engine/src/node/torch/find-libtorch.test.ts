import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readLibTorch } from "@dira/engine-torch/build";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeLibTorch } from "../../../test/fake-libtorch.ts";
import { createFakeMachine, type FakeMachine } from "../../../test/fake-machine.ts";
import { hasCxx11Abi } from "./cxx11-abi.ts";
import { findLibTorch } from "./find-libtorch.ts";
import { torchPackage } from "./torch-package.ts";

const torch = await torchPackage();

let machine: FakeMachine;
let folder: string;

beforeEach(() => {
  machine = createFakeMachine();
  folder = join(realpathSync(machine.root), "torch");
  for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
});

afterEach(() => {
  vi.unstubAllEnvs();
  machine.remove();
});

/** The folders of what is found. */
async function found(): Promise<string[]> {
  return (await findLibTorch(torch)).map((one) => one.folder);
}

describe("findLibTorch, examples", () => {
  it("takes that in LIBTORCH alone", async () => {
    writeLibTorch(folder);
    writeLibTorch(join(machine.root, "other"));
    machine.tool("python3", `echo ${join(machine.root, "other")}`);
    vi.stubEnv("LIBTORCH", folder);
    expect(await found()).toEqual([folder]);
  });

  it("refuses a LIBTORCH that is none", async () => {
    vi.stubEnv("LIBTORCH", machine.root);
    await expect(findLibTorch(torch)).rejects.toThrow(/LIBTORCH names .*libtorch_cpu\.so/);
  });

  it("asks DIRA_PYTHON, then the PATH's pythons, then looks at the system's, and takes each folder once", async () => {
    const [first, second, third] = [join(folder, "1"), join(folder, "2"), join(folder, "3")];
    writeLibTorch(first);
    writeLibTorch(second, { version: "2.4.1" });
    writeLibTorch(third);
    vi.stubEnv("DIRA_SYSTEM_LIBTORCH", third);
    symlinkSync(second, join(folder, "link"));
    machine.tool("of-project", `echo "a warning" >&2; echo ${first}`);
    machine.tool("python3", `echo ${second}`);
    machine.tool("python", `echo ${join(folder, "link")}`);
    vi.stubEnv("DIRA_PYTHON", join(machine.root, "bin", "of-project"));
    expect(await found()).toEqual([first, second, third]);
  });

  it("passes over pythons that fail, have no torch, or one without headers", async () => {
    writeLibTorch(folder, { header: "elsewhere.h" });
    machine.tool("python3", `echo ${folder}; exit 0`);
    machine.tool("python", `echo ${folder}; exit 1`);
    vi.stubEnv("DIRA_PYTHON", join(machine.root, "none"));
    await expect(found()).rejects.toThrow("no LibTorch was found");
  });
});

describe("readLibTorch, examples", () => {
  it("reads the version, as 1.13's headers have it too, and whether there is a GPU's library", () => {
    writeLibTorch(folder, {
      version: "1.13.1",
      header: "torch/csrc/api/include/torch/version.h",
      cuda: true,
    });
    expect(readLibTorch(folder)).toMatchObject({ version: "1.13.1", cuda: true });
    writeLibTorch(folder, { version: "2.13.0" });
    expect(readLibTorch(folder)).toMatchObject({ version: "2.13.0" });
  });

  it("finds NCCL's headers beside one for GPUs, and CUDA's with them, or neither", () => {
    const nvidia = join(folder, "..", "nvidia");
    writeLibTorch(folder, { cuda: true, nccl: true });
    const nccl = readLibTorch(folder)?.nccl;
    expect(nccl?.version).toBe("2.30.7");
    expect(nccl?.includes.toSorted()).toEqual([
      join(nvidia, "cu13", "include"),
      join(nvidia, "nccl", "include"),
    ]);
    rmSync(join(nvidia, "cu13"), { recursive: true });
    expect(readLibTorch(folder)?.nccl).toBeUndefined();
    writeLibTorch(join(machine.root, "for-cpus", "torch"), { nccl: true });
    expect(readLibTorch(join(machine.root, "for-cpus", "torch"))?.nccl).toBeUndefined();
  });

  it("knows a distribution's folder of libraries", () => {
    const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
    writeLibTorch(folder, { libraries: join("lib", triplet) });
    expect(readLibTorch(folder)).toMatchObject({ libraries: join(folder, "lib", triplet) });
  });

  it("finds none in a folder without libraries, or that does not exist", () => {
    mkdirSync(join(folder, "include", "torch", "headeronly"), { recursive: true });
    const header = join(folder, "include", "torch", "headeronly", "version.h");
    writeFileSync(header, `#define TORCH_VERSION "2.13.0"\n`);
    expect(readLibTorch(folder)).toBeUndefined();
    expect(readLibTorch(join(folder, "none"))).toBeUndefined();
  });
});

describe("hasCxx11Abi, examples", () => {
  it.each([true, false])("tells by the names in libc10.so: %s", (cxx11) => {
    writeLibTorch(folder, { cxx11 });
    expect(hasCxx11Abi(join(folder, "lib"))).toBe(cxx11);
  });

  it("is true of a release since 2.6 on this machine", async (context) => {
    vi.unstubAllEnvs();
    const here = await findLibTorch(torch).catch(() => []);
    const recent = here.filter(({ version }) => Number(version.split(".")[0]) >= 2);
    const [first] = recent.filter(({ version }) => !/^2\.[0-5]\./.test(version));
    if (first === undefined) {
      console.log("skipped: no LibTorch of 2.6 or later is here (set DIRA_PYTHON or LIBTORCH)");
      return context.skip("no LibTorch of 2.6 or later");
    }
    expect(hasCxx11Abi(first.libraries)).toBe(true);
  });
});
