const marker = "dira.error";

/**
 * What this package throws on purpose. Its message says where, what was expected, what came and what to do,
 * so it can be shown to a user as it is. `DiraError.isInstance` of `@dira/tensor`, which this package does
 * without, knows it too.
 */
export class DiraError extends Error {
  override name: string = "DiraError";
  readonly marker: string = marker;

  /** Whether something thrown is one of ours, also from another copy or package. */
  static isInstance(error: unknown): error is DiraError {
    return (
      typeof error === "object" && error !== null && "marker" in error && error.marker === marker
    );
  }
}
