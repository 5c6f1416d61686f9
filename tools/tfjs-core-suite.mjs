// `npm run check:tfjs-core -- [tensorflow|wasm|cpu]`: tfjs-core's own test-suite on an engine as
// `startEngine` starts it, without and with what @dira/tensor registers. Prints the counts, and every
// spec that fails only with ours; exit 1 if there is one. Packages must be built.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const child = fileURLToPath(new URL("tfjs-core-suite/run.mjs", import.meta.url));
const RETRIES = 3;

/** Runs all specs; `{ engine, specs }`, a spec's `key` being its name and which of that name it is. */
function runSuite(engine, registrations) {
  const folder = mkdtempSync(join(tmpdir(), "dira-tfjs-core-"));
  const output = join(folder, "specs.json");
  const args = [child, engine, registrations, output];
  try {
    const { status, stderr } = spawnSync("node", args, { encoding: "utf8", maxBuffer: 2 ** 28 });
    if (status !== 0) throw new Error(`the suite broke off on ${engine}: ${stderr.slice(-2000)}`);
    const { engine: version, specs } = JSON.parse(readFileSync(output, "utf8"));
    const seen = new Map();
    const number = (name) => seen.set(name, (seen.get(name) ?? 0) + 1).get(name);
    const keyed = specs.map((spec) => ({ ...spec, key: `${spec.name} #${number(spec.name)}` }));
    return { version, specs: keyed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What tfjs-node's own test run leaves out, from the installed package: parts of spec names. */
function leftOutByTfjsNode(engine) {
  if (engine !== "tensorflow") return [];
  const require = createRequire(import.meta.url);
  const file = require.resolve("@tensorflow/tfjs-node-gpu/src/run_tests.ts");
  const list = /IGNORE_LIST: string\[\] = \[([\s\S]*?)\n\];/.exec(readFileSync(file, "utf8"));
  const names = [...(list?.[1] ?? "").matchAll(/^ {2}'(.*)',/gm)].map((match) => match[1]);
  if (names.length < 50) throw new Error(`${file} holds no list of specs to leave out`);
  return names;
}

const failing = (specs) => new Set(specs.filter((s) => s.status === "failed").map((s) => s.key));

function counts(specs) {
  const of = (status) => String(specs.filter((s) => s.status === status).length).padStart(6);
  return `${of("passed")} passed ${of("failed")} failed ${of("pending")} pending`;
}

/**
 * What fails with ours and not without. Some specs fail now and then on an engine, so those are given
 * a few more runs without ours: what fails in one of them is not our doing.
 */
function newlyFailing(engine, plain, ours) {
  const before = failing(plain.specs);
  const sometimes = new Set();
  let fresh = ours.specs.filter((s) => s.status === "failed" && !before.has(s.key));
  for (let i = 0; i < RETRIES && fresh.length > 0; i += 1) {
    const again = failing(runSuite(engine, "plain").specs);
    for (const { key } of fresh.filter((s) => again.has(s.key))) sometimes.add(key);
    fresh = fresh.filter((s) => !again.has(s.key));
  }
  return { fresh, sometimes };
}

function main(engine) {
  const plain = runSuite(engine, "plain");
  const ours = runSuite(engine, "ours");
  const leftOut = leftOutByTfjsNode(engine);
  const kept = ({ specs }) => specs.filter((s) => !leftOut.some((part) => s.name.includes(part)));
  console.log(`engine: ${plain.version}; ${plain.specs.length} specs`);
  console.log(`without ours: ${counts(plain.specs)}`);
  console.log(`with ours:    ${counts(ours.specs)}`);
  if (leftOut.length > 0) {
    console.log(`less those that tfjs-node's own run leaves out (${leftOut.length} entries):`);
    console.log(`without ours: ${counts(kept(plain))}`);
    console.log(`with ours:    ${counts(kept(ours))}`);
  }
  const known = kept(plain).filter((s) => s.status === "failed");
  if (known.length > 0) console.log("\nfailing without ours:");
  for (const { name, why } of known) console.log(`  ${name}${why ? `: ${why}` : ""}`);
  const { fresh, sometimes } = newlyFailing(engine, plain, ours);
  for (const key of sometimes) console.log(`\nfails now and then, without ours too: ${key}`);
  console.log(`\nnewly failing with ours: ${fresh.length}`);
  for (const { name, why } of fresh) console.log(`  ${name}: ${why}`);
  return fresh.length === 0;
}

const [engine = "tensorflow"] = process.argv.slice(2);
if (!["tensorflow", "wasm", "cpu"].includes(engine)) {
  console.error(`expected tensorflow, wasm or cpu, got ${engine}`);
  process.exit(1);
}
process.exitCode = main(engine) ? 0 : 1;
