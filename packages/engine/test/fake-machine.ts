import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of pretended tools that stands for a whole machine. */
export interface FakeMachine {
  readonly root: string;
  /** What a process on that machine has as its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts a shell script on its PATH. */
  readonly tool: (name: string, script: string) => void;
  readonly remove: () => void;
}

/** The pip that works: it "downloads" a wheel, and its python "unpacks" it. */
export const WORKING_PYTHON = `
case "$*" in
  *"pip --version"*) exit 0 ;;
  *"pip download"*)
    echo download >> "$FAKE_LOG"
    while [ "$1" != "-d" ]; do shift; done
    echo wheel > "$2/tensorflow_cpu.whl" ;;
  -c*)
    for last; do :; done
    mkdir -p "$last/tensorflow/include"
    echo cc > "$last/tensorflow/libtensorflow_cc.so.2"
    echo framework > "$last/tensorflow/libtensorflow_framework.so.2" ;;
esac`;

/** A compiler that takes a while and then delivers a binding that loads. */
export const WORKING_COMPILER = `
case "$1" in --version) exit 0 ;; esac
echo compile >> "$FAKE_LOG"
/bin/sleep 0.5
while [ "$1" != "-o" ]; do shift; done
/bin/cp "$FAKE_BINDING" "$2"`;

/** An empty machine: no python, no compiler, Node's headers, an empty cache. */
export function createFakeMachine(): FakeMachine {
  const root = mkdtempSync(join(tmpdir(), "dira-fake-"));
  const bin = join(root, "bin");
  const headers = join(root, "node", "include", "node");
  for (const folder of [bin, headers]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(headers, "node_api.h"), "");
  const env = {
    PATH: bin,
    CXX: "",
    DIRA_CACHE: join(root, "cache"),
    DIRA_PYTHON: "",
    DIRA_SYSTEM_LIBTORCH: join(root, "none"),
    DIRA_SYSTEM_PYTHON: join(bin, "system-python3"),
    DIRA_TENSORFLOW_WHEEL: "",
    DIRA_TORCH_ADDON: "",
    LIBTORCH: "",
    FAKE_LOG: join(root, "log"),
    FAKE_BINDING: join(root, "binding.node"),
    npm_config_nodedir: join(root, "node"),
  };
  const tool = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script.replaceAll("mkdir", "/bin/mkdir")}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  return { root, env, tool, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Compiles an addon that does nothing; false on a machine without a C compiler. */
export function compileEmptyBinding(path: string): boolean {
  const code = "void *napi_register_module_v1(void *env, void *exports) { return exports; }";
  const args = ["-shared", "-fPIC", "-x", "c", "-", "-o", path];
  return spawnSync("cc", args, { input: code }).status === 0 && existsSync(path);
}
