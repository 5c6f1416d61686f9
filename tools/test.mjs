// `npm test`: set-up, then every check and every package's tests through turbo, two at a time. What
// passed before on this machine and hasn't changed since isn't run again, but counted; `npm test --
// --force` runs all. `--require-native` also fails where there is no native engine though there could
// be one. Where there is no Chromium, its tests are skipped. Ends with a line for each check (as TAP has them) and `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, NO_CHROMIUM } from "./chromium.mjs";
import { testMachine } from "./test-machine.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CHECKS = ["lint", "format:check", "knip", "types", "docs", "check:packages"];
const BROWSER = "test:browser";
const REQUIRE_NATIVE = "--require-native";
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

let line = 0;
let [passed, failed] = [0, 0];

/** Prints one check's verdict; `counts` are its tests, a check without any counts as one. */
function say(ok, name, counts = ok ? [1, 0] : [0, 1], details = []) {
  console.log(`${ok ? "ok" : "not ok"} ${(line += 1)} - ${name}`);
  for (const detail of details) console.log(`    ${detail}`);
  passed += counts[0];
  failed += counts[1];
}

/** The folders of all packages and apps. */
function workspaces() {
  return ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => join(root, parent, name))
      .filter((folder) => existsSync(join(folder, "package.json"))),
  );
}

const browserReport = join(root, "reports", "browser.json");
const reportOf = (folder) => join(folder, "reports", "vitest.json");

/** Runs all tasks; what became of each, by its name. */
function runTasks(args) {
  const runs = join(root, ".turbo", "runs");
  for (const folder of [runs, browserReport, ...workspaces().map(reportOf)])
    rmSync(folder, { recursive: true, force: true });
  const how = ["--continue=always", "--concurrency=2", "--summarize", "--log-order=grouped"];
  // Two tasks at a time share the cores: threads of OpenMP that spin while they wait would take them from each other.
  const env = { OMP_WAIT_POLICY: "passive", ...process.env, DIRA_TEST_MACHINE: testMachine(root) };
  const tasks = [...CHECKS, "test", ...(findChromium() === undefined ? [] : [BROWSER])];
  const { status, error } = spawnSync(
    "npx",
    ["turbo", "run", ...tasks, ...how, "--output-logs=new-only", ...args],
    { cwd: root, stdio: "inherit", env },
  );
  if (error !== undefined) console.error(error.message);
  const [summary] = existsSync(runs) ? readdirSync(runs) : [];
  const ran = summary === undefined ? [] : readJson(join(runs, summary)).tasks;
  return { status, tasks: new Map(ran.map((task) => [task.taskId, task])) };
}

/** A task that came from the cache passed before; one that never started has no exit code. */
const succeeded = (task) => task?.cache?.status === "HIT" || task?.execution?.exitCode === 0;

/** The verdict on one package's tests, from the report that vitest left. */
function sayTests(folder, task) {
  const files = readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".test.ts") && !/(^|\/)(node_modules|dist)\//.test(file))
    .map((file) => join(folder, file));
  if (files.length === 0 && task === undefined) return;
  const name = `tests of ${readJson(join(folder, "package.json")).name}`;
  sayReport(name, reportOf(folder), task, files);
}

/** The verdict on tests from vitest's report; each of `files` must be in it. */
function sayReport(name, report, task, files) {
  if (!existsSync(report)) {
    return say(false, name, [0, 1], ["they did not run (has package.json the script `test`?)"]);
  }
  const { numPassedTests, numFailedTests, testResults } = readJson(report);
  const ran = new Set(testResults.map((result) => result.name.split("/").at(-1)));
  const details = [
    ...files
      .filter((file) => !ran.has(file.split("/").at(-1)))
      .map((file) => `${relative(root, file)} did not run`),
    ...testResults.flatMap((result) => failuresOf(result)),
  ];
  const ok = succeeded(task) && details.length === 0;
  const failures = Math.max(numFailedTests, ok ? 0 : 1);
  say(ok, `${name}: ${numPassedTests} passed`, [numPassedTests, failures], details);
}

/** Failing tests of a file by name, or why the file itself could not be run. */
function failuresOf({ name, status, message, assertionResults }) {
  const failing = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && failing.length === 0)
    return [`${relative(root, name)}: ${message.split("\n")[0]}`];
  return failing.map(({ fullName }) => `${relative(root, name)} > ${fullName}`);
}

/** The verdict on the tests in Chromium, or that there is none. */
function sayBrowser(task) {
  const name = "tests in Chromium";
  if (findChromium() === undefined) return say(true, `${name} # SKIP ${NO_CHROMIUM}`, [0, 0]);
  sayReport(name, browserReport, task, []);
}

/** Whether the native engine starts, or can't be had; its one line is the check's name. */
function sayNative() {
  const args = ["tools/check-native.mjs"];
  const { status, stdout } = spawnSync("node", args, { cwd: root, encoding: "utf8" });
  say(status === 0, stdout.trim().split("\n").at(-1) || "native engine: the check broke off");
}

function main() {
  const setUp = spawnSync("node", ["tools/setup.mjs"], { cwd: root, stdio: "inherit" });
  if (setUp.status !== 0) return say(false, "set-up");
  const args = process.argv.slice(2);
  const { status, tasks } = runTasks(args.filter((arg) => arg !== REQUIRE_NATIVE));
  console.log();
  say(true, "set-up");
  if (args.includes(REQUIRE_NATIVE)) sayNative();
  for (const check of CHECKS) say(succeeded(tasks.get(`//#${check}`)), check);
  for (const folder of workspaces()) {
    const { name } = readJson(join(folder, "package.json"));
    sayTests(folder, tasks.get(`${name}#test`));
  }
  sayBrowser(tasks.get(`//#${BROWSER}`));
  if (status !== 0 && failed === 0) say(false, "turbo itself");
}

main();
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
