// Runs one case in several processes at once, which take turns step by step.
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cases } from "./cases.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const reference = join(here, "..", "reference", "bench_step.py");
const layoutNames = {
  nchw: "NCHW",
  "channels-last": "channels-last",
  bfloat16: "channels-last, bfloat16",
  authors: "NCHW, the authors' algorithm",
};

/**
 * Times a case on each engine and in PyTorch.
 *
 * @returns `{ rows, flops, date, cpu, load }`: a row has `name`, `times` and `cpuTimes` in ms, `mib` and the
 * engine's `gflops` in one large convolution. What can't be run has `why` instead.
 */
export async function compare(name, { repeats, warmUp, engines, pythons, layouts, threads }) {
  const contenders = [
    ...engines.map((engine) => ({
      native: engine.startsWith("torch") || engine === "tensorflow",
      label: (version) => `${engine} (${version})`,
      command: ["node", join(here, "worker.mjs"), engine, name, String(warmUp)],
    })),
    ...pythons.flatMap((python) =>
      layouts
        .filter((layout) => layout !== "authors" || name.startsWith("dira"))
        .map((layout) => ({
          native: true,
          label: (version) => `${version}, ${layoutNames[layout]}`,
          command: [python, ...referenceArguments(name, layout, warmUp, threads)],
        })),
    ),
  ];
  const rows = [];
  const running = [];
  for (const { label, command, native } of contenders) {
    const process = open(command);
    const { version, why } = await process.hear();
    const row = { name: label(version ?? command[0]), times: [], cpuTimes: [] };
    rows.push(row);
    if (why === undefined) running.push({ row, process, native });
    else row.why = why;
  }
  for (let round = 0; round < repeats; round += 1) {
    for (const { row, process } of rotated(running, round)) {
      const { ms, cpuMs } = await process.ask("step");
      row.times.push(ms);
      row.cpuTimes.push(cpuMs);
    }
  }
  let flops = 0;
  for (const { row, process, native } of running) {
    row.mib = (await process.ask("memory")).mib;
    row.gflops = native ? (await process.ask("convolution")).gflops : undefined;
    if (row === rows[0]) flops = (await process.ask("work")).flops ?? 0;
    process.close();
  }
  return {
    rows,
    flops,
    load: loadavg().map((value) => value.toFixed(1)),
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${cpus()[0].model}`,
  };
}

function referenceArguments(name, layout, warmUp, threads) {
  const { arch, size, batch, reference: task } = cases[name];
  const settings = { arch, batch, layout, "warm-up": warmUp, threads };
  const flags = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
  return [
    reference,
    ...task,
    ...flags,
    "--size",
    ...size.map(String).slice(0, task.includes("dira") && size.length === 2 ? 1 : 3),
    "--serve",
  ];
}

/** Another first each round, so that no one always runs after the same neighbour. */
const rotated = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

/** A process that answers each line with a JSON line. */
function open([program, ...programArguments]) {
  const child = spawn(program, programArguments, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-2000)));
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((resolve) =>
    child.on("error", (error) => resolve({ why: error.message })),
  );
  const hear = async () => {
    const answer = lines.next().then(({ value, done }) => {
      if (done) return { why: said.trim().split("\n").at(-1) || "it ended without a word" };
      return JSON.parse(value);
    });
    return Promise.race([answer, failed]);
  };
  return {
    hear,
    ask: (question) => {
      child.stdin.write(`${question}\n`);
      return hear();
    },
    close: () => child.stdin.end(),
  };
}
