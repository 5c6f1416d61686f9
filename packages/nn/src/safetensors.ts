import { DiraError } from "@dira/tensor";

/** A tensor as a safetensors file holds it: float32, float64 or int32. */
export interface StoredTensor {
  readonly dtype: "F32" | "F64" | "I32";
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array;
}

const ARRAYS = { F32: Float32Array, F64: Float64Array, I32: Int32Array } as const;

/** What {@link decodeSafetensors} reads. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/**
 * Encodes tensors as a safetensors file: a 64-bit header length, a JSON header padded to 8 bytes, then
 * the values, little-endian, in order of name.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  const names = Object.keys(tensors).sort();
  let offset = 0;
  for (const name of names) {
    const { dtype, shape, data } = tensors[name] as StoredTensor;
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const name of names) {
    const { data } = tensors[name] as StoredTensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes a safetensors file of float32, float64 and int32 tensors.
 *
 * @throws DiraError when the file is truncated, not safetensors, or holds another type.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length < 8 ? -1 : Number(view.getBigUint64(0, true));
  if (headerBytes < 2 || headerBytes > bytes.length - 8) {
    throw new DiraError(
      `decodeSafetensors: expected a safetensors file, got ${bytes.length} bytes with a header of ${headerBytes}. Is the file truncated?`,
    );
  }
  const body = bytes.subarray(8 + headerBytes);
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes));
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, entry] of Object.entries(entries)) {
    tensors[name] = readTensor(name, entry as Entry, body);
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new DiraError("decodeSafetensors: the header is not JSON. Is this a safetensors file?");
  }
}

function readTensor(name: string, entry: Entry, body: Uint8Array): StoredTensor {
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = entry;
  if (dtype !== "F32" && dtype !== "F64" && dtype !== "I32") {
    throw new DiraError(`decodeSafetensors: \`${name}\` is ${dtype}; expected F32, F64 or I32.`);
  }
  const size = ARRAYS[dtype].BYTES_PER_ELEMENT * shape.reduce((a, b) => a * b, 1);
  if (begin < 0 || end - begin !== size || end > body.length) {
    throw new DiraError(
      `decodeSafetensors: \`${name}\` [${shape.join(", ")}] needs ${size} bytes, the file has ${Math.min(end, body.length) - begin} at its place. Is the file truncated?`,
    );
  }
  return {
    dtype,
    shape,
    data: new ARRAYS[dtype](Uint8Array.from(body.subarray(begin, end)).buffer),
  };
}
