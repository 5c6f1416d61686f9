// One of the processes of collectives.test.ts: joins the group that the environment names, does what its scenario says and
// prints, as JSON, what came of it.
import { setTimeout as sleep } from "node:timers/promises";
import { joinGroup, setComputeType } from "@dira/engine-torch";
import * as tf from "@tensorflow/tfjs";

const scenario = process.argv[2];
const limits = JSON.parse(process.argv[3]);

/** What a promise was refused with. */
function refusal(promise) {
  return promise.then(
    () => "none",
    (error) => error.message,
  );
}

async function values(tensors) {
  return Promise.all([tensors].flat().map((tensor) => tensor.array()));
}

/** Each collective on each kind of tensor. */
async function compute(group) {
  const { rank } = group;
  const x = tf.tensor2d([rank, 1, 2, 3 * rank, 4, 5], [2, 3]);
  const ids = tf.tensor1d([rank, 16_777_217], "int32");
  const reduced = {};
  for (const how of ["sum", "mean", "min", "max"])
    reduced[how] = await (await group.allReduce(x, how)).array();
  const empty = await group.allGather(tf.zeros([0, 3]));
  return {
    reduced,
    transposed: await values(await group.allReduce(tf.transpose(x))),
    scalar: await values(await group.allReduce(tf.scalar(rank))),
    ids: await values(await group.allReduce(ids)),
    all: await values(await group.allReduce(tf.tensor1d([rank, 1], "bool"), "min")),
    complex: await values(tf.imag(await group.allReduce(tf.complex([0], [rank]), "mean"))),
    fromLast: await values(await group.broadcast(ids, group.size - 1)),
    gathered: await values(await group.allGather(tf.tensor1d([rank + 0.5]))),
    flags: await values(await group.allGather(tf.tensor1d([rank, 1], "bool"))),
    empty: [...empty, await group.allReduce(tf.zeros([0]))].map(({ shape }) => shape),
  };
}

/** Calls that do not fit, then one that does. */
async function disagree(group) {
  const { rank } = group;
  const x = tf.tensor1d([1, 2]);
  return [
    await refusal(group.allReduce(tf.zeros([rank + 1]))),
    await refusal(group.allReduce(rank === 0 ? x : x.toInt())),
    await refusal(rank === 0 ? group.barrier() : group.broadcast(x)),
    await refusal(group.allReduce(x.toInt(), "mean")),
    await refusal(group.broadcast(x, 2)),
    await values(await group.allReduce(x)),
  ];
}

/** Calls that one rank can't make, then calls that all can. */
async function refuse(group) {
  const last = group.rank === group.size - 1;
  const x = tf.tensor1d([1, 2]);
  const gone = tf.scalar(1);
  gone.dispose();
  const deep = tf.zeros(Array(9).fill(1));
  return [
    await refusal(group.allReduce(last ? gone : x)),
    await refusal(group.broadcast(last ? 5 : x)),
    await refusal(group.allGather(last ? tf.tensor(["a"]) : x)),
    await refusal(group.allReduce(x, last ? "most" : "sum")),
    await refusal(group.allReduce(last ? deep : x)),
    await refusal(group.allReduce(deep)),
    await values(await group.allReduce(x)),
  ];
}

/** What products give in bfloat16, which has no 257: of the last rank, then of both. */
async function narrow(group) {
  const last = group.rank === group.size - 1;
  const results = [];
  for (const type of ["float32", "bfloat16"]) {
    setComputeType(last ? "bfloat16" : type);
    const x = tf.matMul([[last ? 256 : 1]], [[1]]);
    results.push(await group.allReduce(x), await group.broadcast(x), ...(await group.allGather(x)));
  }
  return (await values(results)).flat(2);
}

/** What TensorFlow.js's CPU has. */
async function elsewhere(group) {
  await tf.setBackend("cpu");
  const sum = await group.allReduce(tf.tensor1d([group.rank, 1]));
  return [...sum.dataSync()];
}

/** Rank 0 comes late, where another has tried in vain. */
async function tryEarly() {
  if (process.env["RANK"] === "0") await sleep(1500);
  else return refusal(joinGroup({ ...limits, rendezvousMs: 300 }));
}

/** Tries again while the first group keeps the store: after it came too early, then after it could not connect. */
async function retry(group) {
  const early = await tryEarly();
  const wrong = group.rank === 0 ? {} : { GLOO_SOCKET_IFNAME: "none" };
  Object.assign(process.env, wrong);
  const unconnected = await refusal(joinGroup({ ...limits, rendezvousMs: 3000 }));
  for (const name of Object.keys(wrong)) delete process.env[name];
  if (group.rank !== 0) await sleep(1000);
  const second = await joinGroup(limits);
  const sum = await values(await second.allReduce(tf.scalar(1)));
  await second.close();
  return { early, unconnected, sum };
}

/** The last rank comes late; tensors are disposed of at once. */
async function wait(group) {
  const last = group.rank === group.size - 1;
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  if (last) await sleep(1000);
  const before = tf.memory().numTensors;
  ticks = 0;
  const start = performance.now();
  const asked = tf.tidy(() => [1, 2, 3].map((x) => group.allReduce(tf.fill([100_000], x))));
  await group.barrier();
  const [waited, ticked] = [performance.now() - start, ticks];
  clearInterval(timer);
  const sums = await Promise.all(asked);
  const maxima = sums.map((sum) => tf.tidy(() => tf.max(sum).arraySync()));
  tf.dispose(sums);
  return { waited, ticked, maxima, leaked: tf.memory().numTensors - before };
}

/** The last rank does not take part, in one way or another. */
async function alone(group, last) {
  if (group.rank === group.size - 1) return last();
  const start = performance.now();
  const errors = [await refusal(group.allReduce(tf.zeros([1000]))), await refusal(group.barrier())];
  return { errors, ms: performance.now() - start };
}

const scenarios = {
  compute,
  disagree,
  refuse,
  narrow,
  elsewhere,
  retry,
  wait,
  dies: (group) => alone(group, () => process.kill(process.pid, "SIGKILL")),
  hangs: (group) => alone(group, () => sleep(6000)),
  exits: async (group) => {
    // Node ends while its collective still waits for the others.
    if (group.rank === 0) setTimeout(() => process.exit(0), 300);
    return group.rank === 0 ? group.barrier() : sleep(1500);
  },
};

let outcome;
let ticks = 0;
const timer = setInterval(() => (ticks += 1), 20);
try {
  if (scenario === "retry") await tryEarly();
  const group = await joinGroup(limits);
  await tf.setBackend("torch");
  outcome = { result: await scenarios[scenario](group) };
  if (process.env["CLOSES"] === "yes") await group.close();
} catch (error) {
  outcome = { error: error.message, ms: performance.now(), ticks };
  // What was left waiting may still hear something.
  if (scenario === "mute") await sleep(2000);
}
clearInterval(timer);
console.log(JSON.stringify(outcome));
