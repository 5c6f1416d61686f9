import type { DataSet } from "dicom-parser";
import type { DicomFile } from "./dicom-file.ts";
import { type DicomHeader, numbersOf } from "./dicom-header.ts";
import type { SlicePlace } from "./slice-order.ts";

/**
 * Where each frame of a file lies: from the functional groups of enhanced objects, or from Grid Frame
 * Offset Vector (RT dose). Undefined where the file does not say it for every frame.
 *
 * @see DICOM PS3.3, C.7.6.16 and C.8.8.3.2
 */
export function framePlaces({ data }: DicomFile, header: DicomHeader): SlicePlace[] | undefined {
  return placesOfGroups(data, header) ?? placesOfGrid(data, header);
}

function placesOfGroups(data: DataSet, header: DicomHeader): SlicePlace[] | undefined {
  const shared = itemsOf(data, "x52009229")[0];
  const perFrame = itemsOf(data, "x52009230");
  if (perFrame.length !== header.frames) return undefined;
  const places = perFrame.map((frame, i) => {
    // A group is in the frame's item, or in the one that all share.
    const find = (group: string, tag: string, count: number): number[] | undefined => {
      const holder = [frame, shared].map((item) => item && itemsOf(item, group)[0]).find(Boolean);
      return holder && numbersOf(holder, tag, count);
    };
    const position = find("x00209113", "x00200032", 3);
    const orientation = find("x00209116", "x00200037", 6);
    const pixelSpacing = find("x00289110", "x00280030", 2);
    return position && orientation && pixelSpacing
      ? { name: `frame ${i}`, position, orientation, pixelSpacing }
      : undefined;
  });
  return places.every((place) => place !== undefined) ? places : undefined;
}

function placesOfGrid(data: DataSet, header: DicomHeader): SlicePlace[] | undefined {
  const offsets = numbersOf(data, "x3004000c", header.frames);
  const { position, orientation, pixelSpacing } = header;
  if (!offsets || !position || !orientation || !pixelSpacing) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = orientation;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  // Offsets are relative to the first, or where that is not 0, positions along z.
  const base = offsets[0] === 0 ? 0 : (offsets[0] as number);
  return offsets.map((offset, i) => ({
    name: `frame ${i}`,
    position: position.map((v, axis) => v + (offset - base) * (normal[axis] as number)),
    orientation,
    pixelSpacing,
  }));
}

function itemsOf(data: DataSet, tag: string): DataSet[] {
  return (data.elements[tag]?.items ?? []).flatMap(({ dataSet }) => dataSet ?? []);
}
