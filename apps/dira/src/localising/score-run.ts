import { join } from "node:path";
import { type BatchMaker, cacheImages, type ImageSet, subset } from "@dira/data";
import type { VoxelBox, VoxelMap } from "@dira/transfer";
import type { fileNamer } from "../file-names.ts";
import { patientOf } from "../finetuning/measure.ts";
import { cacheOptionsOf } from "../finetuning/open-task-data.ts";
import { centreMap, type CentreSize, centreSizes, randomMap } from "./baselines.ts";
import { type Finding, maskOfLabel } from "./findings.ts";
import { onReleased, placedImages, type PlacedImages, shareInView } from "./geometry.ts";
import { type HeatMapOptions, heatMaps, type MappedFinding } from "./heat-maps.ts";
import { type Overlay, writeOverlay } from "./overlays.ts";
import type { LabelRun } from "./runs.ts";
import { type Score, score } from "./score.ts";
import type { ScoredFinding } from "./scored-finding.ts";

/** How findings are scored. */
export interface ScoringOptions extends HeatMapOptions {
  /** Of a map's maximum from which on a voxel is hot. */
  readonly share: number;
  /** Folder for pictures, and how many there may be yet. */
  readonly overlays: {
    readonly folder: string;
    readonly most: number;
    readonly nameOf: ReturnType<typeof fileNamer>;
  };
}

/** Scores the heat maps of findings of a run's images. */
export async function scoreRun(
  run: LabelRun,
  findings: readonly Finding[],
  maker: BatchMaker,
  options: ScoringOptions,
): Promise<readonly ScoredFinding[]> {
  if (findings.length === 0) return [];
  const { config, classifier } = run;
  const own = withFindings(run.set, findings);
  const cache = await cacheImages(own.set, cacheOptionsOf(config, maker));
  for (const warning of cache.warnings) console.warn(`warning: ${warning}`);
  const images = placedImages(cache);
  const labels = [...new Set(findings.map(({ label }) => label))];
  const centres = await centreSizes(run.train, labels, config.spatialRank);
  const source = { ...options, config, classifier, images, findings: own.findings, maker };
  const scored: ScoredFinding[] = [];
  for await (const mapped of heatMaps(source)) {
    const centre = centres.get(mapped.finding.label) as CentreSize;
    scored.push(
      await scoreFinding(run, images, mapped, { ...options, centre, done: scored.length }),
    );
  }
  return scored;
}

interface FindingOptions extends ScoringOptions {
  readonly centre: CentreSize;
  /** Findings that were scored before. */
  readonly done: number;
}

async function scoreFinding(
  { path, config, classifier }: LabelRun,
  { cache: { set }, released }: PlacedImages,
  { finding, map, view }: MappedFinding,
  { method, share, overlays, centre, done }: FindingOptions,
): Promise<ScoredFinding> {
  const { image, label, boxes } = finding;
  const [id, grid] = [set.id(image), await released(image)];
  const reduction = classifier.encoder.stages.at(-1)?.reduction ?? [];
  const maps: Readonly<Record<string, VoxelMap>> = {
    [method]: onReleased(map, view, grid),
    centre: centreMap(grid.shape, centre, share),
    random: onReleased(randomMap(view, reduction, [id, label]), view, grid),
  };
  const truth = { boxes, mask: await maskOfLabel(set, image, label) };
  const scoreOf = (each: VoxelMap): Score => named(id, label, () => score(each, truth, share));
  const scores = Object.fromEntries(
    Object.entries(maps).map(([name, each]) => [name, scoreOf(each)]),
  );
  if (done < overlays.most) {
    const found = scores[method]?.box;
    const [scan, heat] = [await set.read(image), maps[method] as VoxelMap];
    const window = config.window === "min-max" ? null : config.window;
    const picture: Overlay = { image: scan, map: heat, boxes, found, window };
    await writeOverlay(join(overlays.folder, `${overlays.nameOf(id, label)}.png`), picture);
  }
  const inView = shareOf(boxes, (box) => shareInView(box, view, grid));
  const patient = patientOf(set, image);
  return { run: path, image: id, patient, label, boxes, inView, centre, scores };
}

/** The images that have findings, and the findings by their numbers there. */
function withFindings(
  set: ImageSet,
  findings: readonly Finding[],
): { readonly set: ImageSet; readonly findings: readonly Finding[] } {
  const kept = [...new Set(findings.map(({ image }) => image))];
  const at = new Map(kept.map((image, i) => [image, i]));
  return {
    set: subset(set, kept),
    findings: findings.map((each) => ({ ...each, image: at.get(each.image) as number })),
  };
}

/** Mean share of boxes, each by its volume. */
function shareOf(boxes: readonly VoxelBox[], share: (box: VoxelBox) => number): number {
  const volumes = boxes.map((box) => box.slice(box.length / 2).reduce((a, b) => a * b, 1));
  const seen = boxes.map((box, i) => share(box) * (volumes[i] as number));
  return seen.reduce((a, b) => a + b, 0) / volumes.reduce((a, b) => a + b, 0);
}

/** Says which image an error is of. */
function named<T>(image: string, label: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`${image}, ${label}: ${said}`, { cause: error });
  }
}
