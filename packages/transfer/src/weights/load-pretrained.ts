import { loadWeights, type LoadReport, type Variables, type WeightArray } from "@dira/nn";
import { DiraError } from "@dira/tensor";

/** What {@link loadPretrained} did. */
export interface PretrainedReport extends LoadReport {
  /** What stood before the names in the weights, e.g. `module.encoder_q.`; empty for plain names. */
  readonly prefix: string;
  /** Share of the variables' values that come from the weights. */
  readonly coverage: number;
}

/** Options of {@link loadPretrained}. */
export interface PretrainedOptions {
  /** Least share of the variables' values that the weights must give. @defaultValue 1 */
  readonly leastCoverage?: number;
  /** What may stand before the names; the one under which most names match is taken. @defaultValue {@link PREFIXES} */
  readonly prefixes?: readonly string[];
  /** How errors name the weights: their file, say. @defaultValue "the weights" */
  readonly name?: string;
}

/**
 * What stands before an encoder's names in weights at large: nothing (torchvision), `encoder.` (segmentation_models_pytorch,
 * these packages' own), `module.` and `backbone.` of data-parallel and wrapped models, and those of DiRA's and MoCo's
 * checkpoints.
 */
export const PREFIXES: readonly string[] = [
  "",
  "encoder.",
  "module.",
  "backbone.",
  "module.encoder.",
  "module.backbone.",
  "encoder_q.",
  "module.encoder_q.",
  "module.encoder_q.backbone.encoder.",
];

/** Counters of PyTorch's batch norm, which nothing here needs. */
const COUNTER = /(^|\.)num_batches_tracked$/;

type Arrays = Readonly<Record<string, Pick<WeightArray, "shape" | "data">>>;

/**
 * Takes pre-trained weights in PyTorch's layout into a network, strictly: nothing is passed over in silence. Names that
 * the network does not have (heads, decoders) are reported; variables that the weights lack count against
 * `leastCoverage`.
 *
 * @param variables - parameters and buffers of an encoder, or of any module.
 * @throws DiraError when the weights give too little of the network, or a shape differs; nothing is changed then.
 */
export function loadPretrained(
  variables: Variables,
  weights: Arrays,
  options: PretrainedOptions = {},
): PretrainedReport {
  const { leastCoverage = 1, prefixes = PREFIXES, name = "the weights" } = options;
  const names = Object.keys(variables);
  const hits = prefixes.map((prefix) => names.filter((own) => prefix + own in weights).length);
  const prefix = prefixes[hits.indexOf(Math.max(...hits))] ?? "";
  const there = Object.entries(weights).filter(([key]) => !COUNTER.test(key));
  const own = there.flatMap(([key, array]): [string, Arrays[string]][] =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), array]] : [],
  );
  const given = Object.fromEntries(own);
  const sizeOf = (key: string): number => variables[key]?.size ?? 0;
  const total = names.reduce((sum, key) => sum + sizeOf(key), 0);
  const covered = names.reduce((sum, key) => sum + (key in given ? sizeOf(key) : 0), 0);
  const coverage = total === 0 ? 1 : covered / total;
  if (coverage < leastCoverage) {
    const missing = names.filter((key) => !(key in given));
    throw new DiraError(
      `loadPretrained: ${name} must give ${percent(leastCoverage)} of the network's values, it gives ${percent(coverage)}: ${missing.length} of ${names.length} names are missing (${missing.slice(0, 3).join(", ")}, …). It holds ${there.length} (${there
        .slice(0, 3)
        .map(([key]) => key)
        .join(", ")}, …). Is it of another architecture?`,
    );
  }
  const { matched, missing } = loadWeights(variables, given, { strict: false });
  const unexpected = there
    .map(([key]) => key)
    .filter((key) => {
      const inner = key.slice(prefix.length);
      return !(key.startsWith(prefix) && inner in variables);
    });
  return { matched, missing, unexpected, prefix, coverage };
}

/** A report in one line. */
export function describeReport({
  matched,
  missing,
  unexpected,
  coverage,
}: PretrainedReport): string {
  const some = (keys: readonly string[]): string =>
    keys.length === 0 ? "" : ` (${keys.slice(0, 3).join(", ")}${keys.length > 3 ? ", …" : ""})`;
  return `${matched.length} tensors matched (${percent(coverage)} of the values), ${missing.length} missing${some(missing)}, ${unexpected.length} not used${some(unexpected)}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(share === 1 ? 0 : 1)} %`;
