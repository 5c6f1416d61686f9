// Reads every volume of a folder once through a worker, as cacheImages does, and says what memory it took.
import { batchMaker, cacheImages, scanFolder } from "@dira/data";

const [folder, maxBytes] = [process.argv[2], Number(process.argv[3])];
const maker = batchMaker(1);
const set = scanFolder(folder);
const before = process.memoryUsage().rss;
let most = 0;
await cacheImages(set, {
  maxBytes,
  maker,
  volumes: { window: [-1000, 1000] },
  onImage: () => (most = Math.max(most, process.memoryUsage().rss)),
});
await maker.close();
console.log(JSON.stringify({ volumes: set.length, grown: most - before }));
