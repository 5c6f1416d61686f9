import { deepEqual, ok } from "node:assert/strict";
import { pseudoRandom } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import type fc from "fast-check";
import { enqueue, infoNce } from "../src/index.ts";

/** The queue as a plain list of rows, newest first. */
interface Model {
  rows: number[][];
  /** How many batches have come. */
  batches: number;
}
interface Real {
  queue: tf.Tensor2D;
}

/** Width of the keys. */
export const C = 3;
/** The keys of one batch: unit rows, of its own. */
export const keysOf = (count: number, batch: number): tf.Tensor2D => {
  const values = pseudoRandom([count, C], batch + 1);
  return tf.tidy(() => {
    const x = tf.tensor2d(values, [count, C]);
    return tf.div(x, tf.norm(x, 2, 1, true));
  });
};

export class Enqueue implements fc.Command<Model, Real> {
  readonly count: number;
  constructor(count: number) {
    this.count = count;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const size = model.rows.length;
    const keys = keysOf(this.count, model.batches);
    const before = real.queue.arraySync();
    const next = enqueue(real.queue, keys);
    deepEqual(real.queue.arraySync(), before); // enqueue makes a new queue
    model.rows = [...keys.arraySync(), ...model.rows].slice(0, size);
    model.batches += 1;
    tf.dispose([real.queue, keys]);
    real.queue = next;
    deepEqual(next.arraySync(), model.rows);
    for (const row of next.arraySync()) ok(Math.abs(Math.hypot(...row) - 1) < 1e-5);
  }
  toString(): string {
    return `enqueue ${this.count}`;
  }
}

/** Saved as bytes, loaded into another tensor: what follows must go on as if nothing had happened. */
export class SaveAndLoad implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const bytes = new Uint8Array(new Float32Array(real.queue.dataSync()).buffer);
    const loaded = tf.tensor2d(new Float32Array(bytes.slice().buffer), real.queue.shape);
    real.queue.dispose();
    real.queue = loaded;
    deepEqual(loaded.arraySync(), model.rows);
  }
  toString(): string {
    return "save and load";
  }
}

/** A loss and its gradient by the queue as it is: the keys are not among its negatives yet. */
export class Evaluate implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const [queries, keys] = [keysOf(2, 500 + model.batches), keysOf(2, model.batches)];
    const loss = tf.grad((q) => infoNce(q as tf.Tensor2D, keys, real.queue))(queries);
    deepEqual(real.queue.arraySync(), model.rows);
    const known = model.rows.map(String);
    for (const key of keys.arraySync()) ok(!known.includes(String(key)));
    tf.dispose([queries, keys, loss]);
  }
  toString(): string {
    return "evaluate";
  }
}
