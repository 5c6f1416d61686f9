import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  compileEmptyBinding,
  createFakeMachine,
  type FakeMachine,
  WORKING_COMPILER,
  WORKING_PYTHON,
} from "../../test/fake-machine.ts";
import { requireRoom } from "./fetch-tensorflow.ts";
import { findBinding } from "./find-binding.ts";
import { BINDING_FILE } from "./manifest.ts";
import { bindingPackage, engineFolder, stockBinding } from "./paths.ts";
import { prepareEngine } from "./prepare.ts";
import type { PrepareResult } from "./prepare-result.ts";

/** The dead: a process id beyond what Linux gives out. */
const DEAD_PID = 2 ** 30;

const unfit =
  process.platform !== "linux"
    ? `building is for Linux, this is ${process.platform}`
    : existsSync(stockBinding(bindingPackage()))
      ? "a stock install of tfjs-node-gpu is here and would be taken"
      : undefined;
if (unfit !== undefined) console.log(`prepareEngine's tests are skipped: ${unfit}`);

let machine: FakeMachine;
let before: NodeJS.ProcessEnv;
let compiled = false;

beforeEach(() => {
  machine = createFakeMachine();
  compiled = compileEmptyBinding(machine.env["FAKE_BINDING"] as string);
  before = { ...process.env };
  Object.assign(process.env, machine.env);
});

afterEach(() => {
  for (const name of Object.keys(machine.env)) delete process.env[name];
  Object.assign(process.env, before);
  machine.remove();
});

/** Tools with which the build succeeds. */
function equip(): void {
  machine.tool("python3", WORKING_PYTHON);
  machine.tool("g++", WORKING_COMPILER);
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
  const cache = dirname(engineFolder("cpu"));
  expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
}

describe.skipIf(unfit !== undefined)("prepareEngine, examples: what a machine lacks", () => {
  it("a compiler, which is noticed before anything is downloaded", async () => {
    machine.tool("python3", WORKING_PYTHON);
    expectRefusal(await prepareEngine(), /no C\+\+ compiler/, /g\+\+/);
    expect(log()).toEqual([]);
  });

  it("python", async () => {
    machine.tool("g++", WORKING_COMPILER);
    expectRefusal(await prepareEngine(), /no python with pip/, /python3-pip/);
  });

  it("pip", async () => {
    machine.tool("g++", WORKING_COMPILER);
    machine.tool("python3", `echo "No module named pip" >&2; exit 1`);
    expectRefusal(await prepareEngine(), /no python with pip/, /python3-pip/);
  });

  it("the network", async () => {
    equip();
    machine.tool(
      "python3",
      `case "$*" in *"pip --version"*) exit 0 ;; esac
echo "WARNING: Retrying after connection broken" >&2
echo "ERROR: No matching distribution found for tensorflow-cpu==2.21.0" >&2
exit 1`,
    );
    expectRefusal(await prepareEngine(), /No matching distribution/, /DIRA_TENSORFLOW_WHEEL/);
  });

  it("a whole wheel: a truncated one is refused by python's own zip reader", async (context) => {
    const python = (before["PATH"] ?? "")
      .split(delimiter)
      .map((folder) => join(folder, "python3"))
      .concat("/usr/bin/python3")
      .findLast((path) => existsSync(path));
    if (python === undefined) context.skip("no python3 on this machine");
    equip();
    machine.tool(
      "python3",
      `case "$*" in *"pip --version"*) exit 0 ;; esac; exec "${python}" "$@"`,
    );
    const wheel = join(machine.root, "truncated.whl");
    writeFileSync(wheel, "PK\u0003\u0004 and then the connection broke");
    process.env["DIRA_TENSORFLOW_WHEEL"] = wheel;
    expectRefusal(await prepareEngine(), /not a zip file/, /DIRA_TENSORFLOW_WHEEL/);
  });

  it("a compiler that can do C++17", async () => {
    equip();
    machine.tool(
      "g++",
      `case "$1" in --version) exit 0 ;; esac; echo "x.cc:1:2: error: bad" >&2; exit 1`,
    );
    expectRefusal(await prepareEngine(), /x\.cc:1:2: error: bad/, /g\+\+ 9/);
  });

  it("a binding that loads: one that doesn't never becomes the engine", async () => {
    equip();
    writeFileSync(machine.env["FAKE_BINDING"] as string, "not an addon");
    expectRefusal(await prepareEngine(), /does not load/, /glibc/);
  });

  it("room on the disk", () => {
    expect(() => requireRoom(machine.root, Number.MAX_SAFE_INTEGER)).toThrow(/free.*needed/);
    expect(() => requireRoom(machine.root, 1)).not.toThrow();
  });

  it("a cache that can be written", async () => {
    equip();
    writeFileSync(join(machine.root, "file"), "");
    process.env["DIRA_CACHE"] = join(machine.root, "file");
    const result = await prepareEngine();
    expect(result.ok).toBe(false);
    expect(result.reason).toMatch(/ENOTDIR|EEXIST/);
  });
});

