// The card's memory, as its driver counts it: what all processes hold, caches and all.
import { execFileSync } from "node:child_process";

/** MiB in use on the first GPU; undefined where there is none to ask. */
export function usedGpuMib() {
  try {
    const query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    const stdio = ["ignore", "pipe", "ignore"];
    return Number(execFileSync("nvidia-smi", query, { encoding: "utf8", stdio }).split("\n")[0]);
  } catch {
    return undefined;
  }
}
