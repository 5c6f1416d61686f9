// Stands in for vitest in the bundle: collects suites and tests, and runs them one after another in this process.
// Expectations are vitest's own.
import { format } from "node:util";
import {
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "virtual:vitest-expect";
import * as chai from "virtual:chai";

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
setState(
  { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null },
  expect,
);

const suiteOf = (name) => ({
  name,
  tests: [],
  suites: [],
  hooks: { before: [], after: [], afterEach: [] },
});
let current = suiteOf("");

export function describe(name, collect) {
  const [outer, own] = [current, suiteOf(name)];
  outer.suites.push(own);
  current = own;
  try {
    collect();
  } finally {
    current = outer;
  }
}
export function it(name, run) {
  current.tests.push({ name, run });
}
export const beforeAll = (hook) => void current.hooks.before.push(hook);
export const afterAll = (hook) => void current.hooks.after.push(hook);
export const afterEach = (hook) => void current.hooks.afterEach.push(hook);

for (const define of [describe, it]) {
  define.skip = () => undefined;
  define.skipIf = (skip) => (skip ? define.skip : define);
  define.runIf = (wanted) => define.skipIf(!wanted);
  define.each = (rows) => (name, run) => {
    for (const row of rows) {
      const values = Array.isArray(row) ? row : [row];
      define(named(name, values), () => run(...values));
    }
  };
}

/** As many values as the name has places for; vitest leaves the others out too. */
function named(name, values) {
  const places = name.match(/%[sdifjo]/g)?.length ?? 0;
  return format(name, ...values.slice(0, places));
}

/** Imports one file of tests and runs what it defines: `say` gets `{ name, why, ms }` of each test, `why` if it failed. */
export async function runFile(load, say) {
  current = suiteOf("");
  try {
    await load();
  } catch (error) {
    say({ name: "(importing it)", why: reasonOf(error), ms: 0 });
    return;
  }
  await runSuite(current, [], [], say);
}

async function runSuite(suite, path, outerAfterEach, say) {
  const names = suite.name === "" ? path : [...path, suite.name];
  const afterEachHooks = [...suite.hooks.afterEach, ...outerAfterEach];
  const failed = await attempt(suite.hooks.before);
  for (const { name, run } of suite.tests) {
    const began = performance.now();
    const why = failed ?? (await attempt([run])) ?? (await attempt(afterEachHooks));
    say({ name: [...names, name].join(" > "), why, ms: performance.now() - began });
  }
  for (const inner of suite.suites) await runSuite(inner, names, afterEachHooks, say);
  await attempt(suite.hooks.after);
}

/** Why the first of these that failed did. */
async function attempt(functions) {
  for (const run of functions) {
    try {
      await run();
    } catch (error) {
      return reasonOf(error);
    }
  }
  return undefined;
}

const reasonOf = (error) => String(error?.message ?? error).slice(0, 400);
