// Phantoms per second of one core: `node packages/data/bench/phantoms.mjs` (after a build).
import { cpus } from "node:os";
import { phantomBrainMr, phantomChestCt, phantomChestXray, phantomSet } from "@dira/data";

const date = new Date().toISOString().slice(0, 10);
console.log(`${cpus()[0].model}, Node ${process.version}, ${date}; one core, best of forty runs`);

async function report(name, count, draw) {
  for (let i = 0; i < 4 * count; i += 1) await draw(i);
  // The best of forty short runs: other work on the machine only ever adds time.
  let best = Infinity;
  for (let run = 0; run < 40; run += 1) {
    const start = performance.now();
    for (let i = 0; i < count; i += 1) await draw(run * count + i);
    best = Math.min(best, (performance.now() - start) / count);
  }
  console.log(`${name}: ${(1000 / best).toFixed(best < 20 ? 0 : 1)} per second`);
}

for (const size of [224, 256, 512]) {
  await report(`X-ray, ${size} × ${size}`, 10, (index) =>
    phantomChestXray({ seed: 1, index, size }),
  );
}
await report("chest CT, 64 × 64 × 32", 4, (index) => phantomChestCt({ seed: 1, index }));
await report("brain MR, 64 × 64 × 32", 4, (index) => phantomBrainMr({ seed: 1, index }));
for (const kind of ["luna", "pe-cad", "lidc", "lits"]) {
  const set = phantomSet({ kind, count: 1e6, seed: 1, size: [32, 64, 64] });
  await report(`${kind}, 64 × 64 × 32`, 4, (index) => set.read(index));
}
