import sharp from "sharp";
import { ImageError, type Scan } from "../image.ts";
import { checkSize, DEFAULT_MAX_SECONDS, imageError, type ReadLimits } from "./limits.ts";

/**
 * Decodes a PNG, JPEG, TIFF or WebP file as grey, 8 or 16 bit, bit for bit where it is grey already.
 * Colours become luminance; transparency is dropped. Of several pages the first is read.
 *
 * @param side - shrinks the image so that its shorter side is at most this. @defaultValue no shrinking
 * @throws ImageError when the file is missing, truncated, too large or no image.
 */
export async function decodeImage(
  path: string,
  side: number = Infinity,
  limits: ReadLimits = {},
): Promise<Scan> {
  try {
    const { maxSeconds = DEFAULT_MAX_SECONDS } = limits;
    const source = sharp(path, { failOn: "truncated", limitInputPixels: 268_402_689 });
    const { depth, width, height, channels } = await source.metadata();
    checkSize(path, [height, width], channels * (depth === "uchar" ? 1 : 2), limits);
    const grey = source.removeAlpha().timeout({ seconds: maxSeconds });
    if (Math.min(width, height) > side) grey.resize({ width: side, height: side, fit: "outside" });
    // Without naming 16 bits twice, sharp would give 8; without a colourspace, three channels.
    const raw =
      depth === "ushort"
        ? grey.toColourspace("grey16").raw({ depth: "ushort" })
        : grey.toColourspace("b-w").raw();
    const { data, info } = await raw.toBuffer({ resolveWithObject: true });
    const memory = new SharedArrayBuffer(data.byteLength / info.channels);
    new Uint8Array(memory).set(
      info.channels === 1 ? data : firstChannel(data, info.channels, depth),
    );
    const sixteen = depth === "ushort";
    return {
      data: sixteen ? new Uint16Array(memory) : new Uint8Array(memory),
      shape: [info.height, info.width],
    };
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw imageError(path, "could not be read as an image", error);
  }
}

function firstChannel(data: Uint8Array, channels: number, depth: string): Uint8Array {
  const bytes = depth === "ushort" ? 2 : 1;
  const out = new Uint8Array(data.length / channels);
  for (let i = 0; i < out.length; i += 1) {
    out[i] = data[Math.floor(i / bytes) * bytes * channels + (i % bytes)] as number;
  }
  return out;
}
