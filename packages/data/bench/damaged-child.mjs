// Reads damaged files of one format; started by damaged-files.mjs, which watches it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readScan } from "@dira/data";
import { createRandom } from "@dira/random";
import { damage, goodFiles } from "./damage.mjs";

const { format, count, seed, folder, maxBytes, maxSeconds } = JSON.parse(process.argv[2]);
const good = await goodFiles(format, join(folder, "good"));
const contents = good.map(({ path, damaged = path }) => readFileSync(damaged));
for (const { path } of good) await readScan(path, { maxBytes, maxSeconds });

const counts = { read: 0, error: 0, other: 0 };
let slowest = 0;
const bad = join(folder, "bad");
mkdirSync(bad, { recursive: true });
for (let i = 0; i < count; i += 1) {
  const random = createRandom(seed).derive(format, i);
  const draw = () => random.uniform();
  const which = i % good.length;
  const { path, damaged = path, layer } = good[which];
  // A file that goes with the damaged one is there as it was.
  if (damaged !== path) writeFileSync(join(bad, basename(path)), readFileSync(path));
  writeFileSync(join(bad, basename(damaged)), damage(contents[which], layer, draw));
  process.send({ at: i });
  const started = performance.now();
  try {
    const { data, shape } = await readScan(join(bad, basename(path)), { maxBytes, maxSeconds });
    const pixels = shape.reduce((product, side) => product * side, 1);
    if (pixels !== data.length)
      throw new TypeError(`[${shape.join(", ")}] has ${data.length} pixels`);
    counts.read += 1;
  } catch (error) {
    if (error?.name === "ImageError" && error.message.includes(bad)) counts.error += 1;
    else {
      counts.other += 1;
      process.send({ failure: `${format} ${i}: ${error?.stack ?? error}` });
    }
  }
  slowest = Math.max(slowest, performance.now() - started);
}
const peak = process.resourceUsage().maxRSS / 1024;
process.send({ done: { format, ...counts, slowest: Math.round(slowest), peak: Math.round(peak) } });
