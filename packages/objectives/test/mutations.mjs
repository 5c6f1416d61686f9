// Are the losses' tests awake? Each fault of faults/ is put into the source as the tests load it (no file
// changes), the loss's tests run, and one of them must fail. Prints a table, and exits with 1 when a fault
// survives: `node packages/objectives/test/mutations.mjs [loss …]`. Takes some minutes on 2 cores.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest } from "vitest/node";
import { faults } from "./faults/index.mjs";

const folder = fileURLToPath(new URL("..", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const LANES = 2;

/** A runner whose sources have the fault that is set. */
async function lane() {
  let fault;
  const plugin = {
    name: "fault",
    enforce: "pre",
    transform(code, id) {
      if (fault === undefined || id !== fault.path) return undefined;
      return code.replace(fault.from, () => fault.to);
    },
  };
  const options = { watch: false, root, reporters: [{}], maxWorkers: 1, silent: true, bail: 1 };
  const vitest = await createVitest("test", options, { plugins: [plugin] });
  await vitest.standalone();
  return {
    /** The first test that fails with this fault, or undefined. */
    async firstFailure(test, pattern, next) {
      const before = fault;
      fault = next;
      for (const each of [before, next]) if (each !== undefined) vitest.invalidateFile(each.path);
      vitest.setGlobalTestNamePattern(pattern ?? "");
      const path = join(folder, test);
      const specifications = await vitest.globTestSpecifications([path]);
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
      const module = testModules.find(({ moduleId }) => moduleId === path);
      if (module === undefined) throw new Error(`${test} did not run.`);
      const tests = [...module.children.allTests()];
      if (tests.every((each) => each.result().state === "skipped") && next === undefined) {
        throw new Error(`${test}: no test has a name with ${pattern}.`);
      }
      const failed = tests.find((each) => each.result().state === "failed");
      const broken = module.errors()[0] ?? unhandledErrors[0];
      if (broken !== undefined) throw new Error(`${test} does not load: ${broken.message}`);
      return failed?.fullName;
    },
    close: () => vitest.close(),
  };
}

function jobsOf(names) {
  return names.flatMap((loss) => {
    const { file, test, pattern, changes } = faults[loss];
    return changes.map(([what, from, to, other]) => {
      const path = join(folder, other ?? file);
      const found = readFileSync(path, "utf8").split(from).length - 1;
      if (found !== 1)
        throw new Error(`${loss}, ${what}: the text stands ${found} times, not once.`);
      return { loss, what, test, pattern, fault: { path, from, to } };
    });
  });
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(faults);
const jobs = jobsOf(names);
const lanes = await Promise.all(Array.from({ length: LANES }, lane));
for (const loss of names) {
  const failure = await lanes[0].firstFailure(faults[loss].test, faults[loss].pattern, undefined);
  if (failure !== undefined) throw new Error(`Without a fault, ${loss} fails: ${failure}.`);
}
console.log("| Loss | Fault | Caught by |\n| --- | --- | --- |");
let survivors = 0;
let next = 0;
await Promise.all(
  lanes.map(async (runner) => {
    while (next < jobs.length) {
      const job = jobs[next];
      next += 1;
      const failure = await runner.firstFailure(job.test, job.pattern, job.fault);
      if (failure === undefined) survivors += 1;
      console.log(`| ${job.loss} | ${job.what} | ${failure ?? "NOTHING: it survives"} |`);
    }
  }),
);
await Promise.all(lanes.map((runner) => runner.close()));
console.log(`\n${jobs.length} faults, ${survivors} survive.`);
process.exit(survivors === 0 ? 0 : 1);
