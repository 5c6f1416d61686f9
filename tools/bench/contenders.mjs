// Who runs a case: our engines and PyTorch's layouts, each a process of its own.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { caseOf } from "./cases.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const reference = join(here, "..", "reference", "bench_step.py");
const layoutNames = {
  nchw: "NCHW",
  "channels-last": "channels-last",
  tf32: "channels-last, TF32",
  bfloat16: "channels-last, bfloat16",
  authors: "NCHW, the authors' algorithm",
};

/**
 * The processes that run a case. A layout with `:compile` is that of `torch.compile`; `batch` and `device` are the case's own
 * and the CPU where they are left out.
 *
 * @returns of each its `command`, a `label` by the version that it says, and whether it is `native`.
 */
export function contendersOf(name, { warmUp, engines, pythons, layouts, threads, batch, device }) {
  const ours = engines.map((engine) => ({
    native: engine.startsWith("torch") || engine === "tensorflow",
    label: (version) => `${engine} (${version})`,
    command: [
      ...[process.execPath, join(here, "worker.mjs"), engine, name, String(warmUp)],
      ...(device === undefined ? [] : [String(caseOf(name, batch).batch), device]),
    ],
  }));
  const theirs = pythons.flatMap((python) =>
    layouts
      .filter((layout) => layout !== "authors" || name.startsWith("dira"))
      .map((layout) => ({
        native: true,
        label: (version) => `${version}, ${labelOf(layout)}`,
        command: [
          python,
          ...referenceArguments(caseOf(name, batch), layout, {
            "warm-up": warmUp,
            threads,
            device,
          }),
        ],
      })),
  );
  return [...ours, ...theirs];
}

function labelOf(given) {
  const [layout, how] = given.split(":");
  return layoutNames[layout] + (how === undefined ? "" : `, torch.${how}`);
}

/** `bench_step.py` with the options of a case. */
export function referenceArguments({ arch, size, batch, reference: task }, given, settings) {
  const [layout, how] = given.split(":");
  const options = Object.entries({ arch, batch, layout, ...settings })
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => [`--${key}`, String(value)]);
  const sides = task.includes("dira") && size.length === 2 ? size.slice(0, 1) : size;
  return [
    reference,
    ...task,
    ...options,
    ...(how === "compile" ? ["--compile"] : []),
    ...["--size", ...sides.map(String)],
    "--serve",
  ];
}
