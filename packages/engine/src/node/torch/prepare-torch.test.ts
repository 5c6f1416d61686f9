import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { findAddon } from "@dira/engine-torch/build";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeLibTorch } from "../../../test/fake-libtorch.ts";
import {
  compileEmptyBinding,
  createFakeMachine,
  type FakeMachine,
  WORKING_COMPILER,
} from "../../../test/fake-machine.ts";
import type { PrepareResult } from "../prepare-result.ts";
import { prepareTorch } from "./prepare-torch.ts";

const unfit =
  process.platform !== "linux" ? `building is for Linux, this is ${process.platform}` : undefined;
if (unfit !== undefined) console.log(`prepareTorch's tests are skipped: ${unfit}`);

let machine: FakeMachine;
let folder: string;
let cache: string;
let compiled = false;

beforeEach(() => {
  machine = createFakeMachine();
  folder = join(machine.root, "torch");
  cache = join(machine.root, "cache", "engines");
  compiled = compileEmptyBinding(machine.env["FAKE_BINDING"] as string);
  for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
});

afterEach(() => {
  vi.unstubAllEnvs();
  machine.remove();
});

/** A LibTorch in a python's folder, and a compiler that delivers. */
function equip(): void {
  writeLibTorch(folder);
  machine.tool("python3", `echo ${folder}`);
  machine.tool("g++", WORKING_COMPILER);
}

/** A compiler that writes down what it was given, a line a run, and does as a script says. */
function loggingCompiler(script: string): void {
  machine.tool(
    "g++",
    `case "$1" in --version) exit 0 ;; esac\necho "$@" >> "$FAKE_LOG"\n${script}`,
  );
}

