// What sanitisers wrote, one finding after another.

/** How a finding begins: of memory, of undefined behaviour, of a leak. */
const BEGINS = /^(?==+\d+==ERROR|.*: runtime error: |(?:Direct|Indirect) leak of )/m;
const IS_FINDING = /==ERROR: AddressSanitizer|: runtime error: |^(?:Direct|Indirect) leak of /;

/**
 * Where the memory of a leak was taken: the frames before those of Node. What Node and V8 take when the addon makes a JavaScript
 * value is theirs.
 */
function frames(text) {
  const lines = text.split("\n");
  const node = lines.findIndex((line) => line.includes(`(${process.execPath}+`));
  return /^(Direct|Indirect)/.test(text) && node >= 0 ? lines.slice(0, node).join("\n") : text;
}

/**
 * Splits reports into findings whose stack passes through one of `places` (the addon's file or its sources), and others. A
 * finding that comes again, at other addresses, counts once.
 */
export function findings(reports, places) {
  const each = reports
    .flatMap((text) => text.split(BEGINS))
    .filter((text) => IS_FINDING.test(text))
    .map((text) => text.trim());
  const byKind = new Map(
    each.map((text) => [text.replace(/0x[\da-f]+|==\d+==|\d+ byte/g, ""), text]),
  );
  const unique = [...byKind.values()];
  const isOurs = (text) => places.some((place) => frames(text).includes(place));
  return { ours: unique.filter(isOurs), others: unique.filter((text) => !isOurs(text)) };
}
