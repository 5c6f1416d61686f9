import { source } from "./source.mjs";

const OFF_DIAGONAL = source("off-diagonal");

export const redundancy = {
  barlowTwinsLoss: {
    file: source("barlow-twins-loss"),
    test: "src/losses/barlow-twins-loss.test.ts",
    changes: [
      ["default λ", "lambda = 0.0051", "lambda = 0.005"],
      ["a batch of one taken", "z2], 2);", "z2], 1);"],
      ["λ not checked", 'checkWeights("barlowTwinsLoss", { lambda });', ""],
      ["divided by N − 1", "tf.div(b, N)", "tf.div(b, N - 1)"],
      ["not centred", "tf.sub(z, tf.mean(z, 0, true))", "z"],
      ["centred over features", "tf.mean(z, 0, true)", "tf.mean(z, 1, true)"],
      [
        "variance over features",
        "tf.mean(tf.square(centred), 0, true)",
        "tf.mean(tf.square(centred), 1, true)",
      ],
      ["no ε", "tf.add(variance, 1e-5)", "variance"],
      ["ε off the root", "tf.sqrt(tf.add(variance, 1e-5))", "tf.add(tf.sqrt(variance), 1e-5)"],
      ["unbiased: no correction", "tf.mul(variance, N / (N - 1))", "variance"],
      ["unbiased: no guard at constants", "const TINY = 1e-30", "const TINY = 0"],
      [
        "rsqrt, whose gradient overflows",
        "tf.div(centred, tf.sqrt(tf.add(variance, 1e-5)))",
        "tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)))",
      ],
      ["diagonal to be 0", "tf.sub(1, diagonal)", "diagonal"],
      [
        "λ on the diagonal",
        "tf.add(invariance, tf.mul(offDiagonal, lambda))",
        "tf.add(tf.mul(invariance, lambda), offDiagonal)",
      ],
      ["diagonal not taken off", "tf.sub(all, tf.sum(tf.square(diagonal)))", "all", OFF_DIAGONAL],
      [
        "Gram: one matrix twice",
        "tf.matMul(b, b, false, true)",
        "tf.matMul(a, a, false, true)",
        OFF_DIAGONAL,
      ],
      [
        "correlation of one view",
        "tf.matMul(a, b, true, false)",
        "tf.matMul(a, a, true, false)",
        OFF_DIAGONAL,
      ],
      [
        "Gram: a product",
        "tf.sum(tf.mul(tf.matMul(a, a, false, true), tf.matMul(b, b, false, true)))",
        "tf.sum(tf.square(tf.matMul(a, b, false, true)))",
        OFF_DIAGONAL,
      ],
    ],
  },
  vicRegLoss: {
    file: source("vicreg-loss"),
    test: "src/losses/vicreg-loss.test.ts",
    changes: [
      ["default weight", "covariance = 1,", "covariance = 2,"],
      ["default ε", "epsilon = 1e-4", "epsilon = 1e-3"],
      ["a batch of one taken", "z2], 2);", "z2], 1);"],
      [
        "weights not checked",
        'checkWeights("vicRegLoss", { invariance, variance, covariance, epsilon });',
        "",
      ],
      ["one view twice", "[z1, z2].map((z) => spread", "[z1, z1].map((z) => spread"],
      ["mean and sum exchanged", 'options.views === "sum"', 'options.views !== "sum"'],
      ["not centred", "tf.sub(z, tf.mean(z, 0, true))", "z"],
      ["centred over features", "tf.mean(z, 0, true)", "tf.mean(z, 1, true)"],
      ["biased", "tf.div(centred, N - 1)", "tf.div(centred, N)"],
      ["no ε", "tf.add(diagonal, epsilon)", "diagonal"],
      ["no hinge", "tf.relu(tf.sub(1, deviation))", "tf.sub(1, deviation)"],
      ["hinge the other way", "tf.relu(tf.sub(1, deviation))", "tf.relu(tf.sub(deviation, 1))"],
      ["variance for deviation", "tf.sqrt(tf.add(diagonal, epsilon))", "tf.add(diagonal, epsilon)"],
      ["hinge summed", "tf.mean(tf.relu(", "tf.sum(tf.relu("],
      ["covariance not over D", "tf.div(offDiagonal, D)", "offDiagonal"],
      ["diagonal not taken off", "tf.sub(all, tf.sum(tf.square(diagonal)))", "all", OFF_DIAGONAL],
    ],
  },
};
