import type { Command } from "commander";
import { voxels, whole } from "../arguments.ts";
import { setPath } from "../config/set-path.ts";
import {
  batchOption,
  dataOption,
  engineOption,
  epochsOption,
  kindOption,
  outOption,
  resumeOption,
  seedOption,
  setOption,
  type SharedOptions,
  stepsOption,
} from "../shared-options.ts";
import { checkDiscovery, DISCOVERY, PHANTOM_DISCOVERY } from "./config.ts";
import { discover } from "./discover.ts";

type Shared = "out" | "resume" | "data" | "kind" | "batch" | "epochs" | "steps" | "seed";

interface DiscoverOptions extends Pick<SharedOptions, Shared | "engine" | "set"> {
  readonly words?: number;
  readonly neighbours?: number;
  readonly cube?: number[];
  readonly volume?: number[];
}

/** Adds `discover` to the program. */
export function addDiscoverCommand(program: Command): void {
  program
    .command("discover")
    .description("discover visual words in CT volumes, the pseudo-labels of DiRA 3D")
    .addOption(outOption("where the run and its words/ go"))
    .addOption(dataOption("volumes: NIfTI, MetaImage, DICOM series, .npy; phantoms without it"))
    .addOption(kindOption("layout of the folder, else every volume in it is a patient's"))
    .option("--words <number>", "how many (44)", whole)
    .option("--neighbours <patients>", "training patients of each word, at most (200)", whole)
    .option("--cube <d,h,w>", "voxels of the cubes (32,64,64)", voxels)
    .option("--volume <d,h,w>", "voxels that the auto-encoder sees (64,128,128)", voxels)
    .addOption(batchOption("volumes", "volumes a step of the auto-encoder (8)"))
    .addOption(epochsOption("epochs of the auto-encoder (100)"))
    .addOption(stepsOption("steps of the auto-encoder, instead of epochs"))
    .addOption(seedOption("decides weights, patients, coordinates and cubes (0)"))
    .addOption(engineOption())
    .addOption(resumeOption())
    .addOption(setOption("any other option, e.g. phantoms=12 or autoEncoder.width=8"))
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
