// Contenders are processes that are asked one thing a line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process that answers each line with a JSON line. */
export function open([program, ...programArguments]) {
  const child = spawn(program, programArguments, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-2000)));
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((resolve) =>
    child.on("error", (error) => resolve({ why: error.message })),
  );
  const hear = async () => {
    const answer = lines.next().then(({ value, done }) => {
      if (done) return { why: reasonOf(said) };
      return JSON.parse(value);
    });
    return Promise.race([answer, failed]);
  };
  return {
    hear,
    ask: (question) => {
      child.stdin.write(`${question}\n`);
      return hear();
    },
    close: () => child.stdin.end(),
    /** Closes it and waits until it is gone, and with it what it held; one that does not go is ended. */
    end: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
        child.on("close", () => resolve(clearTimeout(timer)));
        child.stdin.end();
      }),
  };
}

/** Of what it said on its way out, the line that names an error, else the last. */
function reasonOf(said) {
  const lines = said.trim().split("\n");
  return (
    lines.findLast((line) => /Error:/.test(line)) ?? (lines.at(-1) || "it ended without a word")
  );
}
