import type { BatchMaker, Place, ViewBatch } from "@dira/data";
import type { FeatureMap, PerAxis } from "@dira/tensor";
import {
  type Classifier,
  gradCam,
  gradCamPlusPlus,
  type OcclusionOptions,
  occlusionMap,
} from "@dira/transfer";
import * as tf from "@tensorflow/tfjs";
import { heldOutBatches, imagesOf } from "../finetuning/batches.ts";
import type { FinetuneConfig } from "../finetuning/config.ts";
import type { Finding } from "./findings.ts";
import type { PlacedImages, ViewGrid } from "./geometry.ts";

/** How heat maps can be made. */
export const METHODS = ["grad-cam", "grad-cam++", "occlusion"] as const;

/** One of {@link METHODS}. */
export type Method = (typeof METHODS)[number];

/** How heat maps are made. */
export interface HeatMapOptions {
  readonly method: Method;
  /** The encoder's stage of Grad-CAM; undefined for the last. */
  readonly level?: string | undefined;
  /** Of occlusion; undefined for its defaults. */
  readonly window?: PerAxis | undefined;
  readonly stride?: PerAxis | undefined;
  /** Heat maps, or covered copies, at a time. */
  readonly batch: number;
}

/** A finding and where the network sees its label. */
export interface MappedFinding {
  readonly finding: Finding;
  /** On the view's grid. */
  readonly map: Float32Array;
  readonly view: ViewGrid;
}

/** What {@link heatMaps} needs. */
export interface HeatMapSource extends HeatMapOptions {
  readonly config: FinetuneConfig;
  readonly classifier: Classifier;
  readonly images: PlacedImages;
  readonly findings: readonly Finding[];
  readonly maker: BatchMaker;
}

/** The heat map of each finding's logit, of the view of its image that the run is validated with. */
export async function* heatMaps(source: HeatMapSource): AsyncGenerator<MappedFinding, void, void> {
  const { config, classifier, images, findings, maker, batch: size } = source;
  const { cache } = images;
  const shown = new Set(findings.map(({ image }) => image));
  const usable = cache.usable.filter((index) => shown.has(index));
  if (usable.length === 0) return;
  const some = { ...cache, usable };
  for await (const batch of heldOutBatches({ config, cache: some, maker }, "val", size)) {
    const all = imagesOf(batch, 0, classifier.encoder.inChannels);
    const rows = [...batch.indices].flatMap((index, row) =>
      findings.filter(({ image }) => image === index).map((finding) => ({ finding, row })),
    );
    for (let from = 0; from < rows.length; from += size) {
      const part = rows.slice(from, from + size);
      const maps = tf.tidy(() => mapsOf(source, all, part));
      const [, ...shape] = maps.shape;
      const data = (await maps.data()) as Float32Array;
      maps.dispose();
      const length = data.length / part.length;
      for (const [i, { finding, row }] of part.entries()) {
        const map = data.slice(i * length, (i + 1) * length);
        yield { finding, map, view: { shape, ...placeOf(batch, row) } };
      }
    }
    all.dispose();
  }
}

function placeOf({ views: [view] }: ViewBatch, row: number): Place {
  const place = view?.places?.[row];
  if (place === undefined) throw new Error("The transform does not say where its views lie.");
  return place;
}

/** A finding, and which image of the batch it is of. */
interface Row {
  readonly finding: Finding;
  readonly row: number;
}

function mapsOf(
  { classifier, method, level, window, stride, batch }: HeatMapSource,
  all: tf.Tensor,
  rows: readonly Row[],
): tf.Tensor {
  const chosen = rows.map(({ row }) => row);
  const images = tf.gather(all, tf.tensor1d(chosen, "int32")) as FeatureMap;
  const output = rows.map(({ finding }) => finding.output);
  if (method === "occlusion") {
    const options: OcclusionOptions = {
      output,
      batch,
      ...(window !== undefined && { window }),
      ...(stride !== undefined && { stride }),
    };
    return occlusionMap(classifier, images, options);
  }
  const options = { output, ...(level !== undefined && { level }) };
  return method === "grad-cam"
    ? gradCam(classifier, images, options)
    : gradCamPlusPlus(classifier, images, options);
}
