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
      "packages/dira/test/engines.test.ts",
      "packages/tensor/test/{laws,ops,random-shapes,gradient-penalty,defects}.test.ts",
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
