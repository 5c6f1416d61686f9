import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { ImageError } from "../image.ts";
import type { CodecAnswer, CodecTask } from "./codec-worker.ts";
import { DEFAULT_MAX_SECONDS, imageError, type ReadLimits, reason } from "./limits.ts";

const PACKAGES = {
  "jpeg-ls": "@cornerstonejs/codec-charls",
  "jpeg-2000": "@cornerstonejs/codec-openjpeg",
} as const;

/**
 * Decodes a JPEG-LS (CharLS) or JPEG 2000 (OpenJPEG) image in a worker thread, which is stopped when it
 * takes longer than `maxSeconds` and replaced after any failure, so that neither a hang nor a codec's
 * memory stays.
 *
 * The codecs are Cornerstone's WebAssembly builds, optional dependencies of 3.4 MB in all, MIT. ITK's
 * (`@itk-wasm/dicom`) read the same files and more kinds, with about 100 MB and 200 packages; what they
 * would add here, the other JPEGs and the series, this package does itself.
 *
 * @throws ImageError when the codec is not installed, fails, or takes too long.
 */
export async function decodeByCodec(
  path: string,
  task: CodecTask,
  { maxSeconds = DEFAULT_MAX_SECONDS }: ReadLimits,
): Promise<Required<Omit<CodecAnswer, "error">>> {
  checkInstalled(path, task.codec);
  // One frame at a time: the worker has one thread.
  const turn = last.then(() => ask(path, task, maxSeconds));
  last = turn.then(
    () => undefined,
    () => undefined,
  );
  const answer = await turn;
  if (answer.error !== undefined || answer.pixels === undefined) {
    stopWorker();
    throw new ImageError(`${path}: its ${task.codec} pixels are damaged (${answer.error}).`);
  }
  return answer as Required<CodecAnswer>;
}

let worker: Worker | undefined;
let last: Promise<void> = Promise.resolve();

function checkInstalled(path: string, codec: CodecTask["codec"]): void {
  try {
    createRequire(import.meta.url).resolve(`${PACKAGES[codec]}/decodewasmjs`);
  } catch {
    throw new ImageError(
      `${path} is compressed by ${codec}, whose decoder is not installed: npm install ${PACKAGES[codec]}`,
    );
  }
}

function stopWorker(): void {
  const old = worker;
  worker = undefined;
  void old?.terminate();
}

function ask(path: string, task: CodecTask, seconds: number): Promise<CodecAnswer> {
  worker ??= startWorker();
  const thread = worker;
  return new Promise((resolve, reject) => {
    const end = (answer?: CodecAnswer): void => {
      clearTimeout(timer);
      thread.off("message", end).off("error", onError).off("exit", onExit);
      thread.unref();
      if (answer !== undefined) resolve(answer);
    };
    const fail = (why: string): void => {
      end();
      stopWorker();
      reject(imageError(path, `could not be decoded as ${task.codec}`, why));
    };
    const onError = (error: unknown): void => fail(`its decoder failed: ${reason(error)}`);
    const onExit = (code: number): void => fail(`its decoder ended with code ${code}`);
    const late = `it took longer than ${seconds} s, maxSeconds`;
    const timer = setTimeout(() => fail(late), seconds * 1000);
    thread.ref();
    thread.on("message", end).on("error", onError).on("exit", onExit);
    const bytes = new Uint8Array(task.bytes);
    thread.postMessage({ ...task, bytes }, [bytes.buffer]);
  });
}

function startWorker(): Worker {
  // The compiled file, also when this one runs from source; without the parent's flags.
  const inSource = import.meta.url.endsWith(".ts");
  const file = inSource ? "../../dist/formats/codec-worker.js" : "./codec-worker.js";
  const thread = new Worker(new URL(file, import.meta.url), { execArgv: [], stderr: true });
  // Failures between two tasks show in the next one.
  thread.on("error", () => undefined);
  thread.unref();
  return thread;
}
