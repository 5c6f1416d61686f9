// Images resized by interpolation between four neighbours.
import { aten } from "../aten.ts";
import { define } from "../kernel.ts";
import { inFloat } from "./casting.ts";
import { channelsSecond, inFormat } from "./layout.ts";
import { linearMatrix, type Resize, type Resizing } from "./resize-axis.ts";
import { resizeBy, resizeGradientBy } from "./resize-matrices.ts";

const upsample = aten("upsample_bilinear2d");
const upsampleBackward = aten("upsample_bilinear2d_backward");

define<Resize>("ResizeBilinear", ({ images }, attributes) => {
  const x = inFloat(images);
  const { alignCorners, size } = attributes;
  if (!isOfATen(attributes)) return resizeBy(linearMatrix, x, size);
  return inFormat(upsample(channelsSecond(x.slot, "NHWC"), size, alignCorners), "NHWC");
});

define<Resizing>("ResizeBilinearGrad", ({ images, dy }, attributes) => {
  if (!isOfATen(attributes)) return resizeGradientBy(linearMatrix, images, dy);
  const [count, height, width, channels] = images.shape as [number, number, number, number];
  const dx = upsampleBackward(
    channelsSecond(dy.slot, "NHWC"),
    dy.shape.slice(1, 3),
    [count, channels, height, width],
    attributes.alignCorners,
  );
  return inFormat(dx, "NHWC");
});

/** ATen has no resizing in which pixels have no size but corners do not lie on corners, TensorFlow's first one. */
function isOfATen({ alignCorners, halfPixelCenters }: Resizing): boolean {
  return alignCorners || halfPixelCenters;
}
