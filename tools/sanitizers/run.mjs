// Runs Node with the sanitisers' libraries loaded before all others, as an instrumented addon needs them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where GCC has a library. */
function libraryOf(name) {
  const compiler = process.env.CXX || "g++";
  const { stdout } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: "utf8" });
  const path = stdout?.trim();
  if (path?.startsWith("/")) return path;
  throw new Error(`${compiler} has no ${name}: install GCC with its sanitisers, or set CXX to it`);
}

/** The exit code of a process with reports. */
export const LEAKED = 99;

/** AddressSanitizer's options. */
function addressOptions(log, leaks) {
  return [
    `log_path=${log}`,
    // Node and LibTorch keep much until the process ends, on purpose.
    `detect_leaks=${Number(leaks)}`,
    // More memory than there is has to come back as null, as from other allocators: a test asks for it.
    "allocator_may_return_null=1",
    // Freed memory is held back for so long, to tell its use; the default of 256 MiB reads as a leak in tests of the resident set.
    "quarantine_size_mb=16",
    // V8 unwinds stacks of its own and compiles code; what is checked is the addon's heap.
    "detect_stack_use_after_return=0",
    `exitcode=${LEAKED}`,
  ].join(":");
}

/**
 * Runs `node ...args` on an instrumented addon. Children inherit it all.
 *
 * @returns the exit status, what was printed, and the text of every process's reports.
 */
export function runSanitized({ root, addon, args, leaks }) {
  const folder = mkdtempSync(join(tmpdir(), "dira-reports-"));
  const log = join(folder, "report");
  const libraries = ["libasan.so", "libubsan.so", "libstdc++.so"].map(libraryOf);
  const env = {
    ...process.env,
    DIRA_TORCH_ADDON: addon,
    LD_PRELOAD: libraries.join(" "),
    ASAN_OPTIONS: addressOptions(log, leaks),
    UBSAN_OPTIONS: `log_path=${log}:print_stacktrace=1`,
    // 30 frames from where memory was taken do not always reach the addon.
    LSAN_OPTIONS: "malloc_context_size=60:max_leaks=200",
  };
  try {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      env,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      timeout: 60 * 60_000,
    });
    const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    return { status: status ?? signal, output: `${stdout}${stderr}`, reports };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
