import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const shared =
  process.env["DIRA_SHARED"] ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** The path of real images for local tests, or undefined, having said why. */
export function sharedData(name: string): string | undefined {
  const path = join(shared, "data", name);
  if (existsSync(path)) return path;
  console.log(`skipped: there is no ${path}; set DIRA_SHARED`);
  return undefined;
}

/** A gzipped text of it. */
export function sharedText(path: string): string {
  return gunzipSync(readFileSync(path)).toString("utf8");
}
