import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { decodeRecords, encodeRecord } from "./tf-record.ts";
import { writeAtomically } from "./write-atomically.ts";

/** A file that TensorBoard reads. */
export interface EventFile {
  /** Adds scalars at a step. */
  add(step: number, scalars: Readonly<Record<string, number>>): void;
  /** Drops what is past a step, and a half-written end. */
  truncate(step: number): void;
}

/**
 * An event file, begun where there is none. TensorBoard finds files whose names hold `tfevents`.
 *
 * @see https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
 */
export function eventFile(path: string): EventFile {
  if (!existsSync(path)) writeAtomically(path, encodeRecord(versionEvent()));
  return {
    add: (step, scalars) => appendFileSync(path, encodeRecord(scalarEvent(step, scalars))),
    truncate: (step) => {
      const kept = decodeRecords(readFileSync(path)).filter((event) => stepOf(event) <= step);
      if (kept.length === 0) kept.push(versionEvent());
      writeAtomically(path, Buffer.concat(kept.map(encodeRecord)));
    },
  };
}

/** `Event { wall_time = 1, file_version = 3 }`: each file's first. */
function versionEvent(): Uint8Array {
  return Buffer.concat([wallTime(), delimited(3, Buffer.from("brain.Event:2"))]);
}

/** `Event { wall_time = 1, step = 2, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } }`. */
function scalarEvent(step: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) => {
    const simple = Buffer.alloc(5);
    simple[0] = (2 << 3) | 5;
    simple.writeFloatLE(value, 1);
    return delimited(1, Buffer.concat([delimited(1, Buffer.from(tag)), simple]));
  });
  const stepField = Buffer.concat([Buffer.of(2 << 3), varint(step)]);
  return Buffer.concat([wallTime(), stepField, delimited(5, Buffer.concat(values))]);
}

function wallTime(): Buffer {
  const field = Buffer.alloc(9);
  field[0] = (1 << 3) | 1;
  field.writeDoubleLE(Date.now() / 1000, 1);
  return field;
}

function delimited(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of((field << 3) | 2), varint(content.length), content]);
}

/** Seven bits a byte, lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) return Buffer.from(bytes);
  }
}

/** The step of an event that this file wrote: after the wall time's nine bytes; 0 where it has none. */
function stepOf(event: Uint8Array): number {
  if (event[9] !== 2 << 3) return 0;
  let step = 0;
  for (let at = 10, scale = 1; at < event.length; at += 1, scale *= 128) {
    const byte = event[at] as number;
    step += (byte & 127) * scale;
    if (byte < 128) break;
  }
  return step;
}
