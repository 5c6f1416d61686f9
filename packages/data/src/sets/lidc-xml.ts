import { XMLParser } from "fast-xml-parser";
import { DataError } from "../image.ts";

/** An outline on one slice: the first pixels outside of what it holds. */
export interface LidcContour {
  /** mm, as the image's position says. */
  readonly z: number;
  readonly sopInstanceUid: string;
  /** False where it cuts a hole. */
  readonly inclusion: boolean;
  /** Columns and rows. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A nodule of 3 mm or more, as one reader outlined it. */
export interface LidcNodule {
  /** Number of the reading session, from 0. */
  readonly reader: number;
  readonly id: string;
  readonly contours: readonly LidcContour[];
}

const MANY = ["readingSession", "unblindedReadNodule", "roi", "edgeMap"];

interface Roi {
  readonly imageZposition?: string;
  readonly imageSOP_UID?: string;
  readonly inclusion?: string;
  readonly edgeMap?: readonly { readonly xCoord: string; readonly yCoord: string }[];
}

interface Message {
  readonly readingSession?: readonly {
    readonly unblindedReadNodule?: readonly { readonly noduleID?: string; readonly roi?: Roi[] }[];
  }[];
}

/** Whether a text is the reading of a CT (LIDC-IDRI has some of X-rays, too). */
export function isLidcReading(text: string): boolean {
  return text.slice(0, 2000).includes("<LidcReadMessage");
}

/**
 * Reads LIDC-IDRI's annotations: per reader the outlines of nodules of 3 mm or more. Smaller nodules and
 * marks of what is no nodule have one point instead of an outline, and are left out.
 *
 * @throws DataError when it is no such XML.
 * @see Armato et al. 2011, https://doi.org/10.1118/1.3528204
 */
export function parseLidcXml(text: string, path: string): LidcNodule[] {
  const parser = new XMLParser({
    ignoreAttributes: true,
    // Identifiers are too long for numbers.
    parseTagValue: false,
    isArray: (name: string) => MANY.includes(name),
  });
  let message: Message | undefined;
  try {
    message = (parser.parse(text) as { LidcReadMessage?: Message }).LidcReadMessage;
  } catch (error) {
    throw new DataError(
      `${path} is no XML: ${error instanceof Error ? error.message : "damaged"}.`,
    );
  }
  if (message === undefined) {
    throw new DataError(`${path}: expected the root element LidcReadMessage.`);
  }
  return (message.readingSession ?? []).flatMap((session, reader) =>
    (session.unblindedReadNodule ?? []).flatMap((nodule) => {
      const contours = (nodule.roi ?? []).map((roi) => contourOf(roi, path));
      const outlined = contours.filter(({ points }) => points.length > 1);
      if (outlined.length === 0) return [];
      return [{ reader, id: nodule.noduleID ?? "", contours: outlined }];
    }),
  );
}

function contourOf(roi: Roi, path: string): LidcContour {
  const z = Number(roi.imageZposition);
  const points = (roi.edgeMap ?? []).map(
    ({ xCoord, yCoord }) => [Number(xCoord), Number(yCoord)] as const,
  );
  if (!Number.isFinite(z) || points.some((point) => !point.every(Number.isFinite))) {
    throw new DataError(
      `${path}: an outline lacks numbers in imageZposition, xCoord or yCoord (${JSON.stringify(roi).slice(0, 120)}).`,
    );
  }
  return {
    z,
    sopInstanceUid: (roi.imageSOP_UID ?? "").trim(),
    inclusion: (roi.inclusion ?? "TRUE").trim().toUpperCase() !== "FALSE",
    points,
  };
}

/**
 * Sets the pixels inside an outline, without the outline's own: it runs along the first pixels outside.
 *
 * @param mask - `[height, width]`
 */
export function fillContour(
  mask: Uint8Array,
  [height, width]: readonly [number, number],
  points: LidcContour["points"],
  value: number,
): void {
  const outline = new Set<number>();
  points.forEach(([x0, y0], i) => {
    const [x1, y1] = points[(i + 1) % points.length] as readonly [number, number];
    const steps = Math.max(1, Math.abs(x1 - x0), Math.abs(y1 - y0));
    for (let s = 0; s <= steps; s += 1) {
      const [x, y] = [x0 + ((x1 - x0) * s) / steps, y0 + ((y1 - y0) * s) / steps];
      const column = Math.round(x);
      // What lies beside the image must not be taken for a pixel of the next row.
      if (column >= 0 && column < width) outline.add(Math.round(y) * width + column);
    }
  });
  const rows = points.map(([, y]) => y);
  const last = Math.min(height - 1, Math.floor(Math.max(...rows)));
  for (let y = Math.max(0, Math.ceil(Math.min(...rows))); y <= last; y += 1) {
    const crossings = crossingsAt(points, y);
    for (let c = 0; c + 1 < crossings.length; c += 2) {
      const end = Math.min(width - 1, Math.floor(crossings[c + 1] as number));
      for (let x = Math.max(0, Math.ceil(crossings[c] as number)); x <= end; x += 1) {
        if (!outline.has(y * width + x)) mask[y * width + x] = value;
      }
    }
  }
}

/** Where an outline crosses a row, from left to right. */
function crossingsAt(points: LidcContour["points"], y: number): number[] {
  return points
    .flatMap(([x0, y0], i) => {
      const [x1, y1] = points[(i + 1) % points.length] as readonly [number, number];
      if (y0 <= y === y1 <= y) return [];
      return [x0 + ((x1 - x0) * (y - y0)) / (y1 - y0)];
    })
    .sort((a, b) => a - b);
}
