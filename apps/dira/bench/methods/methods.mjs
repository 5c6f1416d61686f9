import { resNet } from "@dira/backbones";
import { createRandom } from "@dira/random";

const wide = ["features=[2048,2048,2048]"];
const queue = ["queueSize=1024", "momentum=0.99"];

/**
 * Methods, how many seeds, and where options differ from the published ones. With 300 steps of 16 images, a queue of
 * 65,536 would keep its random start, and a twin with m = 0.999 three quarters of it; heads of 8192
 * features would take most of the time.
 */
export const METHODS = [
  { name: "moco", seeds: 3, options: queue },
  { name: "barlow-twins", seeds: 3, options: wide },
  { name: "simsiam", seeds: 3, options: [] },
  { name: "simclr", seeds: 1, options: [] },
  { name: "byol", seeds: 1, options: ["momentum=0.99"] },
  { name: "vicreg", seeds: 1, options: wide },
  { name: "nnclr", seeds: 1, options: ["queueSize=1024"] },
  { name: "swav", seeds: 1, options: ["prototypes=256"] },
  { name: "dino", seeds: 1, options: ["prototypes=4096", "momentum=0.99"] },
  { name: "moco-v3", seeds: 1, options: [] },
  { name: "dense-cl", seeds: 1, options: queue },
];

/** Seed by seed, so that what is there first is a whole table of one seed. */
export function runsOf(methods) {
  return [0, 1, 2].flatMap((seed) =>
    methods.filter(({ seeds }) => seed < seeds).map((method) => ({ ...method, seed })),
  );
}

/** The encoder that a seed starts from, as pre-training makes it. */
export const randomEncoder = (seed) =>
  resNet("resnet18", { random: createRandom(seed, "weights").derive("encoder") });
