// `npm run check:tfjs-core -- [torch|tensorflow|wasm|cpu]`: tfjs-core's own test-suite on an engine as
// `startEngine` starts it, without and with what @dira/tensor registers. Prints the counts, what fails and
// why, and every spec that passes or fails only with ours; exit 1 if one fails. Packages must be built.
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

/** How many specs fail for each reason: a kernel that is missing, or else the message without its numbers. */
function reasons(specs) {
  const counted = new Map();
  for (const { why = "" } of specs) {
    const missing = /^Error: (Kernel '\w+' not registered)/.exec(why)?.[1];
    const reason = missing ?? why.replace(/[-\d][\d.e-]*/g, "…").slice(0, 100);
    counted.set(reason, (counted.get(reason) ?? 0) + 1);
  }
  return [...counted].sort(([, a], [, b]) => b - a);
}

function sayFailing(title, specs) {
  if (specs.length === 0) return;
  console.log(`\n${title}, by reason:`);
  for (const [reason, count] of reasons(specs))
    console.log(`${String(count).padStart(5)} ${reason}`);
  console.log(`\n${title}:`);
  for (const { name, why } of specs) console.log(`  ${name}${why ? `: ${why}` : ""}`);
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
  sayFailing(
    "failing without ours",
    kept(plain).filter((s) => s.status === "failed"),
  );
  sayFailing(
    "failing with ours",
    kept(ours).filter((s) => s.status === "failed"),
  );
  const passing = new Set(ours.specs.filter((s) => s.status === "passed").map((s) => s.key));
  const mended = [...failing(plain.specs)].filter((key) => passing.has(key));
  console.log(`\npassing only with ours: ${mended.length}`);
  for (const key of mended) console.log(`  ${key}`);
  const { fresh, sometimes } = newlyFailing(engine, plain, ours);
  for (const key of sometimes) console.log(`\nfails now and then, without ours too: ${key}`);
  console.log(`\nnewly failing with ours: ${fresh.length}`);
  for (const { name, why } of fresh) console.log(`  ${name}: ${why}`);
  return fresh.length === 0;
}

const [engine = "tensorflow"] = process.argv.slice(2);
if (!["torch", "tensorflow", "wasm", "cpu"].includes(engine)) {
  console.error(`expected torch, tensorflow, wasm or cpu, got ${engine}`);
  process.exit(1);
}
process.exitCode = main(engine) ? 0 : 1;
