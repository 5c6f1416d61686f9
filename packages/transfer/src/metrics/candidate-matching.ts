import { DiraError } from "@dira/tensor";
import { descending } from "./binary-labels.ts";

/** Something to be found in a scan. */
export interface Finding {
  /** World position of its centre in mm; any rank. */
  readonly center: readonly number[];
  /** In mm. Where it is unknown (below 0, as LUNA16 writes it), 10 mm is taken. */
  readonly diameter: number;
  /** Neither to be found nor wrong to find, as LUNA16's excluded annotations. @defaultValue false */
  readonly irrelevant?: boolean;
}

/** Something that was found. */
export interface Candidate {
  /** World position in mm, of the findings' rank. */
  readonly center: readonly number[];
  /** Higher is more suspicious. */
  readonly score: number;
}

/** A scan with its findings, and what was found. */
export interface DetectionScan {
  readonly findings: readonly Finding[];
  readonly candidates: readonly Candidate[];
}

/** What became of a scan's candidates. */
export interface MatchedScan {
  /** Of each relevant finding the highest score of a candidate that hits it; undefined where none does. */
  readonly found: readonly (number | undefined)[];
  /** Scores of the candidates that hit nothing. */
  readonly falsePositives: readonly number[];
}

/** Taken where the diameter is unknown, in mm. */
const UNKNOWN_DIAMETER = 10;

/**
 * LUNA16's rule: a candidate hits every finding whose centre is nearer than its radius. Of several hits of
 * one finding only the highest score counts; the others are no false positives. Nor are hits of irrelevant
 * findings. With more than `maxCandidates`, only those that score above the first one too many are kept.
 *
 * @throws DiraError for a score or position that is NaN, or another rank.
 */
export function matchCandidates(
  { findings, candidates }: DetectionScan,
  scan: number,
  maxCandidates: number,
): MatchedScan {
  candidates.forEach(({ center, score }, n) => {
    if (!Number.isNaN(score) && !center.some(Number.isNaN)) return;
    throw new DiraError(`froc: candidate ${n} of scan ${scan} has a NaN score or position.`);
  });
  const limit = candidates.map(({ score }) => score).sort(descending)[maxCandidates];
  const kept = candidates.filter(({ score }) => limit === undefined || score > limit);
  const hits = findings.map((finding) => kept.filter((c) => isHit(finding, c, scan)));
  const used = new Set(hits.flat());
  return {
    found: hits.flatMap((those, n) => {
      if (findings[n]?.irrelevant === true) return [];
      return [those.length === 0 ? undefined : Math.max(...those.map(({ score }) => score))];
    }),
    falsePositives: kept.filter((c) => !used.has(c)).map(({ score }) => score),
  };
}

function isHit({ center, diameter }: Finding, candidate: Candidate, scan: number): boolean {
  if (center.length !== candidate.center.length || Number.isNaN(diameter)) {
    throw new DiraError(
      `froc: scan ${scan} has a finding at [${center.join(", ")}], ${diameter} mm, and a candidate at [${candidate.center.join(", ")}]; expected one rank and a diameter.`,
    );
  }
  const radius = (diameter < 0 ? UNKNOWN_DIAMETER : diameter) / 2;
  const squared = center.reduce((sum, c, a) => sum + (c - (candidate.center[a] as number)) ** 2, 0);
  return squared < radius ** 2;
}
