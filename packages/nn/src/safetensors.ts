import { DiraError } from "@dira/tensor";

/** The number types that are read and written, in the order that files have them. */
const ARRAYS = {
  I64: Float64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} satisfies Record<StoredDtype, unknown>;

/** A number type of a safetensors file, by the format's own name. */
export type StoredDtype =
  "I64" | "F64" | "F32" | "U32" | "I32" | "U16" | "I16" | "I8" | "U8" | "BOOL";

/**
 * A tensor as a safetensors file holds it. 64-bit whole numbers (`I64`, e.g. PyTorch's
 * `num_batches_tracked`) are held in a `Float64Array`, which is exact up to ±2⁵³; `BOOL` is 0 or 1.
 */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly data:
    | Float64Array
    | Float32Array
    | Uint32Array
    | Int32Array
    | Uint16Array
    | Int16Array
    | Int8Array
    | Uint8Array;
}

/** What {@link decodeSafetensors} reads. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const DTYPES: readonly string[] = Object.keys(ARRAYS);
/** The format's own limit. */
const LARGEST_HEADER = 100_000_000;
const METADATA = "__metadata__";

/**
 * Encodes tensors as a safetensors file: a 64-bit header length, a JSON header padded by spaces to a
 * multiple of 8 bytes, then the values, little-endian. The widest number types come first and names
 * are sorted within each, as Python's package has it, so every tensor is aligned and equal tensors
 * give equal bytes.
 *
 * @throws DiraError naming a tensor whose data is not of its dtype or shape.
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const ordered = Object.entries(tensors).sort(byTypeThenName);
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA, metadata]);
  let size = 0;
  for (const [name, tensor] of ordered) {
    checkTensor(name, tensor);
    const { dtype, shape, data } = tensor;
    header.push([name, { dtype, shape, data_offsets: [size, size + data.byteLength] }]);
    size += data.byteLength;
  }
  const json = new TextEncoder().encode(jsonOf(header));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.fill(0x20, 8, start);
  bytes.set(json, 8);
  ordered.reduce((at, [name, tensor]) => {
    bytes.set(bytesOf(name, tensor), at);
    return at + tensor.data.byteLength;
  }, start);
  return bytes;
}

/**
 * Decodes a safetensors file of the types in {@link StoredDtype}. The arrays are copies.
 *
 * @throws DiraError when the file is truncated or damaged, or a tensor is of another type.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length < 8 ? -1 : Number(view.getBigUint64(0, true));
  if (headerBytes < 2 || headerBytes > Math.min(LARGEST_HEADER, bytes.length - 8)) {
    throw new DiraError(
      `decodeSafetensors: expected a safetensors file, got ${bytes.length} bytes with a header of ${headerBytes}. Is the file truncated?`,
    );
  }
  const body = new Uint8Array(
    bytes.buffer,
    bytes.byteOffset + 8 + headerBytes,
    bytes.length - 8 - headerBytes,
  );
  const { [METADATA]: metadata, ...rest } = parseHeader(bytes.subarray(8, 8 + headerBytes));
  const entries = Object.entries(rest).map(
    ([name, entry]) => [name, checkEntry(name, entry)] as const,
  );
  checkCover(entries, body.length);
  return {
    tensors: Object.fromEntries(
      entries.map(([name, entry]) => [name, readTensor(name, entry, body)]),
    ),
    metadata: checkMetadata(metadata ?? {}),
  };
}

function byTypeThenName(
  [nameA, a]: readonly [string, StoredTensor],
  [nameB, b]: readonly [string, StoredTensor],
): number {
  const order = DTYPES.indexOf(a.dtype) - DTYPES.indexOf(b.dtype);
  return order !== 0 ? order : nameA < nameB ? -1 : 1;
}

/** JSON of entries in their order; an object would put names such as `10` first. */
function jsonOf(entries: readonly [string, unknown][]): string {
  return `{${entries.map((pair) => pair.map((part) => JSON.stringify(part)).join(":")).join(",")}}`;
}

