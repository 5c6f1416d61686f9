import { ENGINE_NAMES, type EngineName } from "@dira/engine";
import { InvalidArgumentError, Option } from "commander";
import { collect, share, sides, whole } from "./arguments.ts";
import { TASKS } from "./finetuning/tasks.ts";

/** An engine that can be asked for. */
type EngineChoice = EngineName | "auto";

/** What the options that several commands take give; a command picks those that it takes. */
export interface SharedOptions {
  readonly out: string;
  readonly resume?: boolean;
  readonly data?: string;
  readonly kind?: string;
  readonly task?: string;
  readonly arch?: string;
  readonly size?: number | number[];
  readonly batch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly engine?: EngineChoice;
  readonly cache?: string;
  readonly workers: number;
  readonly maxUnreadable: number;
  readonly set: string[];
}

/** `--out`, which must be given. */
export function outOption(what: string): Option {
  return new Option("--out <folder>", what).makeOptionMandatory();
}

/** `--resume`. */
export function resumeOption(what: string = "go on with the run in --out"): Option {
  return new Option("--resume", what);
}

/** `--data`. */
export function dataOption(what: string): Option {
  return new Option("--data <folder>", what);
}

/** `--kind` of a folder of images. */
export function kindOption(what: string = "layout of the folder, where it does not tell"): Option {
  return new Option("--kind <name>", what);
}

/** `--task` of fine-tuning; its name is checked with the task's other options. */
export function taskOption(): Option {
  return new Option("--task <name>", Object.keys(TASKS).join(", "));
}

/** `--arch`; checked with the configuration. */
export function archOption(): Option {
  return new Option("--arch <name>", "resnet18, resnet34, resnet50 or u-net");
}

/** `--size` of what a network takes. */
export function sizeOption(of: "views" | "images"): Option {
  const what = `side of the ${of}, or depth,height,width of cubes`;
  return new Option("--size <pixels>", what).argParser(sides);
}

/** `--batch`. */
export function batchOption(
  of: "images" | "volumes" = "images",
  what: string = "images a step",
): Option {
  return new Option(`--batch <${of}>`, what).argParser(whole);
}

/** `--epochs`. */
export function epochsOption(what: string): Option {
  return new Option("--epochs <number>", what).argParser(whole);
}

/** `--steps`. */
export function stepsOption(what: string): Option {
  return new Option("--steps <number>", what).argParser(whole);
}

/** `--seed`. */
export function seedOption(what: string): Option {
  return new Option("--seed <number>", what).argParser(whole);
}

const ENGINES: readonly EngineChoice[] = ["auto", ...ENGINE_NAMES];
const ENGINE_LIST = `${ENGINES.slice(0, -1).join(", ")} or ${ENGINES.at(-1)}`;

/** `--engine`. */
export function engineOption(): Option {
  return new Option("--engine <name>", ENGINE_LIST).argParser((name: string) => {
    const known = ENGINES.find((engine) => engine === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`expected ${ENGINE_LIST}.`);
  });
}

/** `--cache` of decoded images. */
export function cacheOption(what: string = "keep decoded images there for the next run"): Option {
  return new Option("--cache <folder>", what);
}

/** `--workers`. */
export function workersOption(what: string = "reading threads"): Option {
  return new Option("--workers <threads>", what).argParser(whole).default(1);
}

/** `--max-unreadable`. */
export function maxUnreadableOption(): Option {
  const what = "share of the images that may be broken";
  return new Option("--max-unreadable <share>", what).argParser(share).default(0.1);
}

/** `--set` of a configuration's value; each `path=value` is checked where it is set. */
export function setOption(what: string): Option {
  return new Option("--set <path=value>", `${what}; repeatable`).argParser(collect).default([]);
}
