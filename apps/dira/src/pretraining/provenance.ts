import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { EngineReport } from "@dira/engine";

/** What made a run besides its configuration. */
export interface Provenance {
  readonly version: string;
  /** Of this checkout; `unknown` outside one. */
  readonly commit: string;
  readonly engine: Pick<EngineReport, "name" | "version" | "device" | "reason">;
  readonly node: string;
}

/** Version, commit and engine of this run. */
export function provenance({ name, version, device, reason }: EngineReport): Provenance {
  return {
    version: ownVersion(),
    commit: commit(),
    engine: { name, version, device, reason },
    node: process.versions.node,
  };
}

function ownVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: new URL(".", import.meta.url),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}
