import { DiraError } from "@dira/tensor";

/**
 * What N images show: of each its class (0, 1, …), or of each a row of labels (1 present, 0 absent, NaN
 * unknown), for images that may have several or none.
 */
export type Labels = readonly number[] | readonly (readonly number[])[];

/** Whether each image is of one class. @throws DiraError for labels of both kinds. */
export function areClasses(labels: Labels): labels is readonly number[] {
  const numbers = labels.filter((label) => typeof label === "number").length;
  if (numbers > 0 && numbers < labels.length) {
    throw new DiraError(
      "Labels must be class numbers of all images or rows of 0 and 1 of all; got some of each.",
    );
  }
  return numbers > 0;
}

/**
 * How many classes or labels there are.
 *
 * @throws DiraError when there are none, a class is no whole number from 0, or rows differ in length or
 *   hold anything but 0, 1 and NaN.
 */
export function countLabels(where: string, labels: Labels): number {
  if (labels.length === 0) throw new DiraError(`${where}: expected labels of images, got none.`);
  if (areClasses(labels)) {
    const bad = labels.find((label) => !Number.isInteger(label) || label < 0);
    if (bad === undefined) return labels.reduce((most, label) => Math.max(most, label + 1), 0);
    throw new DiraError(`${where}: classes must be whole numbers from 0, got ${bad}.`);
  }
  const count = labels[0]?.length ?? 0;
  labels.forEach((row, n) => {
    if (row.length !== count || count === 0) {
      throw new DiraError(
        `${where}: all images must have as many labels, at least one; image 0 has ${count}, image ${n} has ${row.length}.`,
      );
    }
    const bad = row.find((label) => label !== 0 && label !== 1 && !Number.isNaN(label));
    if (bad === undefined) return;
    throw new DiraError(
      `${where}: labels must be 0, 1, or NaN where unknown; image ${n} has ${bad}.`,
    );
  });
  return count;
}

/** Labels as rows: those of classes are 1 at the class and 0 elsewhere. */
export function labelRows(labels: Labels, count: number): readonly (readonly number[])[] {
  if (!areClasses(labels)) return labels;
  return labels.map((label) => Array.from({ length: count }, (_, c) => Number(c === label)));
}
