const SAFE = /[^\w.-]+/g;

/**
 * Gives names for files of images, each another: the image's id without its ending, and a further word, of letters, digits,
 * `.`, `_` and `-`.
 */
export function fileNamer(): (id: string, word?: string) => string {
  const taken = new Set<string>();
  return (id, word) => {
    const stem = id.replace(/\.(nii\.gz|[a-z]{2,5})$/i, "").replaceAll(SAFE, "_");
    const told = word === undefined ? "" : `-${word.replaceAll(SAFE, "_")}`;
    const plain = `${stem.replace(/^[._]+/, "") || "image"}${told}`;
    let name = plain;
    for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${plain}-${n}`;
    taken.add(name.toLowerCase());
    return name;
  };
}
