import { readFileSync } from "node:fs";
import { decodeSafetensors, type StoredTensor } from "@dira/nn";

/** Values of tensors in PyTorch's layout, by the names of `tools/reference/README.md`. */
export type Values = Record<string, ArrayLike<number>>;

/** The options of `tools/reference/dira_step.py` that a golden file was made with. */
export interface Shape {
  readonly rank: 2 | 3;
  readonly arch: "resnet18" | "u-net";
  readonly method: "moco" | "trans-vw";
  readonly width: number;
  /** Of the U-Net. */
  readonly levels: number;
  /** Of a ResNet's decoder. */
  readonly decoder: readonly number[];
  readonly criticWidth: number;
  /** MoCo's. */
  readonly features: number;
  readonly queue: number;
  readonly momentum: number;
  /** TransVW's. */
  readonly words: number;
  readonly hidden: number;
  /** λ of D, R and A. */
  readonly weights: readonly [number, number, number];
  /** Adam's. */
  readonly rate: number;
  readonly betas: readonly [number, number];
  readonly steps: number;
  /** Of tensors with over 256 values each so manyth is stored. */
  readonly every: number;
}

/** What `tools/reference/make_golden.py` wrote. */
export interface Golden {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly shape: Shape;
}

/** A tensor of ours that is held against PyTorch's. */
export interface Comparison {
  readonly name: string;
  readonly own: ArrayLike<number>;
  /** Float64 PyTorch's. */
  readonly reference: ArrayLike<number>;
  /** How far float32 PyTorch is from it: the largest ‖a − b‖/‖b‖ among its runs. */
  readonly theirs: number;
}

/** What files say nothing about that were made before there was a choice. */
const SHAPE_2D = {
  rank: 2,
  arch: "resnet18",
  method: "moco",
  weights: [1, 10, 0.001],
  rate: 2e-4,
  betas: [0.5, 0.999],
} as const;

export function readGolden(path: string): Golden {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path));
  const config = JSON.parse(metadata["config"] ?? "{}") as Shape & { critic_width: number };
  return { tensors, shape: { ...SHAPE_2D, ...config, criticWidth: config.critic_width } };
}

/** Of long tensors each `every`-th value; 7 meets all channels and kernel positions in turn. */
function sampled(values: ArrayLike<number>, every: number): ArrayLike<number> {
  if (values.length <= 256) return values;
  return Array.from({ length: Math.ceil(values.length / every) }, (_, i) => values[i * every] ?? 0);
}

/** Pairs our tensors with a packed group of a case: `grad`, `buffer` or `final`. */
export function compareGroup(
  golden: Golden,
  where: string,
  group: string,
  own: Values,
): Comparison[] {
  const [packed, errors] = [`${where}/${group}`, `${where}/error/${group}`].map(
    (name) => golden.tensors[name]?.data ?? new Float32Array(),
  );
  let at = 0;
  const pairs = Object.keys(own)
    .sort()
    .map((name, i) => {
      const values = sampled(own[name] ?? [], golden.shape.every);
      const reference = packed?.slice(at, (at += values.length)) ?? [];
      return { name, own: values, reference, theirs: errors?.[i] ?? NaN };
    });
  if (at !== packed?.length || pairs.length !== errors?.length) {
    throw new Error(`${where}/${group}: ${packed?.length} values stored where we have ${at}.`);
  }
  return pairs;
}

/** Pairs the losses of one step. */
export function compareLosses(
  golden: Golden,
  where: string,
  step: number,
  own: Readonly<Record<string, number>>,
): Comparison[] {
  const [stored, errors] = [
    golden.tensors[`${where}/losses`],
    golden.tensors[`${where}/error/losses`],
  ];
  const names = Object.keys(own)
    .filter((name) => /^loss(_|$)/.test(name))
    .sort();
  if (stored?.shape[1] !== names.length) {
    throw new Error(`${where}: ${stored?.shape[1]} losses stored where we have ${names.join()}.`);
  }
  return names.map((name, i) => {
    const at = step * names.length + i;
    const reference = [stored.data[at] ?? NaN];
    return {
      name: `step ${step + 1}: ${name}`,
      own: [own[name] ?? NaN],
      reference,
      theirs: errors?.data[at] ?? NaN,
    };
  });
}
