// The same values in another order of axes, or along axes.
import { util } from "@tensorflow/tfjs";
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { movesStrings } from "../strings.ts";

const flip = aten("flip");
const permute = aten("permute");

// A view: no value moves until something needs them row-major.
define<{ readonly perm: number[] }>("Transpose", ({ x }, { perm }) => permute(x.slot, perm));

define<{ readonly dims: number | number[] }>("Reverse", ({ x }, { dims }) =>
  flip(x.slot, util.parseAxisParam(dims, [...x.shape])),
);

["Transpose", "Reverse"].forEach(movesStrings);
