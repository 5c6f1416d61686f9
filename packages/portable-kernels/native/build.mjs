// Compiles kernels.c into src/module.ts. Needs clang and wasm-ld (Debian: clang and lld).
//   node packages/portable-kernels/native/build.mjs [--check]
// With --check nothing is written: it fails where the module is not what the source gives.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kernels-"));
const compiled = join(folder, "kernels.wasm");
const flags = [
  "--target=wasm32",
  "-O3",
  "-msimd128",
  "-mbulk-memory",
  "-mmutable-globals",
  "-mnontrapping-fptoint",
  "-ffp-contract=off",
  "-nostdlib",
  "-Wl,--no-entry",
  "-Wl,--strip-all",
  "-Wl,--import-memory",
  "-Wl,--export=__stack_pointer",
];
const compiler = process.env.CLANG ?? "clang";
execFileSync(compiler, [...flags, "-o", compiled, here("kernels.c")], { stdio: "inherit" });
const base64 = readFileSync(compiled).toString("base64");
rmSync(folder, { recursive: true });
const text = `// Made by native/build.mjs from native/kernels.c.

/** A WebAssembly module with SIMD, in base64. */
export const MODULE: string =
  "${base64}";
`;
const target = here("../src/module.ts");
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/module.ts is not what native/kernels.c gives here; build it again.");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
console.log(`${base64.length} characters`);
