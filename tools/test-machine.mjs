import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { arch, cpus, homedir } from "node:os";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";

const VERSIONS = `
from importlib import metadata
for name in ("numpy", "safetensors", "torch"):
    try:
        print(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        pass`;

/**
 * What tests depend on beside the files of this repository, as one word: Node, processor, finished
 * native engines, Python's packages, Chromium, and whether the real images lie beside the repository. A test that
 * was skipped, or passed, on another machine is another result.
 */
export function testMachine(root) {
  const pythons = [process.env["DIRA_PYTHON"], "python3", "/usr/bin/python3"].filter(Boolean);
  const chromium = findChromium();
  const facts = [
    process.version,
    arch(),
    cpus()[0]?.model,
    finishedEngines(),
    chromium && spawnSync(chromium, ["--version"], { encoding: "utf8" }).stdout,
    pythons.map((python) => spawnSync(python, ["-c", VERSIONS], { encoding: "utf8" }).stdout),
    existsSync(join(root, "..", "shared")),
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

function finishedEngines() {
  const { DIRA_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = DIRA_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "dira");
  const engines = join(cache, "engines");
  if (!existsSync(engines)) return [];
  return readdirSync(engines).filter((name) => existsSync(join(engines, name, "complete.json")));
}
