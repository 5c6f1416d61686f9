// Results as tables: on the terminal, and in docs/benchmarks/step.md from step.json beside it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { cases } from "./cases.mjs";

const sorted = (times) => [...times].sort((a, b) => a - b);
const median = (times) => {
  const order = sorted(times);
  const half = Math.floor(order.length / 2);
  return order.length % 2 === 1 ? order[half] : (order[half - 1] + order[half]) / 2;
};

/**
 * A table of one case. Ratios are the first row's figures over the row's: above 1, ours takes more.
 * The time ratio is the median over the rounds of the ratio in that round, since both ran in turn.
 */
export function formatResult(name, { rows, flops, date, cpu, load, command }) {
  const { what, size, batch } = cases[name];
  const [ours] = rows;
  const lines = rows.map((row) => {
    if (row.why !== undefined) return [row.name, `not run: ${row.why}`, "", "", "", "", "", ""];
    const seconds = median(row.times) / 1000;
    const [fastest, slowest] = [sorted(row.times)[0], sorted(row.times).at(-1)];
    const ratio = median(ours.times.map((ms, i) => ms / row.times[i]));
    const rate = flops / 1e9 / seconds;
    return [
      row.name,
      seconds.toFixed(2),
      `${(fastest / 1000).toFixed(2)}–${(slowest / 1000).toFixed(2)}`,
      ratio.toFixed(2),
      (sorted(row.cpuTimes)[0] / 1000).toFixed(2),
      String(row.mib),
      (ours.mib / row.mib).toFixed(2),
      flops === 0 || row.gflops === undefined ? "" : `${rate.toFixed(0)} of ${row.gflops}`,
    ];
  });
  const head = [
    "",
    "s/step",
    "range",
    "time ratio",
    "least CPU s",
    "peak MiB",
    "memory ratio",
    "GFLOP/s of peak",
  ];
  const table = [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  const work = flops === 0 ? "" : `, ${(flops / 1e9).toFixed(0)} GFLOP a step`;
  const steps = Math.max(...rows.map((row) => row.times.length));
  return [
    `## ${name}: ${what}, ${size.join("×")}, batch ${batch}`,
    "",
    ...table,
    "",
    `${steps} steps each, in turn${work}. ${date}, ${cpu}, load ${load.join(", ")} at the end.${command === undefined ? "" : ` \`${command}\``}`,
  ].join("\n");
}

const introduction = `# Training steps

Our engines and PyTorch in processes of their own, which take turns step by step on one machine.
Seconds are medians with the range beside them; a ratio is the first row's figure over the row's own,
for time the median of the ratios round by round. "Least CPU" is the time of all threads in the
cheapest step: other processes on the machine disturb it less than the clock, but waiting threads that
spin (OpenMP's in PyTorch) count in it. Memory is VmHWM, the most that the whole process ever
held. Work is counted from our step's convolutions and matrix products, and "of peak" is what the same
process reaches in one 3×3 convolution of 256 to 256 channels at 56×56, batch 8. "The authors' algorithm"
is PyTorch with a momentum twin that runs its decoder.
`;

/** Puts a case's result into the folder's step.json, and all of them into its step.md. */
export async function writeReport(folder, name, result) {
  const file = join(folder, "step.json");
  const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  results[name] = result;
  await write(file, JSON.stringify(results), "json");
  const known = Object.keys(cases).filter((key) => key in results);
  const tables = known.map((key) => formatResult(key, results[key]));
  await write(join(folder, "step.md"), [introduction, ...tables].join("\n"), "markdown");
}

const write = async (file, text, parser) =>
  writeFileSync(file, await format(text, { parser, printWidth: 100 }));
