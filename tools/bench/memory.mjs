import { readFileSync } from "node:fs";

/** The most memory that this process has ever held (VmHWM), in MiB. */
export const peakMib = () => statusMib("VmHWM");

/** What it holds now (VmRSS), in MiB. */
export const residentMib = () => statusMib("VmRSS");

function statusMib(field) {
  const line = readFileSync("/proc/self/status", "utf8").match(new RegExp(`${field}:\\s+(\\d+)`));
  return Math.round(Number(line[1]) / 1024);
}
