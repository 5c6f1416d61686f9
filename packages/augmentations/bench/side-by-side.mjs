// Our transforms beside torchvision's, NumPy's and SciPy's: the same work, one thread each, taking turns.
// Build first. Takes about a minute.
//   node packages/augmentations/bench/side-by-side.mjs [--python /usr/bin/python3] [--rounds 7] [--only dira]
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  affine,
  bezierIntensity,
  diraViews,
  elastic,
  localPixelShuffling,
  sampleOf,
} from "@dira/augmentations";
import { createRandom } from "@dira/random";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "/usr/bin/python3" },
    rounds: { type: "string", default: "7" },
    only: { type: "string", default: "" },
  },
});
const script = fileURLToPath(new URL("side_by_side.py", import.meta.url));
const single = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
const child = spawn(values.python, [script], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, ...single },
});
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

async function ask(task) {
  child.stdin.write(`${JSON.stringify(task)}\n`);
  const answer = JSON.parse((await lines.next()).value);
  if (answer.error !== undefined) throw new Error(`${task.name}: ${answer.error}`);
  return answer;
}

const image = { data: new Uint8Array(512 * 512), shape: [512, 512] };
const pixels = createRandom("image");
for (let i = 0; i < image.data.length; i += 1) image.data[i] = pixels.integer(0, 256);
const cube = { data: new Float32Array(32 * 64 * 64), shape: [32, 64, 64] };
createRandom("cube").fillUniform(cube.data, 0, 1);
const views = diraViews({ size: 224 });
const on = (transform) => (i) => transform(sampleOf(cube), createRandom(0, i));
const turn = [-17, 17];
const cases = [
  {
    name: "DiRA 2D: two views and target, 512² uint8 → 224²",
    key: "dira",
    ours: (i) => views(image, createRandom(0, "augment", 0, i)),
    theirs: { "torchvision, Pillow": "dira_pil", "torchvision, tensors": "dira_tensor" },
    count: 100,
  },
  {
    name: "non-linear Bézier, 64×64×32",
    key: "bezier",
    ours: on(bezierIntensity()),
    theirs: { NumPy: "bezier" },
    count: 10,
  },
  {
    name: "local pixel shuffling, 10,000 blocks, 64×64×32",
    key: "shuffling",
    ours: on(localPixelShuffling({ overlap: "authors" })),
    theirs: { NumPy: "pixel_shuffling" },
    count: 3,
  },
  {
    name: "elastic, 64×64×32",
    key: "elastic",
    ours: on(elastic()),
    theirs: { SciPy: "elastic" },
    count: 3,
  },
  {
    name: "affine, three rotations, 64×64×32",
    key: "affine",
    ours: on(affine({ rotation: [turn, turn, turn] })),
    theirs: { SciPy: "affine" },
    count: 5,
  },
];

function milliseconds(run, count, from) {
  const start = performance.now();
  for (let i = 0; i < count; i += 1) run(from + i);
  return (performance.now() - start) / count;
}
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

const date = new Date().toISOString().slice(0, 10);
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${date}`);
console.log((await ask({ name: "versions" })).versions);
console.log(`one thread each, in turns, medians of ${values.rounds} rounds\n`);
for (const { name, key, ours, theirs, count } of cases) {
  if (values.only !== "" && values.only !== key) continue;
  const times = { ours: [], ...Object.fromEntries(Object.keys(theirs).map((k) => [k, []])) };
  milliseconds(ours, 10 * count, 0); // until it is compiled
  for (let round = 0; round < Number(values.rounds); round += 1) {
    times.ours.push(milliseconds(ours, count, round * count));
    for (const [label, task] of Object.entries(theirs)) {
      times[label].push((await ask({ name: task, count })).ms);
    }
  }
  console.log(name);
  const own = median(times.ours);
  console.log(`  ours: ${own.toFixed(2)} ms (${(1000 / own).toFixed(0)} per second)`);
  for (const label of Object.keys(theirs)) {
    const other = median(times[label]);
    console.log(`  ${label}: ${other.toFixed(2)} ms, ${(other / own).toFixed(2)}× ours`);
  }
}
child.stdin.end();
