// What is done, the most important first, each a process of its own with a time-out.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { caseOf } from "../bench/cases.mjs";
import { referenceArguments } from "../bench/contenders.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Batches of DiRA in two and three dimensions, by case. */
const FULL = ["dira-step:256", "dira-3d:64"];
const QUICK = ["dira-tiny:4", "dira-3d-tiny:2"];

/**
 * @returns of each stage its `name`, `title`, `command` and the `seconds` that it may take.
 */
export function stagesOf({ device, quick, python, results }) {
  const node = (name, ...rest) => [process.execPath, join(here, `${name}.mjs`), ...rest];
  const py = (name, ...rest) => [python, join(here, "..", "python", `${name}.py`), ...rest];
  const how = quick ? ["quick"] : [];
  const cases = quick ? QUICK : FULL;
  const common = ["--device", device, "--python", python, "--results", results];
  const steps = (...rest) =>
    node(
      "steps",
      ...common,
      "--steps",
      quick ? "2" : "10",
      "--warm-up",
      quick ? "1" : "3",
      ...rest,
    );
  const each = cases.flatMap((name) => ["--case", name]);
  const stage = (name, seconds, title, command) => ({ name, title, command, seconds });
  return [
    stage("facts", 60, "The machine", py("facts")),
    stage("build", 420, "The addon", node("build")),
    stage("laws", 240, "Self-check and laws", node("laws", device, ...how)),
    stage("precision", 90, "Beside float32 on the CPU", node("precision", device, ...how)),
    stage("peak", 60, "What the card reaches", py("peak", device, ...how)),
    stage("steps", 400, "Training steps", steps(...each)),
    stage("leaks", 60, "A million small operations", node("leaks", device, ...how)),
    stage("overhead", 60, "An operation's cost", node("overhead", "torch", "nothing")),
    stage("overhead-pytorch", 60, "An operation's cost in PyTorch", py("overhead", device)),
    ...cases.map((given) => profileStage(given, node, device)),
    ...cases.map((given) => profileOfPyTorch(given, py, device)),
    stage("compile", 400, "Training steps with torch.compile", steps("--compile", ...each)),
  ];
}

function profileStage(given, node, device) {
  const [name, batch] = given.split(":");
  const command = node("profile", device, name, batch, device === "cpu" ? "float32" : "bfloat16");
  return { name: `profile-${name}`, title: `Kernels of ours, ${name}`, command, seconds: 120 };
}

function profileOfPyTorch(given, py, device) {
  const [name, batch] = given.split(":");
  const layout = device === "cpu" ? "channels-last" : "bfloat16";
  const [, ...options] = referenceArguments(caseOf(name, Number(batch)), layout, {
    "warm-up": 3,
    device,
  });
  const command = py("profile_step", ...options);
  return {
    name: `profile-pytorch-${name}`,
    title: `Kernels of PyTorch, ${name}`,
    command,
    seconds: 120,
  };
}
