import type { DoctorReport, EngineInspection } from "./inspect.ts";
import { MEASURED } from "./measure.ts";

/** The doctor's report as text, a line each for the machine, every engine, and what `auto` takes. */
export function formatDoctor(report: DoctorReport): string {
  const memory = `${(report.freeMemoryBytes / 2 ** 30).toFixed(1)} GiB free`;
  return [
    `machine: ${report.processor}, ${report.threads} threads, ${memory}, ${report.system}, Node ${report.node}`,
    `cache: ${report.cache}`,
    ...report.engines.map(formatEngine),
    `speed: ${MEASURED}, median`,
    report.auto === undefined
      ? "auto: no engine can be used for training"
      : `auto: takes ${report.auto}`,
  ].join("\n");
}

function formatEngine(engine: EngineInspection): string {
  const { name, found, why, version, device, threads, failing, gflops } = engine;
  if (!found) return `${name}: not available. ${why ?? ""}`.trimEnd();
  const where =
    device === "GPU" || threads === undefined
      ? `on ${device}`
      : `on CPU with ${threads} thread${threads === 1 ? "" : "s"}`;
  const speed = gflops === undefined ? "speed not measured" : `${gflops.toPrecision(3)} GFLOP/s`;
  return `${name}: ${version} ${where}, ${verdict(failing)}, ${speed}`;
}

function verdict(failing: readonly string[] | undefined): string {
  if (failing === undefined) return "not self-checked";
  if (failing.length === 0) return "self-check passed";
  return `not for training (wrong or missing gradients: ${failing.join(", ")})`;
}
