// Milliseconds and peak memory of InfoNCE, forward and backward, with a queue of 65,536 and 128
// features, on `tensorflow`: `node packages/objectives/bench/info-nce.mjs blocks|plain [batch]` (after
// `npm run setup`). `plain` is the formula in basic operations. info_nce.py is the same in PyTorch.
import { cpus } from "node:os";
import { startEngine } from "@dira/engine";
import { infoNce, randomQueue } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { l2Normalize } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

const [way = "blocks", batch = "256"] = process.argv.slice(2);
const { reason } = await startEngine("tensorflow");
console.log(`${cpus()[0].model}, ${reason}; ${way}, batch ${batch}`);
const [queries, keys] = [1, 2].map((seed) =>
  tf.randomNormal([Number(batch), 128], 0, 1, "float32", seed),
);
const queue = randomQueue(65536, 128, createRandom("bench"));

function plain(x) {
  const q = l2Normalize(x);
  const positive = tf.sum(tf.mul(q, l2Normalize(keys)), 1, true);
  const logits = tf.div(tf.concat([positive, tf.matMul(q, queue, false, true)], 1), 0.2);
  return tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.div(tf.squeeze(positive, [1]), 0.2)));
}

const loss = way === "plain" ? plain : (x) => infoNce(x, keys, queue);
const before = process.memoryUsage.rss();
const times = Array.from({ length: 12 }, () => {
  const start = performance.now();
  tf.dispose(tf.valueAndGrad(loss)(queries));
  return performance.now() - start;
}).sort((a, b) => a - b);
const grown = process.resourceUsage().maxRSS * 1024 - before;
console.log(
  `best ${times[0].toFixed(1)} ms, median ${times[6].toFixed(1)} ms, ${(grown / 1e6).toFixed(0)} MB at most`,
);
