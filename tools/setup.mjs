// `npm run setup`: dependencies, build, native engine. Safe to run again; says what it does.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0;

if (!existsSync(join(root, "node_modules", ".package-lock.json"))) {
  console.log("set-up: installing dependencies");
  if (!run("npm", ["ci"])) process.exit(1);
}
console.log("set-up: building");
if (!run("npm", ["run", "--silent", "build"])) process.exit(1);
const { prepareEngine } = await import("@dira/engine/node");
const { message } = await prepareEngine((line) => console.log(`set-up: ${line}`));
console.log(`set-up: ${message}`);
