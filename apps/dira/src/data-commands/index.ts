import type { Command } from "commander";
import { positive, sides, whole } from "../arguments.ts";
import {
  kindOption,
  maxUnreadableOption,
  outOption,
  seedOption,
  workersOption,
} from "../shared-options.ts";
import { fillCache } from "./fill-cache.ts";
import { inspect } from "./inspect.ts";
import { PHANTOM_LAYOUTS } from "./phantom-layouts/index.ts";
import { preview } from "./preview.ts";
import { split } from "./split.ts";
import { verify } from "./verify.ts";
import { writePhantoms } from "./write-phantoms.ts";

/** Adds `data inspect|verify|split|cache|preview|phantoms` to the program. */
export function addDataCommands(program: Command): void {
  const data = program.command("data").description("look at, check, divide and prepare images");
  data
    .command("inspect")
    .description("what is in a folder: counts, patients, labels, sizes, spacing, values")
    .argument("<folder>")
    .addOption(kindOption())
    .option("--sample <images>", "how many are read for sizes and values", whole, 64)
    .option("--json", "print as JSON")
    .action(inspect);
  data
    .command("verify")
    .description("read every image and name each that is broken")
    .argument("<folder>")
    .addOption(kindOption())
    .option("--duplicates", "also name images that look alike")
    .addOption(workersOption())
    .action(verify);
  data
    .command("split")
    .description("divide by patient, with about the same share of each label")
    .argument("<folder>")
    .addOption(kindOption())
    .addOption(outOption("where train_list.txt and so on go"))
    .option("--shares <list>", "share of the images by split: train=0.7,val=0.1,test=0.2")
    .option("--folds <number>", "folds of a cross-validation, in folders fold0 and so on", whole)
    .option("--per-image", "each image is another patient's, where the layout does not say")
    .addOption(seedOption("decides which patients go where").default(0))
    .action(split);
  data
    .command("cache")
    .description("decode every image, for pretrain --cache")
    .argument("<folder>")
    .addOption(kindOption())
    .addOption(outOption("where the decoded images go"))
    .option("--size <pixels>", "side of the views to be taken", positive, 224)
    .addOption(workersOption())
    .addOption(maxUnreadableOption())
    .action(fillCache);
  data
    .command("preview")
    .description("write a contact sheet of a pipeline: originals, targets, views, masks")
    .argument("[folder]", "phantoms without it")
    .addOption(kindOption())
    .option("--phantoms <kind>", "which phantoms", "chest-xray14")
    .option("--pipeline <name>", "a pipeline of @dira/augmentations", "diraViews")
    .option("--options <json>", "options of the pipeline", "{}")
    .option("--count <images>", "rows", positive, 6)
    .option("--size <pixels>", "side of the views", positive, 224)
    .addOption(seedOption("decides the transforms").default(0))
    .option("--out <file>", "the picture", "preview.png")
    .action(preview);
  data
    .command("phantoms")
    .description("write phantoms in the layout of a data set, to try the others with")
    .option("--kind <name>", Object.keys(PHANTOM_LAYOUTS).join(", "), "chest-xray14")
    .addOption(outOption("a new folder"))
    .option("--count <images>", "X-rays, volumes or cubes; by default the kind's", positive)
    .option(
      "--size <pixels>",
      "side of X-rays, or depth,height,width of volumes; by default the kind's",
      sides,
    )
    .addOption(seedOption("decides the images").default(0))
    .action(writePhantoms);
}
