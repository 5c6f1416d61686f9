import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both. */
  readonly output: string;
}

/** The built command, for runs in a process of their own: such as are killed, and gone on with. */
export const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const program = fileURLToPath(new URL("./command-server.mjs", import.meta.url));

let server: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();
afterAll(() => server?.disconnect());

/** Runs `dira` with these arguments, after those before it, in one process for all of a test file. */
export function dira(...args: readonly string[]): Promise<Ended> {
  const ended = last.then(() => run(args));
  last = ended.catch(() => undefined);
  return ended;
}

function run(args: readonly string[]): Promise<Ended> {
  // The built files are run, so without the conditions that this process resolves modules by.
  const child = (server ??= fork(program, { execArgv: [] }));
  return new Promise((resolve, reject) => {
    const died = (code: number | null, signal: string | null): void => {
      server = undefined;
      reject(
        new Error(`dira ${args.join(" ")} ended the process: ${signal ?? `exit code ${code}`}`),
      );
    };
    child.once("exit", died);
    child.once("message", (message: Omit<Ended, "output">) => {
      child.off("exit", died);
      resolve({ ...message, output: message.stdout + message.stderr });
    });
    child.send(args);
  });
}
