import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventFile } from "./index.ts";
import { crc32c, decodeRecords, encodeRecord } from "./tf-record.ts";

interface ReadEvent {
  wallTime: number;
  step: number;
  version: string;
  scalars: Record<string, number>;
}

/** A field of a protobuf message: a number, or bytes. */
interface Field {
  readonly field: number;
  readonly value: number;
  readonly bytes: Buffer;
}

/** The fields of any protobuf message. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(message.readUInt8(at++));
      value |= (byte & 127n) << shift;
      if (byte < 128n) return Number(value);
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, type] = [key >> 3, key & 7];
    const value = type === 0 || type === 2 ? varint() : type === 1 ? 8 : 4;
    const length = type === 0 ? 0 : value;
    found.push({ field, value, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return found;
}

/** Reads an event file by the format's description, without the package's code. */
function readEvents(path: string): ReadEvent[] {
  const bytes = readFileSync(path);
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const event: ReadEvent = { wallTime: 0, step: 0, version: "", scalars: {} };
    for (const { field, value, bytes: content } of fields(
      bytes.subarray(at + 12, at + 12 + length),
    )) {
      if (field === 1) event.wallTime = content.readDoubleLE();
      if (field === 2) event.step = value;
      if (field === 3) event.version = String(content);
      if (field === 5) {
        for (const one of fields(content)) {
          const [tag, number] = fields(one.bytes);
          const scalar = number?.bytes.readFloatLE() ?? NaN;
          // Not by assignment, which takes the tag "__proto__" for the prototype.
          event.scalars = { ...event.scalars, [String(tag?.bytes)]: scalar };
        }
      }
    }
    events.push(event);
    at += length + 16;
  }
  return events;
}

const pathIn = (): string => join(mkdtempSync(join(tmpdir(), "dira-training-")), "tfevents");

describe("parity: records", () => {
  it("CRC32C gives the check values of RFC 3720 and the catalogue", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it("a file begins as those that TensorFlow writes", () => {
    // Its event has 24 bytes, so every TensorFlow event file begins with this length and sum.
    const record = Buffer.from(encodeRecord(new Uint8Array(24)));
    expect(record.subarray(0, 12).toString("hex")).toBe("1800000000000000a37f4b22");
  });
});

describe("laws: event files", () => {
  it("an independent reader finds every scalar, and truncation keeps what is up to a step", () => {
    const scalars = fc.dictionary(fc.string(), fc.float({ noNaN: true }), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    const lines = fc.array(fc.tuple(fc.nat(2 ** 40), scalars), { maxLength: 6 });
    fc.assert(
      fc.property(lines, fc.nat(2 ** 40), (all, limit) => {
        const path = pathIn();
        const file = eventFile(path);
        for (const [step, values] of all) file.add(step, values);
        const said = (kept: typeof all): object[] => [
          [0, {}, "brain.Event:2"],
          ...kept.map(([step, values]) => [step, values, ""]),
        ];
        const read = (): object[] =>
          readEvents(path).map(({ step, scalars: values, version }) => [step, values, version]);
        expect(read()).toEqual(said(all));
        appendFileSync(path, encodeRecord(Buffer.alloc(40)).subarray(0, 30));
        eventFile(path).truncate(limit);
        expect(read()).toEqual(said(all.filter(([step]) => step <= limit)));
      }),
      { numRuns: 40 },
    );
  });

  it("a damaged byte hides its record and what follows, never what is before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (contents, where) => {
          const records = contents.map(encodeRecord);
          const bytes = Buffer.concat(records);
          const at = where % bytes.length;
          bytes[at] = (bytes[at] as number) ^ 4;
          const before = records.filter(
            (_, i) => Buffer.concat(records.slice(0, i + 1)).length <= at,
          ).length;
          expect(decodeRecords(bytes).map((r) => [...r])).toEqual(
            contents.slice(0, before).map((c) => [...c]),
          );
        },
      ),
    );
  });
});

describe("examples: event files", () => {
  it("hold the time, and one damaged from its start is begun anew", () => {
    const path = pathIn();
    eventFile(path).add(1, { loss: 0.5 });
    expect(Math.abs((readEvents(path)[1]?.wallTime ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    writeFileSync(path, "not an event file, and longer than a record's frame");
    eventFile(path).truncate(9);
    expect(readEvents(path).map((event) => event.version)).toEqual(["brain.Event:2"]);
  });
});
