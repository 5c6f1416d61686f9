// `node tools/bench/convolutions.mjs`: every convolution of the ResNet-18 U-Net (224×224) and of the 3D U-Net
// (64×64×32), one image each, on the wasm engine: its own kernels beside those of @dira/portable-kernels, in
// GFLOP/s, the best of some runs. Writes docs/benchmarks/convolutions.md. Takes some minutes on one core.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { resNet, uNetEncoder } from "@dira/backbones";
import { uNetDecoder } from "@dira/decoder";
import { startEngine } from "@dira/engine";
import { registerKernels } from "@dira/portable-kernels";
import { createRandom } from "@dira/random";
import { meanSquaredError, valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";
import { format } from "prettier";

const { reason } = await startEngine("wasm");
const backend = tf.backend();
const stock = Object.fromEntries(
  [
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv3D",
    "Conv3DBackpropInputV2",
    "Conv3DBackpropFilterV2",
  ].map((name) => [name, tf.getKernel(name, "wasm").kernelFunc]),
);
registerKernels("wasm");

const random = createRandom("bench");
const networks = {
  "ResNet-18 U-Net": () => [resNet("resnet18", { inChannels: 3, random }), [224, 224], "smp"],
  "3D U-Net": () => [uNetEncoder({ random }), [64, 64, 32], "genesis"],
};

/** The distinct convolutions of a training step, by their shapes. */
function convolutionsOf([encoder, size, design]) {
  const decoder = uNetDecoder({ encoder, design, random });
  const seen = new Map();
  const names = ["DiraConv2d", "DiraConv3d"];
  const own = names.map((name) => tf.getKernel(name, "wasm"));
  const note = ({ x, filter }, { stride, padding }) => {
    const found = { x: x.shape, filter: filter.shape, stride, padding };
    seen.set(JSON.stringify(found), found);
  };
  for (const kernel of own) {
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => (note(call.inputs, call.attrs), kernel.kernelFunc(call)),
    });
  }
  tf.tidy(() => {
    const x = tf.randomUniform([1, ...size, design === "smp" ? 3 : 1]);
    const loss = () => {
      const y = decoder.apply(encoder.apply(x, "train"), "train");
      return meanSquaredError(y, tf.zerosLike(y));
    };
    valueAndGradients(loss, Object.values({ ...encoder.parameters, ...decoder.parameters }));
  });
  for (const kernel of own) {
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
  return [...seen.values()];
}

/** Milliseconds of the best run; few where one takes long. */
function best(run) {
  let least = Infinity;
  const start = performance.now();
  for (let i = 0; i < 20 && (i < 2 || performance.now() - start < 400); i += 1) {
    const before = performance.now();
    const made = run();
    const took = performance.now() - before;
    least = Math.min(least, took);
    backend.disposeData(made.dataId);
    if (took > 2000) break;
  }
  return least;
}

const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
const rate = (flop, ms) => flop / ms / 1e6;
const run = (kernelFunc, inputs, attrs) => () => kernelFunc({ inputs, attrs, backend });
const ours = (name, inputs, attrs) => run(tf.getKernel(name, "wasm").kernelFunc, inputs, attrs);

/** GFLOP/s of the three passes, before and with ours, and of the engine's own 2D forward pass. */
function measure({ x: xShape, filter: filterShape, stride, padding }) {
  const rank = stride.length;
  const output = stride.map(
    (s, i) => Math.floor((xShape[i + 1] + 2 * padding[i] - filterShape[i]) / s) + 1,
  );
  const [channels, outChannels] = filterShape.slice(-2);
  const flop = 2 * product(output) * product(filterShape);
  const [x, filter, dy] = [xShape, filterShape, [1, ...output, outChannels]].map((shape) =>
    tf.randomNormal(shape),
  );
  const attrs = { stride, padding };
  const after = [
    ours(`DiraConv${rank}d`, { x, filter }, attrs),
    ours(`DiraConv${rank}dInputGrad`, { dy, filter }, { ...attrs, shape: xShape }),
    ours(`DiraConv${rank}dFilterGrad`, { x, dy }, { ...attrs, shape: filterShape }),
  ].map((f) => rate(flop, best(f)));
  const measured =
    rank === 2 ? flop : 2 * product(output.map((n) => Math.min(8, n))) * product(filterShape);
  const before = tf.tidy(() =>
    beforeOf({ x, filter, dy, stride, padding }).map((f) => f && rate(measured, best(f))),
  );
  // The engine's own rate: in 3D, that of a 3×3 convolution of the same channels, slice by slice.
  const own = rank === 2 ? before[0] : ownRate(xShape, channels, outChannels);
  tf.dispose([x, filter, dy]);
  return { before, after, own, flop };
}

