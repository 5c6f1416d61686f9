import type { Command } from "commander";
import { positive, share, sides, whole } from "../arguments.ts";
import { fillCache } from "./fill-cache.ts";
import { inspect } from "./inspect.ts";
import { PHANTOM_LAYOUTS } from "./phantom-layouts/index.ts";
import { preview } from "./preview.ts";
import { split } from "./split.ts";
import { verify } from "./verify.ts";
import { writePhantoms } from "./write-phantoms.ts";

/** Adds `data inspect|verify|split|cache|preview|phantoms` to the program. */
export function addDataCommands(program: Command): void {
  const kind = ["--kind <name>", "layout of the folder, where it does not tell"] as const;
  const data = program.command("data").description("look at, check, divide and prepare images");
  data
    .command("inspect")
    .description("what is in a folder: counts, patients, labels, sizes, spacing, values")
    .argument("<folder>")
    .option(...kind)
    .option("--sample <images>", "how many are read for sizes and values", whole, 64)
    .option("--json", "print as JSON")
    .action(inspect);
  data
    .command("verify")
    .description("read every image and name each that is broken")
    .argument("<folder>")
    .option(...kind)
    .option("--duplicates", "also name images that look alike")
    .option("--workers <threads>", "reading threads", whole, 1)
    .action(verify);
  data
    .command("split")
    .description("divide by patient, with about the same share of each label")
    .argument("<folder>")
    .option(...kind)
    .requiredOption("--out <folder>", "where train_list.txt and so on go")
    .option("--shares <list>", "share of the images by split: train=0.7,val=0.1,test=0.2")
    .option("--folds <number>", "folds of a cross-validation, in folders fold0 and so on", whole)
    .option("--per-image", "each image is another patient's, where the layout does not say")
    .option("--seed <number>", "decides which patients go where", whole, 0)
    .action(split);
  data
    .command("cache")
    .description("decode every image, for pretrain --cache")
    .argument("<folder>")
    .option(...kind)
    .requiredOption("--out <folder>", "where the decoded images go")
    .option("--size <pixels>", "side of the views to be taken", positive, 224)
    .option("--workers <threads>", "reading threads", whole, 1)
    .option("--max-unreadable <share>", "share of the images that may be broken", share, 0.1)
    .action(fillCache);
  data
    .command("preview")
    .description("write a contact sheet of a pipeline: originals, targets, views, masks")
    .argument("[folder]", "phantoms without it")
    .option(...kind)
    .option("--phantoms <kind>", "which phantoms", "chest-xray14")
    .option("--pipeline <name>", "a pipeline of @dira/augmentations", "diraViews")
    .option("--options <json>", "options of the pipeline", "{}")
    .option("--count <images>", "rows", positive, 6)
    .option("--size <pixels>", "side of the views", positive, 224)
    .option("--seed <number>", "decides the transforms", whole, 0)
    .option("--out <file>", "the picture", "preview.png")
    .action(preview);
  data
    .command("phantoms")
    .description("write phantoms in the layout of a data set, to try the others with")
    .option("--kind <name>", Object.keys(PHANTOM_LAYOUTS).join(", "), "chest-xray14")
    .requiredOption("--out <folder>", "a new folder")
    .option("--count <images>", "X-rays, volumes or cubes; by default the kind's", positive)
    .option(
      "--size <pixels>",
      "side of X-rays, or depth,height,width of volumes; by default the kind's",
      sides,
    )
    .option("--seed <number>", "decides the images", whole, 0)
    .action(writePhantoms);
}
