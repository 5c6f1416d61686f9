import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "./safetensors.ts";

/** A file as another program may write it: its header as given. */
function fileOf(header: unknown, body: Uint8Array = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}
const file = (entry: object, body: Uint8Array): Uint8Array => fileOf({ x: entry }, body);

describe("examples: safetensors", () => {
  it("reads a float64 tensor at an odd place", () => {
    const body = new Uint8Array(new Float64Array([Math.PI, -1e-300]).buffer);
    const bytes = file({ dtype: "F64", shape: [2], data_offsets: [0, 16] }, body);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    for (const read of [shifted.subarray(3), Buffer.from(shifted.buffer, 3)]) {
      const { x } = decodeSafetensors(read).tensors;
      expect(x?.dtype).toBe("F64");
      expect([...(x?.data ?? [])]).toEqual([Math.PI, -1e-300]);
      read.fill(0, read.length - 16);
      expect(x?.data[0]).toBe(Math.PI);
      read.set(body, read.length - 16);
    }
  });

  it("writes the bytes of the format, wide types first, aligned to 8", () => {
    const bytes = encodeSafetensors(
      {
        "10": { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) },
        b: { dtype: "I64", shape: [], data: Float64Array.of(-2) },
        a: { dtype: "F32", shape: [1, 1], data: Float32Array.of(1) },
      },
      { k: "v" },
    );
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
        '"a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},' +
        '"10":{"dtype":"U8","shape":[3],"data_offsets":[12,15]}}',
    );
    expect([...bytes.subarray(8 + length)]).toEqual(
      [254, 255, 255, 255, 255, 255, 255, 255].concat([0, 0, 128, 63], [1, 2, 3]),
    );
  });

  it("refuses other types and wrong sizes, by name", () => {
    const half = file({ dtype: "F16", shape: [1], data_offsets: [0, 2] }, new Uint8Array(2));
    expect(() => decodeSafetensors(half)).toThrow("`x` is F16; expected F32, F64 or I32");
    const short = file({ dtype: "F64", shape: [2], data_offsets: [0, 8] }, new Uint8Array(8));
    expect(() => decodeSafetensors(short)).toThrow("`x` [2] needs 16 bytes");
    expect(() => decodeSafetensors(new Uint8Array(4))).toThrow("expected a safetensors file");
  });

  const u8 = (begin: number, end: number): object => ({
    dtype: "U8",
    shape: [end - begin],
    data_offsets: [begin, end],
  });
  it.each<[string, Uint8Array, RegExp]>([
    ["overlapping", fileOf({ a: u8(0, 3), b: u8(2, 4) }, new Uint8Array(4)), /`b`.*no overlap/],
    ["leaving a gap", fileOf({ a: u8(0, 1), b: u8(2, 4) }, new Uint8Array(4)), /`b`.*no gap/],
    ["ending early", fileOf({ a: u8(0, 3) }, new Uint8Array(4)), /end at byte 3, the file at 4/],
    ["too long a header", new Uint8Array(16).fill(255), /expected a safetensors file/],
    ["no JSON", fileOf("{]"), /not JSON/],
    ["a list", fileOf([]), /not a JSON object/],
    ["an entry of text", fileOf({ a: "b" }), /`a` must have dtype, shape and data_offsets/],
    ["a negative size", fileOf({ a: { ...u8(0, 0), shape: [-1] } }), /`a` must have/],
    ["metadata of numbers", fileOf({ __metadata__: { a: 1 } }), /__metadata__ must map names/],
    [
      "a whole number past 2⁵³",
      file({ dtype: "I64", shape: [], data_offsets: [0, 8] }, new Uint8Array(8).fill(127)),
      /`x` holds \d+; expected whole numbers/,
    ],
  ])("refuses a damaged file: %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it.each<[string, Record<string, StoredTensor>, RegExp]>([
    ["the shape", { a: { dtype: "U8", shape: [2], data: Uint8Array.of(1) } }, /`a` \[2\] needs 2/],
    ["the dtype", { a: { dtype: "F32", shape: [1], data: Uint8Array.of(1) } }, /`a`.*Uint8Array/],
    ["I64", { a: { dtype: "I64", shape: [], data: Float64Array.of(0.5) } }, /`a` is I64, got 0.5/],
    [
      "its name",
      { __metadata__: { dtype: "U8", shape: [0], data: new Uint8Array() } },
      /keeps the name/,
    ],
  ])("refuses to write what does not fit %s", (_, tensors, message) => {
    expect(() => encodeSafetensors(tensors)).toThrow(message);
  });
});

