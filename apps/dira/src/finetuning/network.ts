import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Encoder, resNet, uNetEncoder } from "@dira/backbones";
import { type Decoder, uNetDecoder } from "@dira/decoder";
import { decodeSafetensors, type Module, type Variables } from "@dira/nn";
import { createRandom } from "@dira/random";
import type { FeatureMap } from "@dira/tensor";
import {
  classifier,
  type Classifier,
  describeReport,
  loadPretrained,
  segmenter,
} from "@dira/transfer";
import type * as tf from "@tensorflow/tfjs";
import { readConfig } from "../config/index.ts";
import { UsageError } from "../usage-error.ts";
import type { FinetuneConfig } from "./config.ts";

/** The network of a task. */
export interface TaskNetwork {
  readonly encoder: Encoder;
  readonly network: Module<FeatureMap, tf.Tensor>;
  /** The network of a task of labels, with its parts. */
  readonly classifier?: Classifier;
}

/**
 * Builds the network of a task, initialised from its seed, then from the pre-trained weights, and says what was taken.
 *
 * @param outputs - labels or structures.
 */
export function buildNetwork(config: FinetuneConfig, outputs: number): TaskNetwork {
  const { spatialRank, target, frozenNorm } = config;
  const random = createRandom(config.seed, "weights");
  const encoder = encoderOf(config, spatialRank === 2 ? 3 : 1);
  const weights = weightsOf(config);
  const { leastCoverage, part } = config.init;
  const take = (variables: Variables, what: string, prefixes?: readonly string[]): void => {
    if (weights === undefined) return;
    const options = { leastCoverage, name: weights.path, ...(prefixes && { prefixes }) };
    const report = loadPretrained(variables, weights.tensors, options);
    console.log(`init: ${what} from ${weights.path}: ${describeReport(report)}`);
  };
  take({ ...encoder.parameters, ...encoder.buffers }, "encoder");
  if (target.kind === "labels") {
    const network = classifier({ encoder, outputs, frozenNorm, random: random.derive("head") });
    return { encoder, network, classifier: network };
  }
  const decoder = uNetDecoder({
    encoder,
    design: config.decoder,
    outChannels: outputs,
    activation: "identity",
    random: random.derive("decoder"),
  });
  if (part === "encoder+decoder") take(withoutHead(decoder), "decoder", ["", "module."]);
  return { encoder, network: segmenter({ encoder, decoder, frozenNorm }) };
}

function encoderOf(
  { arch, spatialRank, width, stride, seed }: FinetuneConfig,
  inChannels: number,
): Encoder {
  const random = createRandom(seed, "weights").derive("encoder");
  if (arch === "u-net")
    return uNetEncoder({ spatialRank, ...(width && { width }), pool: stride, random });
  return resNet(arch, {
    ...{ spatialRank, inChannels, stemStride: stride, random },
    ...(width && { width }),
  });
}

/** The last convolution makes what the task asks for, not a restored image. */
function withoutHead({ parameters, buffers }: Decoder): Variables {
  const inner = Object.entries(parameters).filter(
    ([name]) => !/^(segmentation_head|out_tr)\./.test(name),
  );
  return { ...Object.fromEntries(inner), ...buffers };
}

interface Weights {
  readonly path: string;
  readonly tensors: Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;
}

/**
 * The file of the configuration's pre-trained weights; undefined for random ones.
 *
 * @throws UsageError when there is none where it says, or it is of a run that trained another network.
 */
export function weightsFile(config: FinetuneConfig): string | undefined {
  const { weights, stage } = config.init;
  if (weights === null) return undefined;
  checkRun(config, weights);
  return fileOf(weights, stage);
}

function weightsOf(config: FinetuneConfig): Weights | undefined {
  const path = weightsFile(config);
  if (path === undefined) return undefined;
  const { tensors } = decodeSafetensors(readFileSync(path));
  const floats = Object.entries(tensors).flatMap(([name, { dtype, shape, data }]) =>
    dtype === "F32" ? [[name, { shape, data: data as Float32Array }] as const] : [],
  );
  return { path, tensors: Object.fromEntries(floats) };
}

/** What the weights alone do not show. @throws UsageError when a run trained another network. */
function checkRun(config: FinetuneConfig, given: string): void {
  const path = join(given, "config.json");
  if (!existsSync(path)) return;
  if ("task" in (JSON.parse(readFileSync(path, "utf8")) as object)) {
    throw new UsageError(
      `--init: ${given} is a run of dira finetune, whose head is another task's. Give a run of dira pretrain, or a file of weights.`,
    );
  }
  const run = readConfig(path);
  for (const key of ["spatialRank", "arch", "width", "stride"] as const) {
    const [there, here] = [run[key], config[key]].map((value) => JSON.stringify(value));
    if (there === here) continue;
    const help =
      key === "spatialRank"
        ? "Give a run of the same rank as the task"
        : `Give the same: --set ${key}=${there}`;
    throw new UsageError(
      `--init: ${given} was trained with \`${key}\` ${there}, here it is ${here}. ${help}.`,
    );
  }
}

function fileOf(given: string, stage: FinetuneConfig["init"]["stage"]): string {
  if (!existsSync(given)) throw new UsageError(`--init: there is no ${given}.`);
  if (!statSync(given).isDirectory()) return given;
  const stages = stage === null ? ["dra", "dr", "d"] : [stage];
  const files = stages.map((name) => join(given, "checkpoints", `${name}-unet.safetensors`));
  const found = files.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UsageError(
    `--init: ${given} holds none of ${files.join(", ")}. Is it a run of dira pretrain that has ended a stage?`,
  );
}
