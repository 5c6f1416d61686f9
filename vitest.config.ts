import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Under turbo (`npm test`) each package's tests run in a process of their own, two at a time, and leave
// their counts in the package's `reports/vitest.json`. The command's come last and take longest, with nothing
// left to run beside them: they alone are two at a time.
const underTurbo = process.env["TURBO_HASH"] !== undefined;
const alone = process.cwd().endsWith(join("apps", "dira"));
const report = join(process.cwd(), "reports", "vitest.json");

export default defineConfig({
  resolve: { conditions: ["@dira/source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["@dira/source", "node", "import", "default"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
    ],
    reporters: underTurbo ? ["default", ["json", { outputFile: report }]] : ["default"],
    pool: "forks",
    maxWorkers: underTurbo && !alone ? 1 : 2,
    // For machines that do much else.
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
