// Node.js itself, small enough to be carried.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** What an addon of Node-API includes. */
const HEADERS = ["js_native_api.h", "js_native_api_types.h", "node_api.h", "node_api_types.h"];

/** Where Node's headers may be, beside it or as Debian and NodeSource put them. */
const ROOTS = [dirname(dirname(process.execPath)), "/usr/local", "/usr"];

/** Puts the Node that runs this, without symbols and compressed (`node.gz`), and Node-API's headers into a folder. */
export function packNode(folder) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `pack: this Node is for ${process.platform} ${process.arch}, the GPU machine is linux x64. Pack on such a machine.`,
    );
  }
  mkdirSync(join(folder, "include", "node"), { recursive: true });
  const plain = join(folder, "node");
  cpSync(process.execPath, plain, { dereference: true });
  // Without strip it is larger, no more.
  spawnSync("strip", ["--strip-debug", plain]);
  writeFileSync(`${plain}.gz`, gzipSync(readFileSync(plain), { level: 9 }));
  rmSync(plain);
  for (const name of HEADERS) cpSync(header(name), join(folder, "include", "node", name));
}

function header(name) {
  for (const root of ROOTS) {
    const file = join(root, "include", "node", name);
    if (existsSync(file)) return file;
  }
  throw new Error(
    `pack: Node's header ${name} is in none of ${ROOTS.join(", ")}. Install Node's headers (Debian: libnode-dev).`,
  );
}
