import { source } from "./source.mjs";

export const clusters = {
  sinkhorn: {
    file: source("swapped-prediction"),
    test: "src/losses/swapped-prediction.test.ts",
    pattern: "sinkhorn",
    changes: [
      ["default ε", "epsilon = 0.05", "epsilon = 0.1"],
      ["default iterations", "iterations = 3", "iterations = 2"],
      ["times ε", "tf.div(scores, epsilon)", "tf.mul(scores, epsilon)"],
      ["one iteration less", "i < iterations", "i < iterations - 1"],
      ["one iteration more", "i < iterations", "i <= iterations"],
      ["rows never in between", "if (i > 0) logs", "if (i < 0) logs"],
      ["axes exchanged", "tf.logSumExp(logs, 0, true)", "tf.logSumExp(logs, 1, true)"],
      ["over everything", "tf.logSumExp(logs, 0, true)", "tf.logSumExp(logs)"],
      [
        "last rows not normalised",
        "return softmax(logs) as tf.Tensor2D",
        "return tf.exp(logs) as tf.Tensor2D",
      ],
      [
        "gradient flows",
        "return withoutGradient(() => {\n    let logs",
        "return tf.tidy(() => {\n    let logs",
      ],
      ["parts of an iteration taken", "if (!Number.isInteger(iterations))", "if (iterations < 1)"],
      ["options not checked", 'checkPositive("sinkhorn", { epsilon, iterations });', ""],
    ],
  },
  swappedPrediction: {
    file: source("swapped-prediction"),
    test: "src/losses/swapped-prediction.test.ts",
    pattern: "swappedPrediction",
    changes: [
      ["default temperature", "temperature = 0.1", "temperature = 0.2"],
      ["times temperature", "tf.div(scores, temperature)", "tf.mul(scores, temperature)"],
      ["without temperature", "tf.div(scores, temperature)", "scores"],
      ["sign of scores", "tf.div(scores, temperature)", "tf.div(scores, -temperature)"],
      [
        "arguments exchanged",
        "softmaxCrossEntropy(tf.div(scores, temperature), codes)",
        "softmaxCrossEntropy(tf.div(codes, temperature), scores)",
      ],
      ["codes sharpened", "temperature), codes)", "temperature), softmax(codes))"],
      ["codes paired backwards", "temperature), codes)", "temperature), tf.reverse(codes, 0))"],
      [
        "over the batch",
        "softmaxCrossEntropy(tf.div(scores, temperature), codes)",
        "softmaxCrossEntropy(tf.div(tf.transpose(scores), temperature), tf.transpose(codes))",
      ],
      [
        "gradient to codes",
        "softmaxCrossEntropy(tf.div(scores, temperature), codes)",
        "tf.neg(tf.mean(tf.sum(tf.mul(codes, tf.logSoftmax(tf.div(scores, temperature))), 1)))",
      ],
      ["temperature not checked", 'checkPositive("swappedPrediction", { temperature });', ""],
      [
        "shapes not checked",
        'checkPair("swappedPrediction", ["scores", scores], ["codes", codes], 1);',
        "",
      ],
    ],
  },
};
