/** The most bytes that Node takes as one ArrayBuffer of the engine's: it ends the process for more. */
export const MOST_BYTES: number = 2 ** 32 - 1;
