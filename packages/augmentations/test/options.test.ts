import { describe, expect, it } from "vitest";
import * as dira from "../src/index.ts";
import { type Row, rows } from "./option-rows.ts";

/** What no option may be. */
const nonsense: readonly unknown[] = [NaN, Infinity, -Infinity, "nonsense", null, [NaN, 1]];

/** Functions without an object of options, whose refusals `refusals.test.ts` holds. */
const others = [
  "compose",
  "cropNearest",
  "cropResize",
  "landmarksOf",
  "oneOf",
  "percentileScaling",
  "replay",
  "sampleOf",
  "someOf",
  "tenCrop",
  "testTimeAugmentation",
  "transformOf",
  "undo",
  "views",
  "withProbability",
  "worldPosition",
];

/** What is thrown, which must be one of ours. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (dira.DiraError.isInstance(error)) return error.message;
    throw error;
  }
  return "nothing was refused";
}

/** As a caller without types has them. */
function makeWith({ make, base }: Row, changes: object): () => unknown {
  return () => make({ ...base, ...changes } as never);
}

it("every function of the package that takes options is in the table", () => {
  const listed = new Set([...rows.map(({ name }) => name), ...others]);
  const takers = Object.entries(dira)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
    .map(([name]) => name)
    .filter((name) => !name.endsWith("Operation") && !isTransform(name));
  expect(takers.filter((name) => !listed.has(name))).toEqual([]);
});

/** Made already. */
function isTransform(name: string): boolean {
  return ["flipHorizontally", "zScore"].includes(name);
}

describe.each(rows)("options of $name, examples", (given) => {
  const { name, make, base, wrong } = given;

  it("takes its defaults, and none for what may be left out", () => {
    expect(makeWith(given, {})).not.toThrow();
    const left = Object.keys(wrong).filter((option) => !(option in base));
    expect(makeWith(given, Object.fromEntries(left.map((o) => [o, undefined])))).not.toThrow();
  });

  it("refuses what it must have when that is missing, and what is no object", () => {
    for (const option of Object.keys(base)) {
      const message = refusal(makeWith(given, { [option]: undefined }));
      expect(message).toContain(`${name}: expected \`${option}\` to be`);
    }
    expect(refusal(() => make(7 as never))).toMatch(
      `${name}: expected an object of options, got 7`,
    );
  });

  it("refuses a name that it does not know, and says which it knows", () => {
    const message = refusal(makeWith(given, { sizes: 3 }));
    expect(message).toBe(
      `${name}: there is no option \`sizes\`; its options are ${Object.keys(wrong).join(", ")}.`,
    );
  });

  it.each(Object.entries(wrong))("refuses nonsense for %s", (option, values) => {
    for (const value of [...nonsense, ...values]) {
      const message = refusal(makeWith(given, { [option]: value }));
      expect(message, String(value)).toMatch(`${name}: expected \`${option}\` to be`);
      expect(message).toMatch(/, got .+\.$/);
    }
  });
});
