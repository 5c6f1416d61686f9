/** A text as LaTeX shows it as it is. */
export function latexText(text: string): string {
  const special: Record<string, string> = {
    "\\": String.raw`\textbackslash{}`,
    "~": String.raw`\textasciitilde{}`,
    "^": String.raw`\textasciicircum{}`,
    "<": String.raw`\textless{}`,
    ">": String.raw`\textgreater{}`,
    "|": String.raw`\textbar{}`,
    '"': String.raw`\textquotedbl{}`,
  };
  return text.replaceAll(
    /[\\~^<>|"&%$#_{}]/g,
    (character) => special[character] ?? `\\${character}`,
  );
}

/** A text as a cell of a Markdown table shows it as it is. */
export function markdownText(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]<>|~]/g, (character) => `\\${character}`)
    .replaceAll(/\s*[\r\n]+\s*/g, " ");
}