function checkTensor(name: string, { dtype, shape, data }: StoredTensor): void {
  const size = shape.reduce((a, b) => a * b, 1);
  if (name === METADATA) {
    throw new DiraError(`encodeSafetensors: the format keeps the name \`${METADATA}\` for itself.`);
  }
  if (ARRAYS[dtype] === undefined || !(data instanceof ARRAYS[dtype])) {
    throw new DiraError(
      `encodeSafetensors: \`${name}\` is said to be ${dtype}, got ${data.constructor.name}; expected ${ARRAYS[dtype]?.name ?? `a dtype of ${DTYPES.join(", ")}`}.`,
    );
  }
  if (data.length !== size || shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw new DiraError(
      `encodeSafetensors: \`${name}\` [${shape.join(", ")}] needs ${size} values, got ${data.length}.`,
    );
  }
}

function bytesOf(name: string, { dtype, data }: StoredTensor): Uint8Array {
  if (dtype !== "I64") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const wide = BigInt64Array.from(data, (value) => {
    if (!Number.isSafeInteger(value)) {
      throw new DiraError(
        `encodeSafetensors: \`${name}\` is I64, got ${value}; expected whole numbers up to ±2⁵³.`,
      );
    }
    return BigInt(value);
  });
  return new Uint8Array(wide.buffer);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new DiraError("decodeSafetensors: the header is not JSON. Is this a safetensors file?");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new DiraError("decodeSafetensors: the header is not a JSON object of tensors.");
  }
  return header as Record<string, unknown>;
}

function checkEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: range } = (value ?? {}) as Partial<Entry>;
  const whole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  const wholes = (list: unknown): boolean => Array.isArray(list) && list.every(whole);
  if (typeof dtype !== "string" || !wholes(shape) || !wholes(range) || range?.length !== 2) {
    throw new DiraError(
      `decodeSafetensors: \`${name}\` must have dtype, shape and data_offsets, got ${JSON.stringify(value)}.`,
    );
  }
  if (!Object.hasOwn(ARRAYS, dtype)) {
    throw new DiraError(
      `decodeSafetensors: \`${name}\` is ${dtype}; expected F32, F64 or I32 (or ${Object.keys(
        ARRAYS,
      )
        .filter((known) => !["F32", "F64", "I32"].includes(known))
        .join(", ")}). Convert it before saving, e.g. by PyTorch's \`.float()\`.`,
    );
  }
  return { dtype, shape: shape as number[], data_offsets: range };
}

/** Tensors must follow each other without overlap or gap, to the end of the file. */
function checkCover(entries: readonly (readonly [string, Entry])[], bodyBytes: number): void {
  const ordered = entries.toSorted(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  let at = 0;
  for (const [name, { dtype, shape, data_offsets: range }] of ordered) {
    const [begin, end] = range;
    const size = ARRAYS[dtype].BYTES_PER_ELEMENT * shape.reduce((a, b) => a * b, 1);
    if (end - begin !== size || end > bodyBytes) {
      throw new DiraError(
        `decodeSafetensors: \`${name}\` [${shape.join(", ")}] needs ${size} bytes, the file has ${Math.min(end, bodyBytes) - begin} at its place. Is the file truncated?`,
      );
    }
    if (begin !== at) {
      throw new DiraError(
        `decodeSafetensors: \`${name}\` begins at byte ${begin}, but the tensor before it ends at ${at}; expected no ${begin < at ? "overlap" : "gap"}. Is the file damaged?`,
      );
    }
    at = end;
  }
  if (at !== bodyBytes) {
    throw new DiraError(
      `decodeSafetensors: the tensors end at byte ${at}, the file at ${bodyBytes}. Is the file damaged?`,
    );
  }
}

function checkMetadata(value: unknown): Record<string, string> {
  const isText = (text: unknown): boolean => typeof text === "string";
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isRecord && Object.values(value).every(isText)) {
    return value as Record<string, string>;
  }
  throw new DiraError(
    `decodeSafetensors: ${METADATA} must map names to text, got ${JSON.stringify(value)}.`,
  );
}

function readTensor(name: string, entry: Entry, body: Uint8Array<ArrayBufferLike>): StoredTensor {
  const { dtype, shape, data_offsets: range } = entry;
  const { buffer } = body.slice(...range);
  if (dtype !== "I64") return { dtype, shape, data: new ARRAYS[dtype](buffer) };
  const data = Float64Array.from(new BigInt64Array(buffer), (value) => {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw new DiraError(
      `decodeSafetensors: \`${name}\` holds ${value}; expected whole numbers up to ±2⁵³.`,
    );
  });
  return { dtype, shape, data };
}
