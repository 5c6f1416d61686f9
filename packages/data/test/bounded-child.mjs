// Trains on patches of many chest CTs with a cache that holds few of them, and prints what they held: run by
// bounded-memory.test.ts in a process of its own.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { batchMaker, cacheImages, groupedSampler, phantomSet, viewLoader } from "@dira/data";

/** So many CTs: one phantom, each time a little brighter. */
export function manyChests(count, size) {
  const base = phantomSet({ kind: "chest-ct", count: 1, seed: 0, size });
  return {
    name: "many chests",
    length: count,
    spatialRank: 3,
    id: (index) => `chest-${index}`,
    stamp: async (index) => `chest-${index}`,
    source: { module: import.meta.url, name: "manyChests", args: [count, size] },
    read: async (index) => {
      const scan = await base.read(0);
      return { ...scan, data: scan.data.map((value) => value + index) };
    },
  };
}

async function main({ count, size, held, folder }) {
  const volumes = { window: [-1000, 1000], atLeast: size };
  const one = 2 * size.reduce((a, b) => a * b, 1);
  const [maxBytes, maxDiskBytes] = [held * one, 3 * held * one];
  const maker = batchMaker(1);
  const set = manyChests(count, size);
  const cache = await cacheImages(set, { volumes, maxBytes, maker, folder, maxDiskBytes });
  const sampler = groupedSampler({ count, seed: 1, repeats: 2, group: held });
  const patch = { size: size.map((side) => side / 2), above: 0.425, tissue: [0.15, 1] };
  const args = [{ name: "gaussianNoise", args: [{ std: [0, 0.01] }] }, { patch }];
  const pipeline = { module: "@dira/data", name: "samplePipeline", args };
  const loader = viewLoader({ cache, maker, batchSize: held, seed: 1, pipeline, sampler });
  const [bytes, disk] = [[], []];
  const batches = loader.from(0);
  for (let step = 0; step < loader.stepsPerEpoch; step += 1) {
    await batches.next();
    bytes.push(cache.bytes());
    if (step % 10 === 0) disk.push(stored(folder));
  }
  await maker.close();
  return { bytes, disk, maxBytes, maxDiskBytes, usable: cache.usable.length };
}

function stored(folder) {
  const objects = readdirSync(join(folder, "objects"), { recursive: true, withFileTypes: true });
  return objects
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

const given = process.argv[2];
if (given !== undefined) process.stdout.write(JSON.stringify(await main(JSON.parse(given))));
