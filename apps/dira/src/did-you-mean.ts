/** Advice on a word that is not known: the nearest one that is, or all of them. */
export function didYouMean(word: string, known: readonly string[]): string {
  const scored = known.map((k) => [distance(word, k), k] as const).sort((a, b) => a[0] - b[0]);
  const best = scored[0];
  if (best === undefined || best[0] > Math.max(2, best[1].length / 3))
    return ` Known: ${known.join(", ")}.`;
  return ` Did you mean \`${best[1]}\`?`;
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
