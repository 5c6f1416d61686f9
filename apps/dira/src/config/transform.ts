import { z } from "zod";

const blocks = z.enum(["sequential", "authors"]);

/** `transform` in a configuration: what views are made by. */
export const transformSchema = z.discriminatedUnion("kind", [
  /** DiRA's two views. */
  z.strictObject({
    kind: z.literal("dira"),
    flip: z.enum(["aligned", "authors"]),
    overlap: z.enum(["apart", "authors"]),
  }),
  /** TransVW's one view of a cube. */
  z.strictObject({
    kind: z.literal("transvw"),
    variant: z.enum(["pytorch", "keras"]),
    overlap: blocks,
  }),
  /** Models Genesis' one view of a cube. */
  z.strictObject({ kind: z.literal("models-genesis"), overlap: blocks }),
]);

/** What views are made by. */
export type TransformConfig = z.infer<typeof transformSchema>;

/** Views that each kind of transform gives. */
export const VIEWS: Readonly<Record<TransformConfig["kind"], number>> = {
  dira: 2,
  transvw: 1,
  "models-genesis": 1,
};
