import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, type EngineName, type EngineReport, startEngine } from "@dira/engine";
import { checkEngine } from "@dira/tensor";
import { writeAtomically } from "@dira/training/node";
import { z } from "zod";
import { UsageError } from "./usage-error.ts";

const engineSchema = z.object({ name: z.string(), version: z.string(), device: z.string() });
/** An engine as a run's `config.json` has it. */
type UsedEngine = z.infer<typeof engineSchema>;

/** Engines of a run: the one that it was started with, and those that it went on with. */
export const enginesSchema = z.object({
  engine: engineSchema,
  laterEngines: z.array(engineSchema).default([]),
});

/** An engine in words. */
export function describeEngine({ name, version, device }: UsedEngine): string {
  return `${name} (${version} on ${device})`;
}

/**
 * Starts the engine of a run. A run that is gone on with keeps the one that it used last where none is named: `auto` may
 * take another today, and every engine rounds otherwise.
 *
 * @throws UsageError when the run's engine can't be used any more; EngineError when the named one can't.
 */
export async function startRunEngine(
  wanted: EngineName | "auto",
  out: string,
  resume: boolean,
): Promise<EngineReport> {
  const before = resume ? lastEngine(out) : undefined;
  const engine =
    wanted === "auto" && before !== undefined
      ? await startAgain(before, out)
      : await startEngine(wanted, { check: checkEngine });
  for (const { name, why } of engine.rejected) console.log(`engine: not ${name}: ${why}`);
  console.log(`engine: ${engine.name} (${engine.reason})`);
  if (before !== undefined && isOther(engine, before)) {
    console.log(
      `engine: the run used ${describeEngine(before)} before; its results will differ by rounding from those of one engine alone`,
    );
  }
  return engine;
}

async function startAgain(before: UsedEngine, out: string): Promise<EngineReport> {
  try {
    return await startEngine(before.name as EngineName, { check: checkEngine });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const there = await startEngine("auto", { check: checkEngine });
    throw new UsageError(
      `--resume: the run in ${out} used the engine ${describeEngine(before)}, which can't be used now: ${error.message} There is ${describeEngine(there)}: go on with it by --engine ${there.name} (results will differ by rounding), or make ${before.name} ready again.`,
      { cause: error },
    );
  }
}

/** Notes the engine of a run that is gone on with, in its `config.json`, where it is another than before. */
export function noteRunEngine(out: string, { name, version, device, reason }: EngineReport): void {
  const now = { name, version, device, reason };
  const before = lastEngine(out);
  if (before === undefined || !isOther(now, before)) return;
  const { provenance, ...config } = readConfigFile(out);
  const laterEngines = [...(provenance?.laterEngines ?? []), now];
  const noted = { ...config, provenance: { ...provenance, laterEngines } };
  writeAtomically(join(out, "config.json"), `${JSON.stringify(noted, null, 2)}\n`);
}

function isOther(a: UsedEngine, b: UsedEngine): boolean {
  return describeEngine(a) !== describeEngine(b);
}

/** The engine that a run used last; undefined where its folder does not say. */
function lastEngine(out: string): UsedEngine | undefined {
  const { success, data } = enginesSchema.safeParse(readConfigFile(out).provenance);
  return success ? (data.laterEngines.at(-1) ?? data.engine) : undefined;
}

function readConfigFile(out: string): { provenance?: { laterEngines?: object[] } } {
  return JSON.parse(readFileSync(join(out, "config.json"), "utf8")) as object;
}
