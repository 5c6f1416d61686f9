// Small faults for mutations.mjs: per loss its source, its test (and the start of its tests' names), and ten or
// more changes of its text, each `[what, from, to]` or `[what, from, to, file]`, where `from` stands once in the
// file.
import { contrastive } from "./contrastive.mjs";
import { redundancy } from "./redundancy.mjs";
import { distillation } from "./distillation.mjs";
import { clusters } from "./clusters.mjs";

export const faults = { ...contrastive, ...redundancy, ...distillation, ...clusters };
