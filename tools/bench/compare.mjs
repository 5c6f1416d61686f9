// Runs one case in several processes at once, which take turns step by step.
import { cpus, loadavg } from "node:os";
import { open } from "./answering.mjs";
import { contendersOf } from "./contenders.mjs";

/**
 * Times a case on each engine and in PyTorch.
 *
 * @returns `{ rows, flops, date, cpu, load }`: a row has `name`, `times` and `cpuTimes` in ms, `mib` and the
 * engine's `gflops` in one large convolution. What can't be run has `why` instead.
 */
export async function compare(name, { repeats, warmUp, engines, pythons, layouts, threads }) {
  const contenders = contendersOf(name, { warmUp, engines, pythons, layouts, threads });
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

/** Another first each round, so that no one always runs after the same neighbour. */
const rotated = (list, by) => list.map((_, i) => list[(i + by) % list.length]);
