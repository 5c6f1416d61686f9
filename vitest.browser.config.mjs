// Tests that run in headless Chromium as they stand, on `wasm` and `cpu`: `npm run test:browser`.
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { launchOptions } from "./tools/chromium.mjs";

const underTurbo = process.env["TURBO_HASH"] !== undefined;

export default defineConfig({
  resolve: { conditions: ["@dira/source", "browser", "module", "import", "default"] },
  optimizeDeps: {
    include: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm", "fast-check"],
  },
  test: {
    include: [
      // The laws of the operations, and a whole run.
      "packages/tensor/test/{laws,ops,random-shapes,gradient-penalty,defects}.test.ts",
      "packages/dira/test/engines.test.ts",
      "packages/portable-kernels/test/*.test.ts",
      // That each other package that needs no files works there.
      "packages/augmentations/test/laws.test.ts",
      "packages/objectives/src/methods/moco.test.ts",
      "packages/nn/src/nn.test.ts",
      "packages/random/src/random.test.ts",
      "packages/testing/src/gradient.test.ts",
      "packages/training/src/optimiser.test.ts",
      "packages/transfer/src/metrics/metrics.test.ts",
    ],
    reporters: underTurbo
      ? ["default", ["json", { outputFile: "reports/browser.json" }]]
      : ["default"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: launchOptions() }),
      instances: [{ browser: "chromium" }],
    },
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
