/** What the header of a `.npy` says of its array. */
export interface NpyDescription {
  /** As NumPy writes it, without the order of bytes: `f4`, `u1`, `i8`. */
  readonly type: string;
  readonly littleEndian: boolean;
  /** Whether the first axis runs fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/**
 * The description in a header's text; undefined for anything but an array of one type.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function parseNpyHeader(text: string): NpyDescription | undefined {
  const descr = /'descr'\s*:\s*'([<>|=])(\w+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const sides = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text);
  if (descr === null || order === null || sides === null) return undefined;
  return {
    type: descr[2] as string,
    littleEndian: descr[1] !== ">",
    fortran: order[1] === "True",
    shape: (sides[1] as string)
      .split(",")
      .map((side) => side.trim())
      .filter(Boolean)
      .map(Number),
  };
}
