import type { OutlinedNodule } from "./lidc-readers.ts";
import { padded } from "./layout.ts";

/** A slice as an XML names it. */
interface NamedSlice {
  readonly sopInstanceUid: string;
  /** mm */
  readonly z: number;
}

/** Names of a CT. */
interface CtNames {
  readonly study: string;
  readonly series: string;
}

/** The XML of a CT's readers, as LIDC-IDRI has it. */
export function readingXml(
  { study, series }: CtNames,
  slices: readonly NamedSlice[],
  readers: readonly (readonly OutlinedNodule[])[],
): string {
  const lines = [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<LidcReadMessage uid="${series}.0" xmlns="http://www.nih.gov" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`,
    `<ResponseHeader>`,
    `<Version>1.8.1</Version>`,
    `<TaskDescription>Second unblinded read</TaskDescription>`,
    `<CtImageFile>Not Available</CtImageFile>`,
    `<SeriesInstanceUid>${series}</SeriesInstanceUid>`,
    `<StudyInstanceUID>${study}</StudyInstanceUID>`,
    `</ResponseHeader>`,
    ...readers.flatMap((nodules) => sessionLines(nodules, slices)),
    `</LidcReadMessage>`,
  ];
  return `${lines.join("\n")}\n`;
}

function sessionLines(nodules: readonly OutlinedNodule[], slices: readonly NamedSlice[]): string[] {
  return [
    `<readingSession>`,
    `<annotationVersion>3.12</annotationVersion>`,
    `<servicingRadiologistID>anon</servicingRadiologistID>`,
    ...nodules.flatMap(({ outlines }, i) => [
      `<unblindedReadNodule>`,
      `<noduleID>Nodule ${padded(1 + i, 3)}</noduleID>`,
      ...outlines.flatMap(({ inclusion, points, slice }) => [
        `<roi>`,
        `<imageZposition>${slices[slice]?.z}</imageZposition>`,
        `<imageSOP_UID>${slices[slice]?.sopInstanceUid}</imageSOP_UID>`,
        `<inclusion>${inclusion ? "TRUE" : "FALSE"}</inclusion>`,
        ...points.map(([x, y]) => `<edgeMap><xCoord>${x}</xCoord><yCoord>${y}</yCoord></edgeMap>`),
        `</roi>`,
      ]),
      `</unblindedReadNodule>`,
    ]),
    `</readingSession>`,
  ];
}
