import { DataError } from "../image.ts";

/** A call that any thread can make itself: `(await import(module))[name](...args)`. */
export interface ModuleCall {
  /** A package, or a file's URL (`import.meta.resolve("./mine.js")`). @defaultValue said where it is used */
  readonly module?: string;
  /** The name under which the module exports the function. */
  readonly name: string;
  /** Plain values, which can be sent to another thread. @defaultValue none */
  readonly args?: readonly unknown[];
}

/**
 * Checks what was given as a call.
 *
 * @param what - what the call is for, and where: "viewLoader: `pipeline`".
 * @throws DataError, with what to write instead, for a function, an object without a name, and others.
 */
export function checkCall(what: string, call: ModuleCall): void {
  const given: unknown = call;
  if (typeof given === "object" && given !== null && "name" in given) {
    const { name, module, args } = given as Readonly<Record<string, unknown>>;
    const right =
      typeof name === "string" &&
      (module === undefined || typeof module === "string") &&
      (args === undefined || Array.isArray(args));
    if (right) return;
  }
  throw new DataError(
    `${what} must be a call that any thread can make, { module, name, args }, got ${described(given)}. Name the function that makes it: { name: "diraViews", args: [{ size: 224 }] }; for a transform of samples { module: "@dira/data", name: "samplePipeline", args: [{ name: "segmentationTraining", args: [{ size: 224 }] }] }.`,
  );
}

function described(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name || "without a name"} itself`;
  if (typeof value !== "object" || value === null) return String(value);
  return `an object with ${Object.keys(value).join(", ") || "nothing"}`;
}

const results = new Map<string, Promise<unknown>>();

/**
 * What the call returns; made once a thread, and kept.
 *
 * @param fallback - the module where the call names none.
 * @throws Error saying what could not be imported or is no function.
 */
export function resultOf<Result>(call: ModuleCall, fallback: string): Promise<Result> {
  const key = JSON.stringify([call.module ?? fallback, call.name, call.args ?? []]);
  const known = results.get(key);
  if (known !== undefined) return known as Promise<Result>;
  const result = makeCall(call.module ?? fallback, call);
  results.set(key, result);
  return result as Promise<Result>;
}

async function makeCall(module: string, { name, args = [] }: ModuleCall): Promise<unknown> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Error(
      `The module ${module} could not be imported (${why}). Give a package's name or a file's URL.`,
    );
  }
  const made = exported[name];
  if (typeof made === "function")
    return (made as (...values: readonly unknown[]) => unknown)(...args);
  throw new Error(
    `${module} exports no function \`${name}\`; its exports are ${Object.keys(exported).sort().join(", ")}.`,
  );
}
