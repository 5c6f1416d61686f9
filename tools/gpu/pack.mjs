// `node tools/gpu/pack.mjs --out FOLDER`: all that a machine with a GPU needs to try and measure the engine torch without
// Node.js, node_modules or a network; see README.md. An ordinary clone after `npm ci` suffices.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.mjs";
import { packNode } from "./pack-node.mjs";

const MIB = 2 ** 20;
const LIMIT_MIB = 64;
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

const { values } = parseArgs({ options: { out: { type: "string" } } });
if (values.out === undefined) {
  console.error("usage: node tools/gpu/pack.mjs --out FOLDER (it is made anew)");
  process.exit(1);
}
const out = values.out;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

await bundle(join(out, "js"));
// Where the bundle, as packages/engine-torch/src does, looks for it: beside its own folder.
cpSync(join(root, "packages", "engine-torch", "native"), join(out, "native"), { recursive: true });
copyPython(join(root, "tools", "reference"), join(out, "reference"));
copyPython(join(here, "python"), join(out, "python"));
cpSync(join(here, "run.sh"), join(out, "run.sh"));
packNode(join(out, "node"));
writeFileSync(join(out, "commit.txt"), `${commit()}\n`);

const sizes = readdirSync(out).map((name) => [name, sizeOf(join(out, name)) / MIB]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [name, size] of sizes) console.log(`${size.toFixed(1).padStart(7)} MiB ${name}`);
console.log(`${total.toFixed(1).padStart(7)} MiB in ${out}`);
if (total > LIMIT_MIB) {
  console.error(`pack: more than ${LIMIT_MIB} MiB, the most that may be carried.`);
  process.exit(1);
}

function copyPython(from, to) {
  cpSync(from, to, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || path.endsWith(".py"),
  });
}

function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** Of the sources, with a mark where the working tree differs. */
function commit() {
  const git = (...words) => execFileSync("git", words, { cwd: root, encoding: "utf8" }).trim();
  try {
    return git("rev-parse", "HEAD") + (git("status", "--porcelain") === "" ? "" : " and changes");
  } catch {
    return "unknown (no git here)";
  }
}
