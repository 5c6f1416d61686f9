// Draws at random, the same for the same seed.
import * as tf from "@tensorflow/tfjs";
import { aten } from "../aten.ts";
import { constant } from "../constant.ts";
import { define } from "../kernel.ts";

const contiguous = aten("contiguous");
const cumsum = aten("cumsum");
const expand = aten("expand");
const narrow = aten("narrow");
const searchSorted = aten("searchsorted.Tensor");
const softmax = aten("softmax.int");

interface MultinomialAttributes {
  readonly numSamples: number;
  readonly seed: number;
  readonly normalized: boolean;
}

define<MultinomialAttributes>("Multinomial", ({ logits }, { numSamples, seed, normalized }) => {
  const [rows, events] = logits.shape as [number, number];
  const probabilities = normalized ? logits.slot : softmax(logits.slot, -1);
  // The last event is what remains, whatever the sum is rounded to.
  const upTo = contiguous(narrow(cumsum(probabilities, -1), 1, 0, events - 1));
  const draws = constant(uniform(numSamples, seed), "float32");
  return searchSorted(upTo, contiguous(expand(draws, [rows, numSamples])), true, true);
});

/** The numbers that TensorFlow.js's own engines draw with: each row of a batch gets the same. */
function uniform(count: number, seed: number): Float32Array {
  const drawn = tf.randomUniform([count], 0, 1, "float32", seed);
  const values = drawn.dataSync<"float32">();
  drawn.dispose();
  return values;
}
