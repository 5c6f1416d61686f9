const marker = "dira.error";

/**
 * The base of the errors that these packages throw on purpose. Its message says where, what was
 * expected, what came and what to do, so it can be shown to a user as it is.
 */
export class DiraError extends Error {
  override name: string = "DiraError";
  readonly marker: string = marker;

  /** Whether something thrown is one of ours, also from a second copy of this package. */
  static isInstance(error: unknown): error is DiraError {
    return (
      typeof error === "object" && error !== null && "marker" in error && error.marker === marker
    );
  }
}

/** A tensor has another shape than an operation needs. */
export class ShapeError extends DiraError {
  override name: string = "ShapeError";
  readonly expected: string;
  readonly received: readonly number[];

  constructor(message: string, expected: string, received: readonly number[]) {
    super(message);
    this.expected = expected;
    this.received = received;
  }
}
