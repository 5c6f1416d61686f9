// One stage: a process, what it says, and how it ends.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const SIGNALS = ["SIGINT", "SIGTERM"];

/** The least that a stage is begun with. */
const LEAST_SECONDS = 5;

/**
 * Runs a stage's command for at most its seconds. Each line that it prints is a JSON object, a row, or text.
 *
 * @returns the stage with `status` (`done`, or why not in a line), `took`, `rows` and `text`.
 */
export async function runStage({ name, title, command, seconds }, environment) {
  const result = { name, title, status: "", took: 0, rows: [], text: [] };
  if (seconds < LEAST_SECONDS) return { ...result, status: "left out: no time was left" };
  const began = performance.now();
  const [program, ...given] = command;
  // A group of its own, so that what it started ends with it.
  const child = spawn(program, given, {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stop = () => process.kill(-Number(child.pid), "SIGKILL");
  const interrupted = () => {
    stop();
    process.exit(1);
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  let [complaint, late] = ["", false];
  child.stderr.on("data", (data) => (complaint = (complaint + data).slice(-4000)));
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, 1000 * seconds);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const row = rowOf(line);
    if (row === undefined) result.text.push(line);
    else result.rows.push(row);
    console.log(`  ${line}`);
  });
  const [code, signal, error] = await new Promise((resolve) => {
    child.on("error", (problem) => resolve([null, null, problem.message]));
    child.on("close", (...how) => resolve(how));
  });
  clearTimeout(timer);
  for (const signal of SIGNALS) process.off(signal, interrupted);
  result.took = Math.round((performance.now() - began) / 1000);
  result.status = late
    ? `stopped after ${seconds} s`
    : code === 0
      ? "done"
      : (error ?? `failed (${signal ?? `exit ${code}`})`);
  if (result.status !== "done") result.text.push(...complaint.trim().split("\n").slice(-12));
  return result;
}

function rowOf(line) {
  try {
    const row = JSON.parse(line);
    return typeof row === "object" && row !== null ? row : undefined;
  } catch {
    return undefined;
  }
}
