// `node tools/compile-kernels.mjs [--check]`: compiles each package's native/kernels.c to WebAssembly with SIMD, and
// keeps the module as text in its sources, so that users need no compiler. Needs clang and wasm-ld (Debian: clang and
// lld). With --check nothing is written: it fails where a module is not what the source gives.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where each package's module goes, and what it is compiled with beside {@link FLAGS}. */
const packages = {
  augmentations: { module: "src/kernels/module.ts", flags: ["-O2", "-Wl,-z,stack-size=4096"] },
  // Works in the memory of another module, on a piece of whose heap it keeps its stack.
  "portable-kernels": {
    module: "src/module.ts",
    flags: ["-O3", "-mmutable-globals", "-Wl,--import-memory", "-Wl,--export=__stack_pointer"],
  },
};
const FLAGS = [
  "--target=wasm32",
  "-msimd128",
  "-mbulk-memory",
  "-mnontrapping-fptoint",
  "-ffp-contract=off",
  "-nostdlib",
  "-Wl,--no-entry",
  "-Wl,--strip-all",
];

const check = process.argv.includes("--check");
const folder = mkdtempSync(join(tmpdir(), "kernels-"));
const compiled = join(folder, "kernels.wasm");
for (const [name, { module, flags }] of Object.entries(packages)) {
  const inPackage = (path) =>
    fileURLToPath(new URL(`../packages/${name}/${path}`, import.meta.url));
  const args = [...FLAGS, ...flags, "-o", compiled, inPackage("native/kernels.c")];
  execFileSync(process.env.CLANG ?? "clang", args, { stdio: "inherit" });
  const base64 = readFileSync(compiled).toString("base64");
  const text = `// Made by tools/compile-kernels.mjs from native/kernels.c.

/** A WebAssembly module with SIMD, in base64. */
export const MODULE: string =
  "${base64}";
`;
  if (!check) writeFileSync(inPackage(module), text);
  const same = readFileSync(inPackage(module), "utf8") === text;
  console.log(
    `${name}: ${base64.length} characters${same ? "" : ", not what is kept in the sources"}`,
  );
  if (!same) process.exitCode = 1;
}
rmSync(folder, { recursive: true });
