// Runs commands of the built `dira` one after another in this process, as told by the parent's messages: what a
// test says with twenty commands needs no twenty starts of Node and of an engine. Answers with exit code and output.
import { fileURLToPath } from "node:url";
import { createProgram, reportFailure } from "../dist/program.js";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
let written = { stdout: "", stderr: "" };

for (const name of ["stdout", "stderr"]) {
  process[name].write = (chunk, encoding, done = encoding) => {
    written[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    if (typeof done === "function") done();
    return true;
  };
}

/** Lets a refusal of arguments be thrown, where the command would end the process. */
function throwRefusals(command) {
  command.exitOverride();
  command.commands.forEach(throwRefusals);
}

async function run(args) {
  written = { stdout: "", stderr: "" };
  process.argv = [process.argv[0], main, ...args];
  process.exitCode = 0;
  const program = createProgram();
  throwRefusals(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (typeof error?.exitCode === "number") process.exitCode = error.exitCode;
    else reportFailure(error);
  }
  return { status: process.exitCode, ...written };
}

process.on("message", async (args) => {
  const ended = await run(args);
  process.exitCode = 0;
  process.send(ended);
});
