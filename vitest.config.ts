import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@dira/source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["@dira/source", "node", "import", "default"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
    ],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
