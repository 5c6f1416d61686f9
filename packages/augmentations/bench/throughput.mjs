// View pairs per second of one core: `node packages/augmentations/bench/throughput.mjs` (after a build).
import { cpus } from "node:os";
import { diraViews } from "@dira/augmentations";
import { createRandom } from "@dira/random";

const date = new Date().toISOString().slice(0, 10);
console.log(`${cpus()[0].model}, Node ${process.version}, ${date}; one core, best of ten runs`);
for (const side of [280, 384, 512]) {
  const random = createRandom(side);
  const image = {
    data: Uint8Array.from({ length: side * side }, () => random.integer(0, 256)),
    shape: [side, side],
  };
  const views = diraViews({ size: 224 });
  for (let i = 0; i < 60; i += 1) views(image, createRandom(1, i));
  const count = 40;
  // The best of ten: other work on the machine only ever adds time.
  const times = Array.from({ length: 10 }, (_, run) => {
    const start = performance.now();
    for (let i = 0; i < count; i += 1) views(image, createRandom(0, "augment", run % 2, i));
    return (performance.now() - start) / count;
  });
  const pairs = 1000 / Math.min(...times);
  console.log(
    `${side}×${side} uint8 → 224: ${pairs.toFixed(0)} pairs/s = ${(2 * pairs).toFixed(0)} views/s`,
  );
}
