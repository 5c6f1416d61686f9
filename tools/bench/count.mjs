// Watches TensorFlow's operations on the `tensorflow` engine: time, calls, bytes and floating-point work of each.
import * as tf from "@tensorflow/tfjs";

const size = (shape) => shape.reduce((a, b) => a * b, 1);

/** Multiplications and additions of convolutions and matrix products; the rest is not counted. */
function work(name, inputs, outputs) {
  const shape = (i) => inputs[i].shape;
  const perOutput = (filter) => size(filter) / filter.at(-1);
  if (/^Conv\dD$/.test(name)) return 2 * size(outputs[0].shape) * perOutput(shape(1));
  if (/^Conv\dDBackpropInput/.test(name)) return 2 * size(shape(2)) * perOutput(shape(1));
  if (/^Conv\dDBackpropFilter/.test(name)) {
    return 2 * size(shape(2)) * perOutput(outputs[0].shape);
  }
  if (/MatMul/.test(name))
    return 2 * Math.sqrt(size(shape(0)) * size(shape(1)) * size(outputs[0].shape));
  return 0;
}

/**
 * Runs `steps` steps and gives what each operation took, per step, the longest first.
 *
 * Time is on the clock; `cpuMs` is that of all threads, which other processes disturb less.
 */
export async function countOperations(step, steps) {
  const backend = tf.backend();
  const rows = new Map();
  const watch = (method) => {
    const own = backend[method];
    backend[method] = function watched(name, attributes, inputs, ...rest) {
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      const result = own.call(this, name, attributes, inputs, ...rest);
      const ms = performance.now() - began;
      const { user, system } = process.cpuUsage(cpu);
      const outputs = Array.isArray(result) ? result : [result];
      const row = rows.get(name) ?? { name, calls: 0, ms: 0, cpuMs: 0, bytes: 0, flops: 0 };
      row.calls += 1 / steps;
      row.ms += ms / steps;
      row.cpuMs += (user + system) / 1000 / steps;
      row.bytes += outputs.reduce((sum, { shape }) => sum + 4 * size(shape), 0) / steps;
      row.flops += work(name, inputs, outputs) / steps;
      rows.set(name, row);
      return result;
    };
    return () => delete backend[method];
  };
  const restore = [watch("executeSingleOutput"), watch("executeMultipleOutputs")];
  try {
    for (let i = 0; i < steps; i += 1) await step();
  } finally {
    restore.forEach((undo) => undo());
  }
  return [...rows.values()].sort((a, b) => b.ms - a.ms);
}

/** The rows as lines of text. */
export function formatOperations(rows, top = 25) {
  const cells = (...columns) =>
    columns.map((column, i) => (i === 0 ? column.padEnd(28) : column.padStart(10))).join("");
  const line = (name, { ms, cpuMs, calls, bytes, flops }) =>
    cells(
      name,
      ms.toFixed(1),
      cpuMs.toFixed(1),
      calls.toFixed(0),
      (bytes / 2 ** 20).toFixed(0),
      flops === 0 ? "" : (flops / 1e9).toFixed(1),
      flops === 0 ? "" : (flops / 1e6 / ms).toFixed(0),
    );
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const total = {
    ms: sum("ms"),
    cpuMs: sum("cpuMs"),
    calls: sum("calls"),
    bytes: sum("bytes"),
    flops: sum("flops"),
  };
  return [
    cells("operation", "ms", "CPU ms", "calls", "MiB out", "GFLOP", "GFLOP/s"),
    ...rows.slice(0, top).map((row) => line(row.name, row)),
    line("all", total),
  ].join("\n");
}