const numbers = fc.array(fc.double({ noNaN: true }), { maxLength: 9 });
const whole = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min, max }), { maxLength: 9 });
const tensor: fc.Arbitrary<StoredTensor> = fc.oneof(
  numbers.map((v) => ({ dtype: "F64" as const, shape: [v.length], data: Float64Array.from(v) })),
  numbers.map((v) => ({ dtype: "F32" as const, shape: [v.length, 1], data: Float32Array.from(v) })),
  fc
    .array(fc.maxSafeInteger(), { maxLength: 9 })
    .map((v) => ({ dtype: "I64" as const, shape: [v.length], data: Float64Array.from(v) })),
  whole(-(2 ** 31), 2 ** 31 - 1).map((v) => ({
    dtype: "I32" as const,
    shape: [v.length],
    data: Int32Array.from(v),
  })),
  whole(-(2 ** 15), 2 ** 15 - 1).map((v) => ({
    dtype: "I16" as const,
    shape: [1, v.length],
    data: Int16Array.from(v),
  })),
  whole(0, 255).map((v) => ({
    dtype: "U8" as const,
    shape: [v.length],
    data: Uint8Array.from(v),
  })),
);
const record = fc.dictionary(
  fc.string().filter((name) => name !== "__metadata__"),
  tensor,
  { noNullPrototype: true },
);

describe("laws: safetensors", () => {
  it("decoding undoes encoding, bit for bit", () => {
    fc.assert(
      fc.property(record, (tensors) => {
        const read = decodeSafetensors(encodeSafetensors(tensors, { by: "test" }));
        expect(read.tensors).toStrictEqual(tensors);
        expect(read.metadata).toEqual({ by: "test" });
      }),
    );
  });

  it("a damaged byte in the header never gives a crash other than a clear error", () => {
    const good = encodeSafetensors({ a: { dtype: "F32", shape: [2], data: new Float32Array(2) } });
    fc.assert(
      fc.property(fc.nat(good.length - 9), fc.nat(255), (at, value) => {
        const bytes = good.slice();
        bytes[at] = value;
        try {
          decodeSafetensors(bytes);
        } catch (error) {
          expect((error as Error).message).toMatch(/^decodeSafetensors: /);
        }
      }),
    );
  });
});

/** The first Python that has the `safetensors` package. */
const python = [process.env["DIRA_PYTHON"], "python3", "/usr/bin/python3"].find(
  (command) =>
    command !== undefined && spawnSync(command, ["-c", "import safetensors.numpy"]).status === 0,
);
if (python === undefined) {
  console.log("skipped: safetensors against Python, since no python3 has the safetensors package");
}

describe("parity: safetensors", () => {
  it.skipIf(python === undefined)("Python's package writes the same bytes", () => {
    const folder = mkdtempSync(join(tmpdir(), "dira-safetensors-"));
    const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
    const bytes = encodeSafetensors(
      {
        b: { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, -2, 0.1, NaN, Infinity, -0) },
        a: { dtype: "F64", shape: [1], data: Float64Array.of(Math.PI) },
        n: { dtype: "I64", shape: [], data: Float64Array.of(2 ** 53 - 1) },
        i: { dtype: "I32", shape: [2], data: Int32Array.of(-1, 7) },
        u: { dtype: "U8", shape: [0], data: new Uint8Array() },
      },
      { note: "dira" },
    );
    writeFileSync(ours, bytes);
    const script = `
import sys
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
with safe_open(sys.argv[1], "np") as f: assert f.metadata() == {"note": "dira"}
save_file(load_file(sys.argv[1]), sys.argv[2], metadata={"note": "dira"})`;
    const { status, stderr } = spawnSync(python ?? "", ["-c", script, ours, theirs], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(readFileSync(theirs).equals(bytes)).toBe(true);
    expect(decodeSafetensors(readFileSync(theirs))).toEqual(decodeSafetensors(bytes));
    rmSync(folder, { recursive: true });
  });
});
