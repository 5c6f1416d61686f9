// Strings.
import { backend_util, util } from "@tensorflow/tfjs";
import { shared } from "@tensorflow/tfjs-backend-cpu";
import { defineOnHost, type HostStrings, type HostTensor, onHost } from "../host-kernel.ts";
import { forStrings } from "../strings.ts";
import "./binary.ts";

const comparisons: Readonly<Record<string, typeof shared.equalImpl>> = {
  Equal: shared.equalImpl,
  Greater: shared.greaterImpl,
  GreaterEqual: shared.greaterEqualImpl,
  Less: shared.lessImpl,
  LessEqual: shared.lessEqualImpl,
  NotEqual: shared.notEqualImpl,
};

for (const [kernel, compare] of Object.entries(comparisons))
  forStrings(
    kernel,
    onHost<{ readonly a: HostStrings; readonly b: HostStrings }>(({ a, b }) => {
      const [values, shape] = compare(a.shape, b.shape, textOf(a), textOf(b), "bool");
      return { values, shape, dtype: "bool" };
    }),
  );

interface ReplaceAttributes {
  readonly pattern: string;
  readonly rewrite: string;
  readonly replaceGlobal: boolean;
}

defineOnHost<{ readonly x: HostStrings }, ReplaceAttributes>(
  "StaticRegexReplace",
  ({ x }, { pattern, rewrite, replaceGlobal }) => {
    const expression = new RegExp(pattern, replaceGlobal ? "g" : "");
    const replaced = textOf(x).map((text) => util.encodeString(text.replace(expression, rewrite)));
    return { values: replaced, shape: x.shape, dtype: "string" };
  },
);

interface NGramsAttributes {
  readonly separator: string;
  readonly nGramWidths: number[];
  readonly leftPad: string;
  readonly rightPad: string;
  readonly padWidth: number;
  readonly preserveShortSequences: boolean;
}

defineOnHost<
  { readonly data: HostStrings; readonly dataSplits: HostTensor<Int32Array> },
  NGramsAttributes
>("StringNGrams", ({ data, dataSplits }, attributes) => {
  const [nGrams, splits] = shared.stringNGramsImpl(
    data.values,
    dataSplits.values,
    attributes.separator,
    attributes.nGramWidths,
    attributes.leftPad,
    attributes.rightPad,
    attributes.padWidth,
    attributes.preserveShortSequences,
  );
  return [
    { values: nGrams, shape: [nGrams.length], dtype: "string" },
    { values: splits, shape: dataSplits.shape, dtype: "int32" },
  ];
});

defineOnHost<
  { readonly input: HostStrings; readonly delimiter: HostStrings },
  { readonly skipEmpty: boolean }
>("StringSplit", ({ input, delimiter }, { skipEmpty }) => {
  const [indices, values, shape] = shared.stringSplitImpl(
    input.values,
    delimiter.values[0] as Uint8Array,
    skipEmpty,
  );
  return [
    { values: indices, shape: [values.length, 2], dtype: "int32" },
    { values, shape: [values.length], dtype: "string" },
    { values: Int32Array.from(shape), shape: [2], dtype: "int32" },
  ];
});

defineOnHost<{ readonly input: HostStrings }, { readonly numBuckets: number }>(
  "StringToHashBucketFast",
  ({ input }, { numBuckets }) => {
    if (numBuckets <= 0) throw new Error("Number of buckets must be at least 1");
    const buckets = shared.stringToHashBucketFastImpl(input.values, numBuckets);
    return { values: buckets, shape: input.shape, dtype: "int32" };
  },
);

function textOf({ values }: HostStrings): string[] {
  return backend_util.fromUint8ToStringArray(values);
}
