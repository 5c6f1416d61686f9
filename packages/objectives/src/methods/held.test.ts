import { resNet } from "@dira/backbones";
import { createRandom } from "@dira/random";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Objective } from "../objective.ts";
import { dino } from "./dino.ts";
import { swav } from "./swav.ts";

beforeAll(() => tf.setBackend("cpu"));

const createEncoder = (): ReturnType<typeof resNet> =>
  resNet("resnet18", { width: 2, random: createRandom(1) });
const encoder = createEncoder();
const methods: Readonly<Record<string, Objective>> = {
  dino: dino({ encoder, createEncoder, prototypes: 6, hiddenFeatures: [8, 4] }),
  swav: swav({ encoder, features: 4, hiddenFeatures: 8, prototypes: 6 }),
};

/** The largest gradient of the prototypes, and of everything else. */
function largest(objective: Objective, progress?: number): [prototypes: number, rest: number] {
  const views = [1, 2].map((seed) => tf.randomUniform([4, 32, 32, 3], 0, 1, "float32", seed));
  const context = {
    mode: "train",
    random: createRandom(1),
    ...(progress === undefined ? {} : { progress }),
  } as const;
  const targets = objective.targets(views, context);
  const named = Object.entries(objective.parameters);
  const prototypes = named.filter(([key]) => key.endsWith("prototypes")).map(([, v]) => v);
  const rest = named.filter(([key]) => !key.endsWith("prototypes")).map(([, v]) => v);
  const { grads } = tf.variableGrads(
    () => objective.loss((v) => encoder.apply(views[v] as never, "train"), targets, context).loss,
    [...prototypes, ...rest],
  );
  const most = (variables: readonly tf.Variable[]): number =>
    Math.max(
      ...variables.map((v) => tf.max(tf.abs(grads[v.name] as tf.Tensor)).dataSync()[0] ?? NaN),
    );
  return [most(prototypes), most(rest)];
}

describe.each(Object.keys(methods))("%s", (name) => {
  it("holds its prototypes at first, and only them", () => {
    const objective = methods[name] as Objective;
    const [atFirst, restAtFirst] = largest(objective, 0);
    expect(atFirst).toBe(0);
    expect(restAtFirst).toBeGreaterThan(0);
    expect(largest(objective, 0.5)[0]).toBeGreaterThan(0);
    expect(largest(objective)[0], "no progress told").toBeGreaterThan(0);
  });
});
