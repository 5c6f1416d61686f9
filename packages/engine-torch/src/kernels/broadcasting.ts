// The same values many times.
import { backend_util } from "@tensorflow/tfjs";
import { addon, type Slot } from "../addon.ts";
import { aten } from "../aten.ts";
import { constant } from "../constant.ts";
import { define } from "../kernel.ts";
import { movesStrings } from "../strings.ts";

const clone = aten("clone");
const expand = aten("expand");
const repeat = aten("repeat");

define<{ readonly reps: number[] }>("Tile", ({ x }, { reps }) => repeat(x.slot, reps));

define<{ readonly shape: number[] }>("BroadcastTo", ({ x }, { shape }) =>
  clone(expand(x.slot, shape)),
);

define("BroadcastArgs", ({ s0, s1 }) => {
  const shape = backend_util.assertAndGetBroadcastShape(shapeIn(s0.slot), shapeIn(s1.slot));
  return constant(Int32Array.from(shape), "int32");
});

["Tile", "BroadcastTo"].forEach(movesStrings);

/** The shape that a tensor's values are. */
function shapeIn(slot: Slot): number[] {
  return Array.from(new Int32Array(addon().read(slot)));
}
