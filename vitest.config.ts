import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Under turbo (`npm test`) each package's tests run in a process of their own, two at a time, and leave
// their counts in the package's `reports/vitest.json`.
const underTurbo = process.env["TURBO_HASH"] !== undefined;
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
    maxWorkers: underTurbo ? 1 : 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
