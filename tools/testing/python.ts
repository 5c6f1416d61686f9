import { spawnSync } from "node:child_process";

/**
 * The first Python that has some modules: `$DIRA_PYTHON`, the system's, the PATH's. Where none has, undefined, and a line says
 * what is skipped.
 */
export function pythonWith(modules: readonly string[], skipped: string): string | undefined {
  const candidates = [process.env["DIRA_PYTHON"], "/usr/bin/python3", "python3"];
  const script = `import ${modules.join(", ")}`;
  const found = candidates.find(
    (python) => python && spawnSync(python, ["-c", script], { stdio: "ignore" }).status === 0,
  );
  if (found === undefined) {
    const needed = modules.join(" and ");
    console.log(
      `${skipped} skipped: neither $DIRA_PYTHON, /usr/bin/python3 nor python3 has ${needed}.`,
    );
  }
  return found;
}

/**
 * What a script of Python prints. PyTorch's wheels warn a great deal on processors that they don't know.
 *
 * @throws Error with the end of what it said, where it fails.
 */
export function runPython(python: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(python, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 29,
    ...(input === undefined ? {} : { input }),
  });
  if (status === 0) return stdout;
  throw new Error(`${args[0]}: ${error?.message ?? stderr.split("\n").slice(-20).join("\n")}`);
}
