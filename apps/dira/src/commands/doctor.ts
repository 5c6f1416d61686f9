import { formatDoctor, inspectEngines, prepareEngine, prepareTorch } from "@dira/engine/node";
import { checkEngine } from "@dira/tensor";

interface DoctorOptions {
  /** Build the native engines that are not there. */
  readonly fix?: boolean;
  /** Print the report as JSON on stdout; everything else goes to stderr. */
  readonly json?: boolean;
}

/** Prints each engine: there or not, why, version, device, self-check, speed. Exit code 1 if none trains. */
export async function doctor({ fix = false, json = false }: DoctorOptions): Promise<void> {
  const say = json ? console.error : console.log;
  if (fix) for (const prepare of [prepareTorch, prepareEngine]) say((await prepare(say)).message);
  const report = await inspectEngines({ check: checkEngine });
  console.log(json ? JSON.stringify(report, null, 2) : formatDoctor(report));
  if (report.auto === undefined) process.exitCode = 1;
}
