// The process of addon.test.ts: `node addon-child.mjs ADDON SEED RUNS LOG [METHOD,…]` calls the addon's methods, all or those
// named, with what they don't expect. Each call is written down before it is made, so that after a crash the last line says which
// it was. Prints how many calls there were, and how many of them were refused.
import { openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import fc from "fast-check";

const [file, seed, numRuns, log, names] = process.argv.slice(2);
const native = createRequire(import.meta.url)(file);
const methods = names?.split(",") ?? Object.keys(native);
const callable = methods.filter((name) => typeof native[name] === "function");
const lines = openSync(log, "w");
const FLOAT32 = 6;
const OPERATORS = ["add.Tensor", "sum", "expand", "cat", "permute", "index.Tensor", "clone", "exp"];

const tensor = () => native.write(new Float32Array([1, 2, 3, 4, 5, 6]), FLOAT32, [2, 3]);
const freed = () => {
  const slot = tensor();
  native.release(slot);
  return slot;
};
/** More than a table of operators grows by at once. */
const openMany = () => {
  for (const name of ["sin", "cos", "tan", "abs", "neg", "sqrt", "relu", "tanh", "erf", "floor"])
    for (const overload of ["", ".out"]) native.open(name + overload);
};
/** An array whose first element is computed when it is asked for. */
const computed = (get, rest = []) => Object.defineProperty([0, ...rest], 0, { get });
const fail = () => {
  throw new Error("not to be had");
};
const detached = () => {
  const { buffer } = new Float32Array(6);
  const view = new Float32Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return view;
};

/** What makes an argument; made anew for each call, since some are used up. */
const makers = [
  ...[
    NaN,
    Infinity,
    -Infinity,
    -1,
    -0,
    0,
    1,
    2,
    3,
    0.5,
    1e308,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
  ],
  ...[
    undefined,
    null,
    true,
    false,
    1n,
    Symbol("s"),
    "",
    "\0",
    "\ud800",
    "cpu",
    "cpu:99",
    "no such",
  ],
  ...[
    [],
    [0, 1],
    [1, 0],
    [2, 3],
    [2 ** 40, 2 ** 40],
    [2 ** 53],
    [-1],
    [NaN],
    ["2"],
    [[1]],
    [null],
    Array(1),
  ],
  ...[{}, { length: 2 }, Array.prototype.map, new Proxy([2, 3], {}), new Proxy({}, { get: fail })],
  ...[{ valueOf: fail }, new Date(0), new Array(2 ** 32 - 1), "x".repeat(1e6), ...OPERATORS],
]
  .map((value) => () => value)
  .concat([
    ...[
      tensor,
      freed,
      detached,
      () => [tensor()],
      () => [freed(), tensor()],
      () => Array(1e5).fill(1),
    ],
    ...OPERATORS.map((name) => () => native.open(name)),
    ...[() => new Float32Array(6), () => new Float64Array(6), () => new BigInt64Array(3)],
    ...[() => new Float32Array(new SharedArrayBuffer(24)), () => new DataView(new ArrayBuffer(24))],
    ...[() => new Float32Array(new ArrayBuffer(24, { maxByteLength: 48 })), () => Buffer.alloc(24)],
    ...[() => new ArrayBuffer(24), () => new Uint8Array(new ArrayBuffer(48), 7, 24)],
    ...[() => computed(fail), () => computed(() => (openMany(), 0), [1])],
    ...[() => computed(() => tensor()), () => computed(() => native.memory().slots)],
  ]);

/** Objects of another realm, that this process can't print, are printed as what they are. */
const printed = (value) => {
  try {
    return inspect(value, {
      depth: 1,
      breakLength: Infinity,
      maxArrayLength: 4,
      maxStringLength: 40,
      getters: false,
    });
  } catch {
    return "what can't be printed";
  }
};

let [calls, refused] = [0, 0];

function attempt(name, args) {
  writeSync(lines, `${name}(${args.map(printed).join(", ")})\n`);
  calls += 1;
  try {
    // What is refused later is so too.
    Promise.resolve(native[name](...args)).catch(() => undefined);
  } catch (error) {
    refused += 1;
    const { message } = error;
    if (!(error instanceof Error) || message === "" || message.includes("\n"))
      throw new Error(`${name}: not an error of one line: ${message}`, { cause: error });
  }
}

/** That it still does what it should. */
function expectAlive() {
  native.setDevice("cpu");
  const slot = tensor();
  const values = [...new Float32Array(native.read(slot))];
  native.release(slot);
  if (values.join() !== "1,2,3,4,5,6") throw new Error(`the addon now gives ${values.join()}`);
}

/** What some methods take, so that one wrong argument among right ones is met too. */
const right = {
  open: [() => "add.Tensor"],
  call: [() => native.open("sum.dim_IntList"), tensor, () => [0, 1], () => false],
  release: [tensor],
  describe: [tensor],
  write: [() => new Float32Array(6), () => FLOAT32, () => [2, 3]],
  read: [tensor],
  lend: [() => 64],
  isContiguous: [tensor],
  arrange: [tensor, () => [1, 0]],
  align: [tensor, tensor],
  makeAlone: [tensor],
  setDevice: [() => "cpu"],
  setTf32: [() => true],
};

const wrong = fc.constantFrom(...makers);
const call = fc.constantFrom(...callable).chain((name) => {
  const args = (right[name] ?? []).map((make) => fc.oneof(fc.constant(make), wrong));
  return fc.record({
    name: fc.constant(name),
    args: fc.oneof(fc.tuple(...args), fc.array(wrong, { maxLength: 6 })),
  });
});
fc.assert(
  fc.property(fc.array(call, { minLength: 1, maxLength: 20 }), (sequence) => {
    for (const { name, args } of sequence)
      attempt(
        name,
        args.map((make) => make()),
      );
    expectAlive();
  }),
  { seed: Number(seed), numRuns: Number(numRuns), endOnFailure: true },
);
console.log(JSON.stringify({ calls, refused }));
process.exit(0);