/** The engine's own passes and their FLOP. Its volumes are slow, at any size: a part of each is enough. */
function beforeOf({ x, filter, dy, stride, padding }) {
  const pad = [[0, 0], ...padding.map((p) => [p, p]), [0, 0]];
  const dilations = stride.map(() => 1);
  if (stride.length === 2) {
    const attrs = { strides: stride, pad, dataFormat: "NHWC", dilations };
    return [
      run(stock.Conv2D, { x, filter }, attrs),
      run(stock.Conv2DBackpropInput, { dy, filter }, { ...attrs, inputShape: x.shape }),
      undefined,
    ];
  }
  const part = stride.map((_, axis) => Math.min(8, dy.shape[axis + 1]));
  const edge = part.map((n, axis) => (n - 1) * stride[axis] + filter.shape[axis]);
  const padded = tf.slice(tf.pad(x, pad), [0, 0, 0, 0, 0], [1, ...edge, x.shape[4]]);
  dy = tf.slice(dy, [0, 0, 0, 0, 0], [1, ...part, dy.shape[4]]);
  const attrs = { strides: stride, pad: "valid", dataFormat: "NDHWC", dilations };
  return [
    run(stock.Conv3D, { x: padded, filter }, attrs),
    run(stock.Conv3DBackpropInputV2, { dy, filter }, { ...attrs, inputShape: padded.shape }),
    run(stock.Conv3DBackpropFilterV2, { x: padded, dy }, { ...attrs, filterShape: filter.shape }),
  ];
}

function ownRate([, depth, height, width], channels, outChannels) {
  const x = tf.randomNormal([depth, height, width, channels]);
  const filter = tf.randomNormal([3, 3, channels, outChannels]);
  const attrs = { strides: [1, 1], pad: "same", dataFormat: "NHWC", dilations: [1, 1] };
  const flop = 2 * depth * height * width * product(filter.shape);
  const found = rate(flop, best(run(stock.Conv2D, { x, filter }, attrs)));
  tf.dispose([x, filter]);
  return found;
}

const number = (value) => (value === undefined ? "none" : value.toFixed(value < 10 ? 1 : 0));
const lines = [];
for (const [name, build] of Object.entries(networks)) {
  lines.push(
    `\n## ${name}\n`,
    "| input | filter | stride | GFLOP | before: forward, input's, filter's gradient | own rate | now: forward, input's, filter's gradient | least share of own rate |",
    "| --- | --- | --- | ---: | --- | ---: | --- | ---: |",
  );
  for (const c of convolutionsOf(build())) {
    const { before, after, own, flop } = measure(c);
    const cells = [
      c.x.slice(1).join("×"),
      c.filter.join("×"),
      c.stride[0],
      (flop / 1e9).toFixed(2),
      before.map(number).join(", "),
      number(own),
      after.map(number).join(", "),
      `${Math.round((100 * Math.min(...after)) / own)} %`,
    ];
    console.log(cells.join("  "));
    lines.push(`| ${cells.join(" | ")} |`);
  }
}
const date = new Date().toISOString().slice(0, 10);
const head = `# Convolutions on wasm

\`node tools/bench/convolutions.mjs\`, ${date}: GFLOP/s, the best of some runs of one image, on one core of
${cpus()[0].model.trim()}, Node ${process.version.slice(1)}, ${reason.split(",")[0]}. Before: the engine's own kernels
("none" where it has none; its gradients of volumes are also wrong, and measured on 8×8×8 outputs). Own rate: its own forward pass, which is
XNNPACK's; for volumes, that of a 3×3 convolution with the same channels over all slices.
`;
const path = fileURLToPath(new URL("../../docs/benchmarks/convolutions.md", import.meta.url));
writeFileSync(path, await format([head.trimEnd(), ...lines].join("\n"), { parser: "markdown" }));
process.exit(0);
