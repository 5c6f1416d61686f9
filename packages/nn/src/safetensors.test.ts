import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "./safetensors.ts";

/** A file as another program may write it: one tensor, its header as given. */
function file(entry: object, body: Uint8Array): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ x: entry }));
  const bytes = new Uint8Array(8 + header.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(body, 8 + header.length);
  return bytes;
}

describe("examples: safetensors", () => {
  it("reads a float64 tensor at an odd place", () => {
    const body = new Uint8Array(new Float64Array([Math.PI, -1e-300]).buffer);
    const bytes = file({ dtype: "F64", shape: [2], data_offsets: [0, 16] }, body);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { x } = decodeSafetensors(shifted.subarray(3)).tensors;
    expect(x?.dtype).toBe("F64");
    expect([...(x?.data ?? [])]).toEqual([Math.PI, -1e-300]);
  });

  it("refuses other types and wrong sizes, by name", () => {
    const half = file({ dtype: "F16", shape: [1], data_offsets: [0, 2] }, new Uint8Array(2));
    expect(() => decodeSafetensors(half)).toThrow("`x` is F16; expected F32, F64 or I32");
    const short = file({ dtype: "F64", shape: [2], data_offsets: [0, 8] }, new Uint8Array(8));
    expect(() => decodeSafetensors(short)).toThrow("`x` [2] needs 16 bytes");
    expect(() => decodeSafetensors(new Uint8Array(4))).toThrow("expected a safetensors file");
  });
});

const numbers = fc.array(fc.double({ noNaN: true }), { maxLength: 9 });
const tensor: fc.Arbitrary<StoredTensor> = fc.oneof(
  numbers.map((v) => ({ dtype: "F64" as const, shape: [v.length], data: Float64Array.from(v) })),
  numbers.map((v) => ({ dtype: "F32" as const, shape: [v.length, 1], data: Float32Array.from(v) })),
  fc
    .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 9 })
    .map((v) => ({ dtype: "I32" as const, shape: [v.length], data: Int32Array.from(v) })),
);

describe("laws: safetensors", () => {
  it("decoding undoes encoding, bit for bit", () => {
    const name = fc.stringMatching(/^[a-z.]{1,8}$/).filter((n) => n !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(name, tensor, { noNullPrototype: true }), (tensors) => {
        const read = decodeSafetensors(encodeSafetensors(tensors, { by: "test" }));
        expect(read.tensors).toStrictEqual(tensors);
        expect(read.metadata).toEqual({ by: "test" });
      }),
    );
  });
});