describe.skipIf(unfit !== undefined)("prepareEngine, whole runs on a pretended machine", () => {
  it("builds once, then finds what it built", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    const first = await prepareEngine();
    expect(first).toMatchObject({ ok: true });
    expect(first.lines.length).toBeGreaterThanOrEqual(2);
    expect(await prepareEngine()).toMatchObject({ ok: true, lines: [] });
    expect(log()).toEqual(["download", "compile"]);
    const folder = engineFolder("cpu");
    expect(readdirSync(dirname(folder))).toEqual([basename(folder)]);
    expect(existsSync(join(folder, "site", "tensorflow", "include"))).toBe(false);
    expect(await findBinding(bindingPackage())).toBe(join(folder, BINDING_FILE));
  });

  it("takes the next python when the first one's pip can't have the wheel", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    machine.tool("python", WORKING_PYTHON);
    machine.tool("python3", `case "$*" in *"pip --version"*) exit 0 ;; esac; exit 1`);
    expect(await prepareEngine()).toMatchObject({ ok: true });
  });

  it("clears up after a build and a lock whose process is gone", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    equip();
    const folder = engineFolder("cpu");
    mkdirSync(`${folder}.tmp-${DEAD_PID}`, { recursive: true });
    writeFileSync(join(`${folder}.tmp-${DEAD_PID}`, BINDING_FILE), "half");
    mkdirSync(`${folder}.lock`);
    const owner = { pid: DEAD_PID, host: hostname() };
    writeFileSync(join(`${folder}.lock`, "owner.json"), JSON.stringify(owner));
    expect(await prepareEngine()).toMatchObject({ ok: true });
    expect(readdirSync(dirname(folder))).toEqual([basename(folder)]);
  });

  it.each([
    ["shortened", (path: string) => truncateSync(path, 100)],
    ["overwritten", (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size, 7))],
  ] as const)("builds again over a binding that was %s", async (_, damage) => {
    if (!compiled) return console.log("skipped: no C compiler for an addon that loads");
    equip();
    await prepareEngine();
    const binding = join(engineFolder("cpu"), BINDING_FILE);
    damage(binding);
    const again = await prepareEngine();
    expect(again.lines.join("\n")).toMatch(/building it again/);
    expect(again.ok).toBe(true);
    const original = readFileSync(machine.env["FAKE_BINDING"] as string);
    expect(readFileSync(binding).equals(original)).toBe(true);
  });

  it("two processes at once make one build", async (context) => {
    if (!compiled) context.skip("no C compiler for an addon that loads");
    const door = join(import.meta.dirname, "..", "..", "dist", "node", "index.js");
    if (!existsSync(door)) context.skip("the package is not built; run `npm run build`");
    equip();
    const results = await Promise.all([prepareInChild(door), prepareInChild(door)]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(log()).toEqual(["download", "compile"]);
    const folder = engineFolder("cpu");
    expect(readdirSync(dirname(folder))).toEqual([basename(folder)]);
  });
});

describe.skipIf(unfit !== undefined)("findBinding, examples", () => {
  it("says in one line that nothing is built", async () => {
    await expect(findBinding(bindingPackage())).rejects.toThrow(/not built yet.*dira doctor --fix/);
  });

  it("refuses a damaged build, and one with an unreadable manifest", async () => {
    const folder = engineFolder("cpu");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, BINDING_FILE), "half");
    for (const manifest of [`{"files":{"${BINDING_FILE}":5}}`, "{", "{}"]) {
      writeFileSync(join(folder, "complete.json"), manifest);
      await expect(findBinding(bindingPackage())).rejects.toThrow(/damaged.*dira doctor --fix/);
    }
  });

  it("passes over a stock install that does not load", async () => {
    const packageFolder = join(machine.root, "package");
    mkdirSync(dirname(stockBinding(packageFolder)), { recursive: true });
    writeFileSync(stockBinding(packageFolder), "for another machine");
    await expect(findBinding(packageFolder)).rejects.toThrow(/not built yet/);
    if (!compiled) return;
    copyFileSync(machine.env["FAKE_BINDING"] as string, stockBinding(packageFolder));
    expect(await findBinding(packageFolder)).toBe(stockBinding(packageFolder));
  });
});

/** Prepares the engine in a process of its own, on the pretended machine. */
function prepareInChild(door: string): Promise<PrepareResult> {
  const program = `const { prepareEngine } = await import(${JSON.stringify(pathToFileURL(door).href)});
console.log(JSON.stringify(await prepareEngine()));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, ...machine.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("close", () => {
      try {
        resolve(JSON.parse(output) as PrepareResult);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
