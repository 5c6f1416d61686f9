import { source } from "./source.mjs";

export const distillation = {
  negativeCosine: {
    file: source("negative-cosine"),
    test: "src/losses/negative-cosine.test.ts",
    pattern: "negativeCosine",
    changes: [
      [
        "sign",
        'tf.neg(meanCosine("negativeCosine", predictions, targets))',
        'meanCosine("negativeCosine", predictions, targets)',
      ],
      ["target not held constant", "detach(l2Normalize(targets))", "l2Normalize(targets)"],
      [
        "prediction held constant instead",
        "[l2Normalize(predictions), detach(l2Normalize(targets))]",
        "[detach(l2Normalize(predictions)), l2Normalize(targets)]",
      ],
      ["predictions not normalised", "l2Normalize(predictions)", "predictions"],
      ["targets not normalised", "l2Normalize(targets)", "targets"],
      ["over the batch", "tf.mean(tf.sum(tf.mul(p, z), 1))", "tf.mean(tf.sum(tf.mul(p, z), 0))"],
      ["mean over features", "tf.mean(tf.sum(tf.mul(p, z), 1))", "tf.mean(tf.mul(p, z))"],
      ["sum over the batch", "tf.mean(tf.sum(tf.mul(p, z), 1))", "tf.sum(tf.mul(p, z))"],
      ["rows paired backwards", "tf.mul(p, z)", "tf.mul(p, tf.reverse(z, 0))"],
      ["an empty batch taken", '["targets", targets], 1);', '["targets", targets], 0);'],
      ["error in another's name", 'meanCosine("negativeCosine"', 'meanCosine("cosine"'],
    ],
  },
  byolLoss: {
    file: source("negative-cosine"),
    test: "src/losses/negative-cosine.test.ts",
    pattern: "byolLoss",
    changes: [
      ["constant", "tf.sub(2, tf.mul(2,", "tf.sub(1, tf.mul(2,"],
      ["factor", "tf.sub(2, tf.mul(2,", "tf.sub(2, tf.mul(1,"],
      ["sign", "tf.sub(2, tf.mul(2,", "tf.add(2, tf.mul(2,"],
      [
        "arguments exchanged",
        'meanCosine("byolLoss", predictions, targets)',
        'meanCosine("byolLoss", targets, predictions)',
      ],
      ["target not held constant", "detach(l2Normalize(targets))", "l2Normalize(targets)"],
      ["predictions not normalised", "l2Normalize(predictions)", "predictions"],
      ["targets not normalised", "l2Normalize(targets)", "targets"],
      ["over the batch", "tf.mean(tf.sum(tf.mul(p, z), 1))", "tf.mean(tf.sum(tf.mul(p, z), 0))"],
      [
        "distance, not its square",
        "tf.mean(tf.sum(tf.mul(p, z), 1))",
        "tf.mean(tf.sqrt(tf.abs(tf.sum(tf.mul(p, z), 1))))",
      ],
      ["error in another's name", 'meanCosine("byolLoss"', 'meanCosine("negativeCosine"'],
    ],
  },
  dinoLoss: {
    file: source("dino-loss"),
    test: "src/losses/dino-loss.test.ts",
    changes: [
      ["student's default", "studentTemperature = 0.1", "studentTemperature = 0.2"],
      ["teacher's default", "teacherTemperature = 0.04", "teacherTemperature = 0.07"],
      ["no centre", "tf.sub(teacher, center)", "teacher"],
      ["centre added", "tf.sub(teacher, center)", "tf.add(teacher, center)"],
      [
        "centre after sharpening",
        "tf.div(tf.sub(teacher, center), teacherTemperature)",
        "tf.sub(tf.div(teacher, teacherTemperature), center)",
      ],
      [
        "teacher's temperature times",
        "tf.div(tf.sub(teacher, center), teacherTemperature)",
        "tf.mul(tf.sub(teacher, center), teacherTemperature)",
      ],
      [
        "student's temperature times",
        "tf.div(student, studentTemperature)",
        "tf.mul(student, studentTemperature)",
      ],
      [
        "temperatures exchanged",
        "tf.div(student, studentTemperature)",
        "tf.div(student, teacherTemperature)",
      ],
      [
        "teacher not a distribution",
        "softmax(tf.div(tf.sub(teacher, center), teacherTemperature)),",
        "tf.div(tf.sub(teacher, center), teacherTemperature),",
      ],
      ["student as teacher", "tf.sub(teacher, center)", "tf.sub(student, center)"],
      [
        "temperatures not checked",
        'checkPositive("dinoLoss", { studentTemperature, teacherTemperature });',
        "",
      ],
      ["an empty batch taken", '["teacher", teacher], 1);', '["teacher", teacher], 0);'],
      [
        "centre's width not checked",
        'checkShapes("dinoLoss", { teacher: [teacher, "N K"], center: [center, "K"] });',
        "",
      ],
    ],
  },
};
