import * as tf from "@tensorflow/tfjs";

/** The names of the inputs. */
export type GoldenTableName = "z1" | "z2" | "p1" | "p2" | "queue";

const formulas: Record<GoldenTableName, (i: number) => number> = {
  z1: (i) => Math.sin(i),
  z2: (i) => Math.cos(0.5 * i),
  p1: (i) => Math.sin(0.3 * i),
  p2: (i) => Math.cos(0.7 * i),
  queue: (i) => Math.sin(2 * i + 0.1),
};

/** An input of {@link goldenLosses}: element i, from 1, is a sine or cosine; a queue's rows have length one. */
export function goldenTable(name: GoldenTableName): tf.Tensor2D {
  const rows = Array.from({ length: name === "queue" ? 8 : 6 }, (_, n) => {
    const row = [1, 2, 3, 4].map((c) => formulas[name](4 * n + c));
    const norm = name === "queue" ? Math.hypot(...row) : 1;
    return row.map((x) => x / norm);
  });
  return tf.tensor2d(rows);
}
