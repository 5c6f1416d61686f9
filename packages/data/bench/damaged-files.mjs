// Reads randomly damaged files: cut short, bits flipped, bytes lost and added, fields at their extremes,
// huge declared sizes, zip bombs. Every one has to be read or to end in an ImageError that names it,
// within bounds of time and memory. Build first.
//   node packages/data/bench/damaged-files.mjs [--count 10000] [--seed 0] [--format nifti,dicom]
//     [--max-mb 1024]
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FORMATS } from "./damage.mjs";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "0" },
    format: { type: "string", default: FORMATS.join(",") },
    "max-mb": { type: "string", default: "1024" },
  },
});
const maxMegabytes = Number(values["max-mb"]);
/** No single file may take longer, its damaging included: three times the bound that readers are given. */
const PATIENCE = 30_000;

function run(format) {
  const folder = mkdtempSync(join(tmpdir(), "dira-damaged-"));
  const task = {
    format,
    folder,
    count: Number(values.count),
    seed: Number(values.seed),
    maxBytes: 64 * 2 ** 20,
    maxSeconds: PATIENCE / 3000,
  };
  const child = fork(
    fileURLToPath(new URL("damaged-child.mjs", import.meta.url)),
    [JSON.stringify(task)],
    { execArgv: ["--max-old-space-size=512"], stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  return new Promise((resolve) => {
    let [at, result] = [-1, undefined];
    const failures = [];
    const late = () => {
      failures.push(`${format} ${at}: no answer in ${PATIENCE / 1000} s`);
      child.kill("SIGKILL");
    };
    let timer = setTimeout(late, PATIENCE * 3);
    child.on("message", (message) => {
      clearTimeout(timer);
      timer = setTimeout(late, PATIENCE);
      at = message.at ?? at;
      if (message.failure) failures.push(message.failure);
      if (message.done) {
        result = message.done;
        clearTimeout(timer);
        child.disconnect();
      }
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (result === undefined) failures.push(`${format} ${at}: ended with ${code ?? signal}`);
      else if (result.peak > maxMegabytes) failures.push(`${format}: ${result.peak} MB of memory`);
      rmSync(folder, { recursive: true, force: true });
      resolve({ result, failures });
    });
  });
}

let failed = 0;
for (const format of values.format.split(",")) {
  const { result, failures } = await run(format);
  failed += failures.length;
  for (const failure of failures.slice(0, 5)) console.log(`FAILED ${failure}`);
  if (result === undefined) continue;
  const { read, error, other, slowest, peak } = result;
  console.log(
    `${format.padEnd(17)} ${read} read, ${error} clear errors, ${other} other; slowest ${slowest} ms, peak ${peak} MB`,
  );
}
console.log(failed === 0 ? "all read or refused" : `${failed} failures`);
process.exitCode = failed === 0 ? 0 : 1;
