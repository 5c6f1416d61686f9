// Whether the native engine starts; part of `npm test -- --require-native`. Exit 1 when it doesn't
// although TensorFlow's wheel can be had here: then something of ours is broken.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEngine } from "@dira/engine";
import { TENSORFLOW_VERSION } from "../packages/engine/dist/node/paths.js";
import { pythonsWithPip, run } from "../packages/engine/dist/node/tools.js";

/** Whether pip can download the wheel; asked only when there is no engine, since it takes a while. */
async function canDownload() {
  const folder = mkdtempSync(join(tmpdir(), "dira-wheel-"));
  const name = process.arch === "x64" ? "tensorflow-cpu" : "tensorflow";
  const what = `${name}==${TENSORFLOW_VERSION}`;
  const args = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"];
  try {
    for (const python of await pythonsWithPip()) {
      if ((await run(python, [...args, "-q", "-d", folder, what])).ok) return true;
    }
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const { reason } = await startEngine("tensorflow");
  console.log(`native engine: ${reason}`);
} catch (error) {
  if (await canDownload()) {
    console.log(`native engine: missing, though TensorFlow's wheel can be had: ${error.message}`);
    process.exitCode = 1;
  } else {
    console.log(`native engine: none, and TensorFlow's wheel can't be had here. ${error.message}`);
  }
}
