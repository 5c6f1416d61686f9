/** What the user asked for is not possible; the message says what is. */
export class UsageError extends Error {
  override name: string = "UsageError";
}
