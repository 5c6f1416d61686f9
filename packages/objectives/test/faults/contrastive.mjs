import { source } from "./source.mjs";

const CONTRAST = source("contrast");

export const contrastive = {
  ntXent: {
    file: source("nt-xent"),
    test: "src/losses/nt-xent.test.ts",
    changes: [
      ["default temperature", "temperature = 0.1", "temperature = 0.2"],
      ["a batch of one taken", "z2], 2);\n", "z2], 1);\n"],
      ["temperature not checked", 'checkPositive("ntXent", { temperature });', ""],
      ["not normalised", "l2Normalize(tf.concat([z1, z2], 0))", "tf.concat([z1, z2], 0)"],
      ["own similarity not hidden", "const HIDDEN = -1e30", "const HIDDEN = 0"],
      ["own similarity hidden by too little", "const HIDDEN = -1e30", "const HIDDEN = -10"],
      ["times temperature", "tf.div(all, temperature)", "tf.mul(all, temperature)"],
      [
        "wrong pairs",
        "const [first, second] = tf.split(all, 2, 0)",
        "const [first, second] = tf.split(tf.reverse(all, 0), 2, 0)",
      ],
      [
        "sum over rows forgotten in the positive",
        "tf.sum(tf.mul(first, second), 1)",
        "tf.mean(tf.mul(first, second), 1)",
      ],
      [
        "gradient: transposed share missing",
        "tf.add(own, tf.matMul(weights, tf.div(all, total), true, false))",
        "tf.mul(own, 2)",
      ],
      ["gradient: the other side not normalised", "tf.div(all, total), true", "all, true"],
      ["no shift", "tf.max(others, 1, true)", "tf.mul(0, tf.max(others, 1, true))"],
      ["gradient: positives once", "tf.mul(partners, 2)", "tf.mul(partners, 1)"],
      [
        "gradient: partners not exchanged",
        "tf.concat([second, first], 0)",
        "tf.concat([first, second], 0)",
      ],
      ["gradient: mean over N", "2 * N * temperature)", "N * temperature)"],
      ["gradient: without temperature", "2 * N * temperature)", "2 * N)"],
      ["gradient: output gradient ignored", "tf.mul(saved as tf.Tensor, dy)", "saved as tf.Tensor"],
      [
        "sign",
        "tf.sub(tf.mean(tf.add(largest, tf.log(total))), tf.mean(positive))",
        "tf.sub(tf.mean(positive), tf.mean(tf.add(largest, tf.log(total))))",
      ],
    ],
  },
  inBatchInfoNce: {
    file: source("in-batch-info-nce"),
    test: "src/losses/in-batch-info-nce.test.ts",
    changes: [
      ["default temperature", "temperature = 0.2", "temperature = 0.1"],
      ["a batch of one taken", "keys], 2);", "keys], 1);"],
      ["temperature not checked", 'checkPositive("inBatchInfoNce", { temperature });', ""],
      ["queries not normalised", "l2Normalize(queries)", "queries"],
      ["keys not normalised", "l2Normalize(keys)", "keys"],
      [
        "over queries, not keys",
        "tf.matMul(l2Normalize(queries), l2Normalize(keys), false, true)",
        "tf.matMul(l2Normalize(keys), l2Normalize(queries), false, true)",
      ],
      [
        "times temperature",
        "tf.div(similarities, temperature)",
        "tf.mul(similarities, temperature)",
      ],
      ["without temperature", "tf.div(similarities, temperature)", "similarities"],
      ["sign", "tf.div(similarities, temperature)", "tf.div(similarities, -temperature)"],
      [
        "pairs off by one",
        'tf.range(0, N, 1, "int32")',
        'tf.mod(tf.range(1, N + 1, 1, "int32"), N)',
      ],
      [
        "sum over the batch",
        'softmaxCrossEntropy(tf.div(similarities, temperature), tf.range(0, N, 1, "int32"))',
        'tf.mul(N, softmaxCrossEntropy(tf.div(similarities, temperature), tf.range(0, N, 1, "int32")))',
      ],
      ["normalised with a large ε", "l2Normalize(keys)", "l2Normalize(keys, 1)"],
    ],
  },
  infoNce: {
    file: source("info-nce"),
    test: "src/losses/info-nce.test.ts",
    changes: [
      ["default temperature", "temperature = 0.2", "temperature = 0.07"],
      ["temperature not checked", 'checkPositive("infoNce", { temperature });', ""],
      ["queries not normalised", "l2Normalize(queries)", "queries"],
      ["keys not normalised", "l2Normalize(keys)", "keys"],
      [
        "negatives' width not checked",
        'checkShapes("infoNce", { queries: [queries, "N C"], negatives: [negatives, "K C"] });',
        "",
      ],
      ["an empty batch taken", '["keys", keys], 1);', '["keys", keys], 0);'],
      [
        "the positive left out of the sum",
        "tf.logSumExp(logSums, 1, true)",
        "tf.logSumExp(tf.slice(logSums, [0, 1]), 1, true)",
        CONTRAST,
      ],
      [
        "gradient: positive not pulled",
        "tf.mul(keys, tf.sub(own, 1))",
        "tf.mul(keys, own)",
        CONTRAST,
      ],
      ["gradient: without temperature", "q.shape[0] * temperature)", "q.shape[0])", CONTRAST],
      ["gradient: sum over the batch", "q.shape[0] * temperature)", "temperature)", CONTRAST],
      [
        "gradient: output gradient ignored",
        "tf.mul(saved as tf.Tensor, dy)",
        "saved as tf.Tensor",
        CONTRAST,
      ],
      ["gradient: blocks not weighed", "tf.mul(mean, weights[i] as tf.Tensor)", "mean", CONTRAST],
      ["sign", "tf.sub(logSum, positive)", "tf.sub(positive, logSum)", CONTRAST],
      [
        "no shift",
        "const largest = tf.max(similarities, 1, true);",
        "const largest = tf.mul(0, tf.max(similarities, 1, true));",
        CONTRAST,
      ],
      ["last block lost", "Math.ceil(count / rows)", "Math.floor(count / rows)", CONTRAST],
      ["times temperature", "tf.div(q, temperature)", "tf.mul(q, temperature)", CONTRAST],
    ],
  },
};
