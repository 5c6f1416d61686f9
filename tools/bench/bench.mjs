// `npm run bench`: training steps on our engines and in PyTorch, side by side; see --help.
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { byDefault, cases } from "./cases.mjs";
import { compare } from "./compare.mjs";
import { formatResult, writeReport } from "./report.mjs";

const help = `npm run bench -- [options]

Times training steps on our engines and in PyTorch: all at once in processes of their own, which take
turns step by step. Writes docs/benchmarks/step.json and step.md, case by case.

  --case NAME      ${Object.keys(cases).join(", ")}; may be repeated
                   (default: ${byDefault.join(", ")})
  --repeats N      steps of each that are timed (default 10)
  --quick          3 repeats after 1 warm-up of dira-tiny and resnet18-128; writes no report
  --against NAME   nchw, channels-last, bfloat16, authors (dira cases); may be repeated (default: all)
  --engine NAME    torch, torch:bfloat16, tensorflow, wasm, cpu; may be repeated (default: tensorflow; dira-tiny: all)
  --python PATH    an interpreter with torch; may be repeated (default: /usr/bin/python3)
  --profile        instead: time, calls and bytes of each operation on tensorflow
  --help`;

const many = { type: "string", multiple: true };
const { values } = parseArgs({
  options: {
    case: many,
    repeats: { type: "string" },
    quick: { type: "boolean", default: false },
    against: many,
    engine: many,
    python: { ...many, default: ["/usr/bin/python3"] },
    profile: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const here = dirname(fileURLToPath(import.meta.url));
const chosen = values.case ?? (values.quick ? ["dira-tiny", "resnet18-128"] : byDefault);
const unknown = chosen.find((name) => !(name in cases));
if (unknown !== undefined) {
  console.error(`bench: --case must be one of ${Object.keys(cases).join(", ")}, got ${unknown}.`);
  process.exit(1);
}
if (values.profile) {
  const profile = join(here, "profile.mjs");
  process.exit(spawnSync("node", [profile].concat(chosen), { stdio: "inherit" }).status ?? 1);
}
for (const name of chosen) {
  const result = await compare(name, {
    repeats: Number(values.repeats ?? (values.quick ? 3 : 10)),
    warmUp: values.quick ? 1 : 2,
    engines:
      values.engine ?? (name === "dira-tiny" ? ["tensorflow", "wasm", "cpu"] : ["tensorflow"]),
    pythons: values.python,
    layouts: values.against ?? ["nchw", "channels-last", "bfloat16", "authors"],
    threads: availableParallelism(),
  });
  console.log(`\n${formatResult(name, result)}`);
  if (values.quick) continue;
  const folder = join(here, "..", "..", "docs", "benchmarks");
  mkdirSync(folder, { recursive: true });
  await writeReport(folder, name, { ...result, command: commandLine() });
}

/** This command, an interpreter's path said as PYTHON: it is a matter of the machine. */
function commandLine() {
  const words = process.argv
    .slice(2)
    .map((word) => (values.python.includes(word) ? "PYTHON" : word));
  return `npm run bench -- ${words.join(" ")}`;
}
