// `npm run setup`: dependencies, build, native engines. Safe to run again; a line for each step.
// `--quiet` prints only what went wrong or is missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const quiet = process.argv.includes("--quiet");

function say(line) {
  if (!quiet) console.log(`set-up: ${line}`);
}

/** Runs npm; what it prints is shown only when it fails, and ends the set-up then. */
function npm(args, failure) {
  const { status, stdout, stderr, error } = spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}${error === undefined ? "" : `${error}\n`}`);
  console.error(`set-up: ${failure}`);
  process.exit(1);
}

if (existsSync(join(root, "node_modules", ".package-lock.json"))) {
  say("dependencies are installed");
} else {
  say("installing dependencies");
  npm(["ci"], "`npm ci` failed; its messages are above");
}
say("building the packages");
npm(["run", "--silent", "build"], "the build failed; its messages are above");

const { prepareEngine, prepareTorch } = await import("@dira/engine/node");
for (const prepare of [prepareTorch, prepareEngine]) {
  const { ok, message } = await prepare(say);
  if (ok) say(message);
  else console.log(`set-up: ${message}`);
}
