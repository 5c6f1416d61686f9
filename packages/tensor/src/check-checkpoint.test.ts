import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { checkEngine } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));
afterEach(() => {
  vi.restoreAllMocks();
});

/** The parts of TensorFlow.js that a nested tape rests on. */
interface Tapes {
  startTape(): void;
  readonly state: { activeTape: unknown[] | null };
}

describe("checkEngine, examples of checkpoint", () => {
  it("passes on a sound engine", () => {
    expect(checkEngine()).toEqual([]);
  });

  it.each(["throws", "records nothing"] as const)("names it when a nested tape %s", (fault) => {
    const engine = tf.engine() as unknown as Tapes;
    const start = engine.startTape.bind(engine);
    vi.spyOn(engine, "startTape").mockImplementation(() => {
      const nested = isGoingBack();
      if (nested && fault === "throws") throw new Error("no tape within a tape");
      start();
      if (nested) engine.state.activeTape = Object.assign([], { push: () => 0 });
    });
    expect(checkEngine()).toEqual(["checkpoint"]);
  });
});

/** Whether a backward pass is under way, ours or TensorFlow.js's. */
function isGoingBack(): boolean {
  const { scopeStack } = tf.engine().state as unknown as { scopeStack: { name: string }[] };
  return scopeStack.some(({ name }) => name === "backward");
}
