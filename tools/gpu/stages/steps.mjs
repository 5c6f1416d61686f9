// Training steps of ours and PyTorch's, one process after another, each alone on the card, which holds one such batch at a
// time: images per second, memory, share of what the card reaches in one large matrix product.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { open } from "../../bench/answering.mjs";
import { contendersOf } from "../../bench/contenders.mjs";
import { usedGpuMib } from "../gpu-memory.mjs";

const PRECISIONS = ["tf32", "bfloat16", "float32"];
const COUNTED = "TFLOP a step";
const layoutOf = (precision) => (precision === "float32" ? "channels-last" : precision);

const text = { type: "string" };
const { values } = parseArgs({
  options: {
    case: { ...text, multiple: true },
    device: text,
    python: text,
    results: text,
    steps: text,
    "warm-up": text,
    compile: { type: "boolean" },
  },
});
const { device, python } = values;
const say = (row) => console.log(JSON.stringify(row));
/** FLOP of a step, by case, where this or an earlier stage counted it. */
const work = new Map(
  rowsOf("steps")
    .filter((row) => COUNTED in row)
    .map((row) => [row.case, row[COUNTED] * 1e12]),
);

for (const [name, batch] of values.case.map((given) => given.split(":"))) {
  for (const precision of PRECISIONS) {
    // TF32 is a matter of GPUs: on a CPU it is float32 once more.
    if (device === "cpu" && precision === "tf32") continue;
    const how = values.compile ? ":compile" : "";
    const contenders = contendersOf(name, {
      ...{ warmUp: Number(values["warm-up"]), device, batch: Number(batch), pythons: [python] },
      engines: values.compile ? [] : [`torch:${precision}`],
      layouts: [layoutOf(precision) + how],
    });
    // PyTorch first: it counts the work.
    for (const contender of contenders.toReversed())
      say(await timed(name, Number(batch), precision, contender));
  }
}

/** One contender's row. */
async function timed(name, batch, precision, { label, command }) {
  const free = usedGpuMib();
  const process = open(command);
  try {
    const { version, why } = await process.hear();
    const row = { case: name, batch, contender: label(version ?? "it"), precision };
    if (why !== undefined) return { ...row, why };
    const times = [];
    for (let i = 0; i < Number(values.steps); i += 1) {
      const { ms, why } = await process.ask("step");
      if (why !== undefined) return { ...row, why };
      times.push(ms / 1000);
    }
    const { mib, tensorsMib } = await process.ask("memory");
    const held = free === undefined ? mib : usedGpuMib() - free;
    if (!work.has(name) && version.startsWith("PyTorch") && !values.compile) {
      work.set(name, (await process.ask("work")).flops);
      say({ case: name, batch, [COUNTED]: work.get(name) / 1e12 });
    }
    return {
      ...row,
      ...figures(times, batch, precision, work.get(name)),
      "held GiB": gib(held),
      "tensors GiB": gib(tensorsMib),
    };
  } finally {
    await process.end();
  }
}

function figures(times, batch, precision, flop) {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const peak = peakOf(precision);
  const rate = flop === undefined ? undefined : flop / median / 1e12;
  return {
    "s/step": median.toFixed(3),
    range: `${sorted[0].toFixed(3)}–${sorted.at(-1).toFixed(3)}`,
    "images/s": (batch / median).toFixed(1),
    "TFLOP/s": rate?.toFixed(3) ?? "",
    "% of peak": rate === undefined || peak === undefined ? "" : ((100 * rate) / peak).toFixed(1),
  };
}

/** TFLOP/s of the matrix product that the stage `peak` measured, where it was run. */
function peakOf(precision) {
  const found = rowsOf("peak").find(
    (row) => row.precision === precision && row["peak of"] === "matrix product",
  );
  return found?.tflops;
}

/** What an earlier stage found. */
function rowsOf(name) {
  const { stages } = JSON.parse(readFileSync(values.results, "utf8"));
  return stages.find((stage) => stage.name === name)?.rows ?? [];
}

function gib(mib) {
  return mib === undefined || mib === null ? "" : (mib / 1024).toFixed(2);
}
