// `npm run test:browser`: the tests that also run in headless Chromium, see vitest.browser.config.mjs.
// Further words go to vitest, e.g. `npm run test:browser -- laws`.
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, NO_CHROMIUM } from "./chromium.mjs";

if (findChromium() === undefined) {
  console.error(`tests in Chromium: ${NO_CHROMIUM}`);
  process.exit(1);
}
const { status } = spawnSync(
  "npx",
  ["vitest", "run", "--config", "vitest.browser.config.mjs", ...process.argv.slice(2)],
  { cwd: dirname(dirname(fileURLToPath(import.meta.url))), stdio: "inherit" },
);
process.exitCode = status ?? 1;