function log(): string[] {
  const path = machine.env["FAKE_LOG"] as string;
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

/** Refused in one line that says `reason` and what to do, with nothing left behind. */
function expectRefusal(result: PrepareResult, reason: RegExp, cure: RegExp): void {
  expect(result).toMatchObject({ ok: false });
  expect(result.reason).toMatch(reason);
  expect(result.cure).toMatch(cure);
  expect(result.message).not.toContain("\n");
  expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
}

describe.skipIf(unfit !== undefined)("prepareTorch, examples: what a machine lacks", () => {
  it("a LibTorch", async () => {
    const result = await prepareTorch();
    expectRefusal(result, /no LibTorch was found/, /pip install torch/);
    expect(result.message).toMatch(
      /^torch: not available: no LibTorch was found; to have it, install PyTorch \(pip install torch\) or set LIBTORCH\./,
    );
  });

  it("a compiler", async () => {
    equip();
    rmSync(join(machine.root, "bin", "g++"));
    expectRefusal(await prepareTorch(), /no C\+\+ compiler/, /g\+\+/);
  });

  it("a compiler that can do what its headers ask for; C++20 is tried after C++17", async () => {
    equip();
    loggingCompiler(`echo "x.cc:1:2: error: bad" >&2; exit 1`);
    expectRefusal(await prepareTorch(), /x\.cc:1:2: error: bad/, /g\+\+ 9/);
    const standards = new Set(log().flatMap((line) => /-std=\S+/.exec(line) ?? []));
    expect([...standards]).toEqual(["-std=c++17", "-std=c++20"]);
  });

  it("an addon that loads: one that doesn't never becomes the engine", async () => {
    equip();
    writeFileSync(machine.env["FAKE_BINDING"] as string, "not an addon");
    expectRefusal(await prepareTorch(), /does not load/, /LIBTORCH/);
  });
});

describe.skipIf(unfit !== undefined)("prepareTorch, whole runs on a pretended machine", () => {
  it("builds once, and the engine finds what it built", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    expect(() => findAddon()).toThrow(/^@dira\/engine-torch is not built yet[^\n]*$/);
    const first = await prepareTorch();
    expect(first).toMatchObject({ ok: true });
    expect(first.message).toMatch(/^torch: ready, LibTorch 2\.13\.0 for the CPU in /);
    expect(first.lines).toHaveLength(1);
    const runs = log().length;
    expect(await prepareTorch()).toMatchObject({ ok: true, lines: [] });
    expect(log()).toHaveLength(runs);
    const [name = ""] = readdirSync(cache);
    expect(readdirSync(cache)).toEqual([name]);
    expect(findAddon()).toBe(join(cache, name, "torch.node"));
  });

  it("gives the compiler the libraries' own kind of strings, and CUDA where there is one", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    writeLibTorch(folder, { cxx11: false, cuda: true });
    loggingCompiler(`while [ "$1" != "-o" ]; do shift; done; /bin/cp "$FAKE_BINDING" "$2"`);
    expect((await prepareTorch()).message).toContain("LibTorch 2.13.0 for the GPU");
    const compiling = log().filter((command) => command.includes(" -c "));
    for (const command of compiling) expect(command).toContain("-D_GLIBCXX_USE_CXX11_ABI=0");
    expect(compiling.some((command) => /-c \S*native\/addon\.cc /.test(command))).toBe(true);
    expect(log().at(-1)).toContain("-Wl,--no-as-needed -ltorch_cuda -lc10_cuda");
  });

  it("compiles NCCL in where it is, and leaves it out where the compiler refuses it", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    writeLibTorch(folder, { cuda: true, nccl: true });
    const refuses = `case "$*" in *-DUSE_C10D_NCCL*) [ -e "${machine.root}/refuse" ] && /bin/cat "${machine.root}/refuse" && exit 1 ;; esac`;
    const delivers = `while [ "$1" != "-o" ]; do shift; done; /bin/cp "$FAKE_BINDING" "$2"`;
    loggingCompiler(`${refuses}\n${delivers}`);
    expect((await prepareTorch()).lines.join("\n")).not.toContain("NCCL");
    const compiling = log().filter((command) => command.includes(" -c "));
    for (const command of compiling) {
      expect(command).toContain("-DUSE_C10D_NCCL");
      expect(command).toMatch(/-I \S*nvidia\/nccl\/include/);
    }
    rmSync(cache, { recursive: true });
    writeFileSync(
      join(machine.root, "refuse"),
      "g++: fatal error: Killed signal terminated program",
    );
    expectRefusal(await prepareTorch(), /Killed/, /close other programs/);
    writeFileSync(join(machine.root, "refuse"), "nccl.h:1:2: error: bad");
    const without = await prepareTorch();
    expect(without.ok).toBe(true);
    expect(without.lines.join("\n")).toContain("torch: without NCCL");
    expect(log().at(-2)).not.toContain("NCCL");
  });

  it("builds for every LibTorch; the engine takes the newest, or that in LIBTORCH", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    const old = join(machine.root, "old");
    writeLibTorch(old, { version: "2.4.1" });
    machine.tool("python", `echo ${old}`);
    expect((await prepareTorch()).message).toMatch(/LibTorch 2\.13\.0 .*; LibTorch 2\.4\.1 /);
    expect(basename(dirname(findAddon()))).toMatch(/^torch-2\.13\.0-/);
    vi.stubEnv("LIBTORCH", old);
    expect(basename(dirname(findAddon()))).toMatch(/^torch-2\.4\.1-/);
  });

  it("one that can't be compiled for does not keep the engine from others", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    const old = join(machine.root, "old");
    writeLibTorch(old, { version: "2.4.1" });
    machine.tool("python", `echo ${old}`);
    machine.tool(
      "g++",
      `case "$*" in *${old}*) echo "error: bad" >&2; exit 1 ;; esac\n${WORKING_COMPILER}`,
    );
    const { ok, lines } = await prepareTorch();
    expect(ok).toBe(true);
    expect(lines.at(-1)).toMatch(/^torch: .*could not compile.*old.*error: bad/);
  });

  it("builds anew for a LibTorch that was replaced, and the engine takes no other build", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    await prepareTorch();
    writeLibTorch(folder, { version: "2.14.0" });
    expect(() => findAddon()).toThrow(/not built yet/);
    expect((await prepareTorch()).message).toContain("LibTorch 2.14.0");
    expect(basename(dirname(findAddon()))).toMatch(/^torch-2\.14\.0-/);
    rmSync(folder, { recursive: true });
    expect(() => findAddon()).toThrow(/not built yet/);
  });

  it("builds again over a damaged addon", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    await prepareTorch();
    appendFileSync(findAddon(), "more");
    const again = await prepareTorch();
    expect(again.lines.join("\n")).toMatch(/is damaged; building it again/);
    expect(again.ok).toBe(true);
  });
});

describe("findAddon, examples", () => {
  it("takes the file that DIRA_TORCH_ADDON names, and refuses one that is not there", () => {
    const file = join(machine.root, "mine.node");
    writeFileSync(file, "");
    vi.stubEnv("DIRA_TORCH_ADDON", file);
    expect(findAddon()).toBe(file);
    vi.stubEnv("DIRA_TORCH_ADDON", join(machine.root, "none"));
    expect(() => findAddon()).toThrow(/DIRA_TORCH_ADDON names .* does not exist. Correct it/);
    // Run as JavaScript, it would be none either.
    for (const none of [import.meta.filename, machine.root]) {
      vi.stubEnv("DIRA_TORCH_ADDON", none);
      expect(() => findAddon()).toThrow(/DIRA_TORCH_ADDON names .* is no addon/);
    }
  });

  it("refuses a LIBTORCH that is none", () => {
    vi.stubEnv("LIBTORCH", machine.root);
    expect(() => findAddon()).toThrow(/LIBTORCH names .*libtorch_cpu\.so/);
  });
});
