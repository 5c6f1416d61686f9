import { batchNorm, linear, mlpHead, type Variables } from "@dira/nn";
import { createRandom } from "@dira/random";
import { relativeError } from "@dira/testing";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { barlowTwinsLoss, cachedGradients, ntXent } from "./index.ts";

beforeAll(() => tf.setBackend("cpu"));

const images = (n: number, seed: number): tf.Tensor2D =>
  tf.randomNormal([n, 5], 0, 1, "float32", seed) as tf.Tensor2D;
const head = (): ReturnType<typeof mlpHead> =>
  mlpHead({ features: [5, 7, 4], random: createRandom("cache") });

/** The gradient of the whole batch at once. */
function direct(
  parameters: Variables,
  loss: () => tf.Scalar,
): { value: number; gradients: Record<string, tf.Tensor> } {
  const { value, grads } = tf.variableGrads(loss, Object.values(parameters));
  const gradients = Object.entries(parameters).map(([name, v]) => [name, grads[v.name]]);
  return {
    value: value.dataSync()[0] as number,
    gradients: Object.fromEntries(gradients) as never,
  };
}

describe("cachedGradients, laws", () => {
  const losses = { ntXent, barlowTwins: barlowTwinsLoss };
  it.each(Object.entries(losses))("%s: equals the whole batch's, for any parts", (_, loss) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
        (sizes) => {
          const model = head();
          const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
          const total = sizes.reduce((a, b) => a + b, 0);
          const views = [images(total, 1), images(total, 2)];
          const whole = direct(model.parameters, () => {
            const [a, b] = views.map((x) => model.apply(x, "train"));
            return loss(a as tf.Tensor2D, b as tf.Tensor2D);
          });
          const cached = cachedGradients({
            parameters: model.parameters,
            parts: sizes.length,
            encode: (part) =>
              views.map((x) => {
                const rows = tf.slice(x, [starts[part] as number, 0], [sizes[part] as number, -1]);
                return model.apply(rows, "train");
              }),
            loss: ([a, b]) => loss(a as tf.Tensor2D, b as tf.Tensor2D),
          });
          expect(cached.value.dataSync()[0]).toBeCloseTo(whole.value, 4);
          // All together: what a standardisation cancels (the last bias) has no gradient of its own.
          const flat = (record: Readonly<Record<string, tf.Tensor>>): tf.Tensor =>
            tf.concat(
              Object.keys(cached.gradients).map((name) =>
                tf.reshape(record[name] as tf.Tensor, [-1]),
              ),
            );
          expect(relativeError(flat(cached.gradients), flat(whole.gradients))).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("is not the mean of the parts' own gradients: that is another loss", () => {
    const model = head();
    const views = [images(8, 3), images(8, 4)];
    const lossOf = (rows: readonly tf.Tensor2D[]): tf.Scalar => {
      const [a, b] = rows.map((x) => model.apply(x, "train"));
      return ntXent(a as tf.Tensor2D, b as tf.Tensor2D);
    };
    const whole = direct(model.parameters, () => lossOf(views));
    const halves = [0, 4].map((start) =>
      direct(model.parameters, () =>
        lossOf(views.map((x) => tf.slice(x, [start, 0], [4, -1]) as tf.Tensor2D)),
      ),
    );
    const name = "0.weight";
    const mean = tf.div(tf.addN(halves.map(({ gradients }) => gradients[name] as tf.Tensor)), 2);
    expect(relativeError(mean, whole.gradients[name] as tf.Tensor)).toBeGreaterThan(0.05);
  });

  it("running statistics move once a part, and nothing is left behind", () => {
    const build = (): {
      model: (x: tf.Tensor2D) => tf.Tensor2D;
      parameters: Variables;
      buffers: Variables;
    } => {
      const first = linear({ inFeatures: 5, outFeatures: 4, random: createRandom("bn") });
      const norm = batchNorm({ channels: 4 });
      return {
        model: (x) => norm.apply(first.apply(x, "train"), "train") as tf.Tensor2D,
        parameters: { ...first.parameters, scale: norm.parameters["weight"] as tf.Variable },
        buffers: norm.buffers,
      };
    };
    const [plain, cached] = [build(), build()];
    const parts = [images(4, 5), images(4, 6)];
    for (const x of parts) plain.model(x);
    const run = (): void =>
      tf.tidy(() => {
        cachedGradients({
          parameters: cached.parameters,
          buffers: cached.buffers,
          parts: 2,
          encode: (part) => [cached.model(parts[part] as tf.Tensor2D)],
          loss: ([z]) => tf.mean(tf.square(tf.sub(z as tf.Tensor2D, 1))),
        });
      });
    run();
    for (const name of ["running_mean", "running_var"]) {
      const [a, b] = [cached.buffers[name], plain.buffers[name]] as [tf.Variable, tf.Variable];
      expect(relativeError(a, b)).toBeLessThan(1e-6);
    }
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("says what is wrong", () => {
    const { parameters } = head();
    const loss = (): tf.Scalar => tf.scalar(0);
    expect(() => cachedGradients({ parameters, parts: 0, encode: () => [], loss })).toThrow(
      /`parts` must be a whole number above 0, got 0/,
    );
    expect(() => cachedGradients({ parameters, parts: 2, encode: () => [], loss })).toThrow(
      /same number of views, at least one, got 0, 0/,
    );
  });
});
