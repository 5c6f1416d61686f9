import { firstLine } from "../report.ts";
import { Obstacle } from "./obstacle.ts";

/** How preparing a native engine ended. */
export interface PrepareResult {
  readonly ok: boolean;
  /** One line: what is there now, or why it is not and what to do. */
  readonly message: string;
  /** Every step taken, a line each; what `say` received. */
  readonly lines: readonly string[];
  /** Why it is not there, in one line; only when not `ok`. */
  readonly reason?: string;
  /** What to do about it; only when not `ok`. */
  readonly cure?: string;
}

/**
 * Runs what prepares an engine and makes its end a result, whatever it is.
 *
 * @param prepare - returns what is ready and where, in a few words.
 */
export async function resultOf(
  engine: string,
  say: (line: string) => void,
  prepare: (say: (line: string) => void) => Promise<string>,
): Promise<PrepareResult> {
  const lines: string[] = [];
  const tell = (line: string): void => {
    lines.push(line);
    say(line);
  };
  try {
    return { ok: true, message: `${engine}: ready, ${await prepare(tell)}`, lines };
  } catch (error) {
    const reason = firstLine(error);
    // Other errors say themselves what to do.
    const cure = error instanceof Obstacle ? error.cure : "put that right and run this again";
    const advice = error instanceof Obstacle ? `; to have it, ${cure}` : "";
    const message = `${engine}: not available: ${reason.replace(/\.$/, "")}${advice}. Other engines will be used.`;
    return { ok: false, message, lines, reason, cure };
  }
}
