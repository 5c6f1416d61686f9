// `npm test`: set-up, lint, types, all tests, package checks; ends with `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
let passed = 0;
let failed = 0;

/** Runs a command in the repository; its exit code decides. */
function run(name, command, args) {
  console.log(`\n▸ ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  return status === 0;
}

/** A check that counts as one test. */
function check(name, command, args) {
  if (run(name, command, args)) passed += 1;
  else {
    failed += 1;
    console.error(`✗ ${name}`);
  }
}

/** Vitest's own counts join ours. */
function unitTests() {
  const folder = mkdtempSync(join(tmpdir(), "dira-tests-"));
  const report = join(folder, "vitest.json");
  const args = ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile=${report}`];
  const ok = run("unit tests", "npx", [...args, ...process.argv.slice(2)]);
  if (existsSync(report)) {
    const counts = JSON.parse(readFileSync(report, "utf8"));
    passed += counts.numPassedTests;
    failed += counts.numFailedTests;
    if (!ok && counts.numFailedTests === 0) failed += 1;
  } else failed += 1;
  rmSync(folder, { recursive: true, force: true });
}

const ready = run("set-up", "node", ["tools/setup.mjs"]);
if (!ready) failed += 1;
else {
  check("lint", "npx", ["oxlint", "--type-aware", "--deny-warnings", "."]);
  check("format", "npx", ["prettier", "--check", "--log-level", "warn", "."]);
  check("types of tests", "npx", ["tsc", "-p", "tsconfig.test.json"]);
  unitTests();
  check("packages from their tarballs", "node", ["tools/check-packages.mjs"]);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
