// What a batch's gradient becomes in micro-batches: `node docs/examples/micro-batches.mjs`. See ../memory.md.
import { pathToFileURL } from "node:url";
import { batchNorm, linear } from "@dira/nn";
import { cachedGradients, inBatchInfoNce } from "@dira/objectives";
import { createRandom } from "@dira/random";
import { meanSquaredError, relu, valueAndGradients } from "@dira/tensor";
import * as tf from "@tensorflow/tfjs";

const [IMAGES, PART] = [12, 4];
const random = createRandom("micro-batches");
const layer = linear({ inFeatures: 6, outFeatures: 5, random });
const norm = batchNorm({ channels: 5 });
const { weight } = layer.parameters;

/** A small encoder, without batch norm and with it. */
const encoders = {
  plain: (x) => relu(layer.apply(x, "train")),
  normalised: (x) => norm.applyRelu(layer.apply(x, "train"), "train"),
};
const rows = (x, part) => tf.slice(x, [PART * part, 0], [PART, -1]);
const parts = Array.from({ length: IMAGES / PART }, (_, part) => part);

/** The gradient of the layer's weight. */
const gradientOf = (loss) => valueAndGradients(loss, [weight]).gradients[0];

/** Ordinary accumulation: the mean of the parts' gradients. */
const accumulated = (lossOfPart) =>
  tf.div(tf.addN(parts.map((part) => gradientOf(() => lossOfPart(part)))), parts.length);

/** How far it is from the whole batch's, ‖a − b‖ / ‖b‖. */
const apart = (a, b) => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b)).dataSync()[0];

/** The four cases; each is the relative distance from the whole batch's gradient. */
export function compare() {
  return tf.tidy(() => {
    const [view1, view2] = [1, 2].map((seed) =>
      tf.randomNormal([IMAGES, 6], 0, 1, "float32", seed),
    );
    const contrast = (encode, a, b) => inBatchInfoNce(encode(a), encode(b), { temperature: 0.2 });
    const cached = (encode) =>
      cachedGradients({
        parameters: { weight },
        buffers: norm.buffers,
        parts: parts.length,
        encode: (part) => [encode(rows(view1, part)), encode(rows(view2, part))],
        loss: ([a, b]) => inBatchInfoNce(a, b, { temperature: 0.2 }),
      }).gradients.weight;
    const { plain, normalised } = encoders;
    const whole = gradientOf(() => contrast(plain, view1, view2));
    return {
      // A mean over images: the parts add up.
      restorativeAccumulated: apart(
        accumulated((part) =>
          meanSquaredError(plain(rows(view1, part)), tf.slice(rows(view2, part), [0, 0], [-1, 5])),
        ),
        gradientOf(() => meanSquaredError(plain(view1), tf.slice(view2, [0, 0], [-1, 5]))),
      ),
      // A contrast within parts has other negatives: another loss.
      contrastiveAccumulated: apart(
        accumulated((part) => contrast(plain, rows(view1, part), rows(view2, part))),
        whole,
      ),
      // Gradient caching, as `microBatch` does it: all negatives, in the memory of a part.
      contrastiveCached: apart(cached(plain), whole),
      // Batch norm within the encoder sees a part at a time, which no caching can change.
      contrastiveCachedWithBatchNorm: apart(
        cached(normalised),
        gradientOf(() => contrast(normalised, view1, view2)),
      ),
    };
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await tf.setBackend("cpu");
  for (const [name, distance] of Object.entries(compare()))
    console.log(`${name}: ${distance.toExponential(1)}`);
}
