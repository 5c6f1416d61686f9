// `npm run dira -- …`: the command from this checkout, built if it is not.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, "apps", "dira", "dist", "main.js");
if (!existsSync(main)) {
  const { status } = spawnSync("node", [join(root, "tools", "setup.mjs")], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
const { status } = spawnSync("node", [main, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(status ?? 1);
