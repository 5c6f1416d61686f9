import { join } from "node:path";
import { type BatchMaker, cacheImages, type ImageSet, subset } from "@dira/data";
import type { VoxelBox } from "@dira/transfer";
import { cacheOptionsOf } from "../finetuning/open-task-data.ts";
import { centreMap, type CentreSize, centreSize, randomMap } from "./baselines.ts";
import { type Finding, findingsOf, maskOfLabel } from "./findings.ts";
import { onReleased, placedImages, shareInView } from "./geometry.ts";
import { type HeatMapOptions, heatMaps } from "./heat-maps.ts";
import { type Overlay, writeOverlay } from "./overlays.ts";
import { type LabelRun, patientOf } from "./runs.ts";
import { score } from "./score.ts";
import type { ScoredFinding } from "./scored-finding.ts";

/** How findings are scored. */
export interface ScoringOptions extends HeatMapOptions {
  /** Of a map's maximum from which on a voxel is hot. */
  readonly share: number;
  /** Folder for pictures, and how many there may be yet. */
  readonly overlays: { readonly folder: string; readonly most: number };
}

/** Scores the heat maps of all findings of a run's images whose place is known. */
export async function scoreRun(
  run: LabelRun,
  labels: readonly string[],
  maker: BatchMaker,
  options: ScoringOptions,
): Promise<readonly ScoredFinding[]> {
  const { config, classifier, set: all, names } = run;
  const { set, findings } = withFindings(all, await findingsOf(all, names, labels));
  if (findings.length === 0) return [];
  const cache = await cacheImages(set, cacheOptionsOf(config, maker));
  for (const warning of cache.warnings) console.warn(`warning: ${warning}`);
  const images = placedImages(cache);
  const sizes = new Map<string, CentreSize>();
  for (const label of labels) sizes.set(label, await centreSize(run.train, label, set.spatialRank));
  const reduction = classifier.encoder.stages.at(-1)?.reduction ?? [];
  const { method, share, overlays } = options;
  const scored: ScoredFinding[] = [];
  for await (const { finding, map, view } of heatMaps({
    ...options,
    config,
    classifier,
    images,
    findings,
    maker,
  })) {
    const { image, label, boxes } = finding;
    const grid = await images.released(image);
    const id = set.id(image);
    const centre = sizes.get(label) as CentreSize;
    const heat = onReleased(map, view, grid);
    const maps = {
      [method]: heat,
      centre: centreMap(grid.shape, centre, share),
      random: onReleased(randomMap(view, reduction, [id, label]), view, grid),
    };
    const truth = { boxes, mask: await maskOfLabel(set, image, label) };
    const scores = Object.fromEntries(
      Object.entries(maps).map(([name, each]) => [
        name,
        named(id, label, () => score(each, truth, share)),
      ]),
    );
    if (scored.length < overlays.most) {
      const picture: Overlay = {
        image: await set.read(image),
        map: heat,
        boxes,
        found: scores[method]?.box,
        window: config.window,
      };
      await writeOverlay(join(overlays.folder, `${safe(id)}-${safe(label)}.png`), picture);
    }
    const inView = shareOf(boxes, (box) => shareInView(box, view, grid));
    scored.push({
      run: run.path,
      image: id,
      patient: patientOf(set, image),
      label,
      boxes,
      inView,
      centre,
      scores,
    });
  }
  return scored;
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

/** A name as part of a file's. */
const safe = (name: string): string => name.replace(/[^\w.-]+/g, "_");
