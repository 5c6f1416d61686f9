import type { Command } from "commander";
import { collect, voxels, whole } from "../arguments.ts";
import { setPath } from "../config/index.ts";
import { checkDiscovery, DISCOVERY, PHANTOM_DISCOVERY } from "./config.ts";
import { discover } from "./discover.ts";

interface DiscoverOptions {
  readonly out: string;
  readonly resume?: boolean;
  readonly data?: string;
  readonly kind?: string;
  readonly words?: number;
  readonly neighbours?: number;
  readonly cube?: number[];
  readonly volume?: number[];
  readonly batch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly set: string[];
}

/** Adds `discover` to the program. */
export function addDiscoverCommand(program: Command): void {
  program
    .command("discover")
    .description("discover visual words in CT volumes, the pseudo-labels of DiRA 3D")
    .requiredOption("--out <folder>", "where the run and its words/ go")
    .option("--data <folder>", "volumes: NIfTI, MetaImage, DICOM series, .npy; phantoms without it")
    .option("--kind <name>", "layout of the folder, else every volume in it is a patient's")
    .option("--words <number>", "how many (44)", whole)
    .option("--neighbours <patients>", "training patients of each word, at most (200)", whole)
    .option("--cube <d,h,w>", "voxels of the cubes (32,64,64)", voxels)
    .option("--volume <d,h,w>", "voxels that the auto-encoder sees (64,128,128)", voxels)
    .option("--batch <volumes>", "volumes a step of the auto-encoder (8)", whole)
    .option("--epochs <number>", "epochs of the auto-encoder (100)", whole)
    .option("--steps <number>", "steps of the auto-encoder, instead of epochs", whole)
    .option("--seed <number>", "decides weights, patients, coordinates and cubes (0)", whole)
    .option("--engine <name>", "auto, torch, tensorflow, wasm or cpu")
    .option("--resume", "go on with the run in --out")
    .option(
      "--set <path=value>",
      "any other option, e.g. phantoms=12 or autoEncoder.width=8; repeatable",
      collect,
      [],
    )
    .action(async (options: DiscoverOptions) => {
      const { out, resume, set, volume, batch, epochs, steps, ...given } = options;
      const own = Object.entries({ volume, batch, epochs, steps }).filter(
        ([, value]) => value !== undefined,
      );
      const config: Record<string, unknown> = {
        ...structuredClone(given.data === undefined ? PHANTOM_DISCOVERY : DISCOVERY),
        ...given,
        autoEncoder: { ...DISCOVERY.autoEncoder, ...Object.fromEntries(own) },
      };
      for (const assignment of set) setPath(config, assignment);
      await discover(checkDiscovery(config), out, resume === true);
    });
}
