import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import { reason } from "./limits.ts";

/** What the WebAssembly decoders have in common. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
  };
  getInterleaveMode?(): number;
  delete(): void;
}
type DecoderModule = Readonly<Record<string, new () => Decoder>>;
type Factory = (options: object) => Promise<DecoderModule>;

/** A compressed frame on its way to the worker. */
export interface CodecTask {
  readonly codec: "jpeg-ls" | "jpeg-2000";
  readonly bytes: Uint8Array;
}

/** What comes back. */
export interface CodecAnswer {
  readonly pixels?: Uint8Array<ArrayBuffer>;
  readonly width?: number;
  readonly height?: number;
  readonly bits?: number;
  readonly samples?: number;
  readonly planar?: boolean;
  readonly error?: string;
}

const require = createRequire(import.meta.url);
const loaders: Readonly<Record<CodecTask["codec"], () => Promise<new () => Decoder>>> = {
  "jpeg-ls": async () => {
    const factory = require("@cornerstonejs/codec-charls/decodewasmjs") as Factory;
    return (await factory(quiet())).JpegLSDecoder as new () => Decoder;
  },
  "jpeg-2000": async () => {
    const factory = require("@cornerstonejs/codec-openjpeg/decodewasmjs") as Factory;
    return (await factory(quiet())).J2KDecoder as new () => Decoder;
  },
};
// A new object each time: the module keeps its state in it.
const quiet = (): object => ({ print: () => undefined, printErr: () => undefined });
const ready = new Map<CodecTask["codec"], new () => Decoder>();

async function decode({ codec, bytes }: CodecTask): Promise<CodecAnswer> {
  const Class = ready.get(codec) ?? (await loaders[codec]());
  ready.set(codec, Class);
  const decoder = new Class();
  decoder.getEncodedBuffer(bytes.length).set(bytes);
  decoder.decode();
  const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
  const pixels = new Uint8Array(decoder.getDecodedBuffer());
  const planar = componentCount > 1 && decoder.getInterleaveMode?.() === 0;
  decoder.delete();
  return { pixels, width, height, bits: bitsPerSample, samples: componentCount, planar };
}

// The emscripten modules add handlers that would end the process; failures are answers here.
process.removeAllListeners("uncaughtException");
process.removeAllListeners("unhandledRejection");
parentPort?.on("message", (task: CodecTask) => {
  void decode(task).then(
    (answer) =>
      parentPort?.postMessage(answer, [(answer.pixels as Uint8Array<ArrayBuffer>).buffer]),
    (error: unknown) => parentPort?.postMessage({ error: reason(error) }),
  );
});
