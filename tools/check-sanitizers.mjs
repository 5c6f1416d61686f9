// `npm run check:sanitizers [-- FOLDER]`: whether the C++ of @dira/engine-torch misuses memory or does what C++ leaves undefined.
// Compiles it with GCC's AddressSanitizer and UndefinedBehaviorSanitizer for each LibTorch found ($LIBTORCH alone, where it is set),
// which takes some minutes and is kept; then runs the package's tests and tfjs-core's suite on it, and a little of
// everything with LeakSanitizer. Exit 1 where a report's stack passes through the addon, or a run fails. Packages must be built.
// FOLDER: compile the sources there instead; with a fault planted in a copy, this has to fail.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as torch from "@dira/engine-torch/build";
import { findBuildTools } from "../packages/engine/dist/node/build-tools.js";
import { compileTorch } from "../packages/engine/dist/node/torch/compile-torch.js";
import { findLibTorch } from "../packages/engine/dist/node/torch/find-libtorch.js";
import { findings } from "./sanitizers/findings.mjs";
import { LEAKED, runSanitized } from "./sanitizers/run.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kept = join(root, "node_modules", ".cache", "dira-sanitizers");
const OPTIONS = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-g1", "-O1"];
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const tests = "packages/engine-torch/test/";

/** What is run: Node's arguments, and whether leaks are looked for when it ends. */
const runs = [
  {
    title: "engine-torch's tests",
    // Without the test of the resident set, which AddressSanitizer's own memory grows.
    args: [
      vitest,
      "run",
      "--maxWorkers=1",
      "--testTimeout=900000",
      "--exclude=**/leaks.test.ts",
      tests,
    ],
  },
  {
    title: "tfjs-core's suite",
    args: [join(root, "tools/tfjs-core-suite/run.mjs"), "torch", "plain", "/dev/null"],
  },
  {
    title: "leaks",
    args: ["--expose-gc", join(root, "tools/sanitizers/everything.mjs")],
    leaks: true,
  },
];

/** Compiles for a LibTorch, unless it was done before; gives the addon's file. */
async function compiled(libtorch, sources, compiler) {
  const own = sources === torch.NATIVE_FOLDER;
  const folder = own
    ? join(kept, basename(torch.buildFolder(libtorch)))
    : mkdtempSync(join(tmpdir(), "dira-sanitized-"));
  const file = join(folder, torch.ADDON_FILE);
  if (existsSync(file)) return file;
  const work = `${folder}.tmp-${process.pid}`;
  mkdirSync(work, { recursive: true });
  const from = { ...torch, NATIVE_FOLDER: sources };
  await compileTorch(compiler, libtorch, from, work, OPTIONS);
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
  return file;
}

/** Runs all on an addon; how many findings and failures there were. */
function check(addon, sources) {
  let bad = 0;
  for (const { title, args, leaks = false } of runs) {
    const { status, output, reports } = runSanitized({ root, addon, args, leaks });
    const { ours, others } = findings(reports, [addon, sources]);
    // Leaks of others end the process with the same code.
    const ended = status === 0 || (leaks && status === LEAKED && others.length > 0);
    const ok = ended && ours.length === 0;
    console.log(
      `${ok ? "ok" : "not ok"} - ${title}: exit ${status}, ${ours.length} reports of the addon, ${others.length} of others`,
    );
    for (const report of ours) console.log(report.replace(/^/gm, "    "));
    if (!ended) console.log(output.slice(-4000).replace(/^/gm, "    "));
    if (!ok) bad += 1;
  }
  return bad;
}

const sources = process.argv[2] === undefined ? torch.NATIVE_FOLDER : resolve(process.argv[2]);
const compiler = await findBuildTools();
let bad = 0;
for (const libtorch of await findLibTorch(torch)) {
  console.log(`LibTorch ${libtorch.version} in ${libtorch.folder}`);
  bad += check(await compiled(libtorch, sources, compiler), sources);
}
process.exitCode = bad === 0 ? 0 : 1;
