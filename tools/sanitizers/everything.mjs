// A little of all that the torch engine does, for LeakSanitizer: operators, views, updates in place, errors, reads, memory that is lent, a
// group of one process, worker threads that end by themselves and that are ended.
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { engineArray, joinGroup, setComputeType, torchMemory } from "@dira/engine-torch";
import * as tf from "@tensorflow/tfjs";

const OPERATIONS = 3000;

/** A small network's input, parameters and optimiser. */
function createNetwork() {
  return {
    x: tf.randomUniform([4, 16, 16, 2], 0, 1, "float32", 1),
    filter: tf.variable(tf.randomUniform([3, 3, 2, 8], -1, 1, "float32", 2)),
    optimiser: tf.train.adam(1e-3),
  };
}

/** Training, reading what lies otherwise in memory, and what goes wrong on the way. */
function compute({ x, filter, optimiser }, steps) {
  for (let i = 0; i < steps; i += 1) {
    setComputeType(i % 2 === 0 ? "float32" : "bfloat16");
    optimiser.minimize(() =>
      tf.mean(tf.square(tf.maxPool(tf.relu(tf.conv2d(x, filter, 1, "same")), 2, 2, "valid"))),
    );
    tf.tidy(() => tf.transpose(tf.slice(filter, 0, [2, 2, 2, 8])).dataSync());
    tf.tidy(() => refuseProduct(tf.ones([2, 3]), tf.ones([2, 3])));
  }
  setComputeType("float32");
}

function refuseProduct(a, b) {
  try {
    tf.engine().runKernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: false });
  } catch {
    return;
  }
  throw new Error("a product of [2, 3] and [2, 3] was not refused");
}

/** Memory that JavaScript and a tensor share, and reads beside JavaScript. */
async function lend(array) {
  const x = tf.tensor(array.fill(2), [1024, 512]);
  const turned = tf.transpose(x);
  await Promise.all([x.data(), turned.data()]);
  tf.dispose([x, turned]);
}

async function collect() {
  const address = { host: "127.0.0.1", port: 0, rank: 0, size: 1, localRank: 0, attempt: 0 };
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  const group = await joinGroup({ ...address, port, servesStore: true, timeoutMs: 30_000 });
  const own = tf.ones([3]);
  tf.dispose([own, await group.allReduce(own, "mean")]);
  await group.close();
}

await tf.setBackend("torch");
if (isMainThread) {
  const file = new URL(import.meta.url);
  const one = tf.mul(tf.ones([8]), 1);
  for (let i = 0; i < OPERATIONS; i += 1) tf.add(one, one).dispose();
  one.dispose();
  const network = createNetwork();
  compute(network, 2);
  const array = engineArray(1024 * 512);
  await lend(array);
  const { slots } = torchMemory();
  compute(network, 30);
  await lend(array);
  await collect();
  const ending = new Worker(file);
  await new Promise((resolve) => ending.once("exit", resolve));
  const ended = new Worker(file);
  await new Promise((resolve) => ended.once("message", resolve));
  await sleep(50);
  await ended.terminate();
  globalThis.gc?.();
  if (torchMemory().slots !== slots)
    throw new Error(`${torchMemory().slots} tensors are left where ${slots} were`);
} else {
  parentPort.postMessage("begun");
  compute(createNetwork(), 20);
}
