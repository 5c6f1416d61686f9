/** A name for the files of each image: its id without the ending, of letters, digits, `.`, `_` and `-`; each another. */
export function outputNames(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    const stem = id.replace(/\.(nii\.gz|[a-z]{2,5})$/i, "").replaceAll(/[^\w.-]+/g, "_");
    const plain = stem.replace(/^[._]+/, "") || "image";
    let name = plain;
    for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${plain}-${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
