import { didYouMean } from "../did-you-mean.ts";
import { UsageError } from "../usage-error.ts";

type Tree = { [key: string]: unknown };

/**
 * Sets `path=value` in a configuration, the value read as JSON where it is JSON.
 *
 * @throws UsageError for a path that does not exist, with the nearest one that does.
 */
export function setPath(config: Tree, assignment: string): void {
  const [path, value] = readAssignment(assignment);
  const keys = path.split(".");
  let node = config;
  keys.forEach((key, depth) => {
    if (!(key in node)) {
      throw new UsageError(
        `--set: there is no \`${keys.slice(0, depth + 1).join(".")}\`.${didYouMean(key, Object.keys(node))}`,
      );
    }
    if (depth === keys.length - 1) node[key] = value;
    else if (typeof node[key] === "object" && node[key] !== null) node = node[key] as Tree;
    else throw new UsageError(`--set: \`${keys.slice(0, depth + 1).join(".")}\` has no parts.`);
  });
}

/** Path and value of `path=value`. @throws UsageError for what has no path. */
export function readAssignment(assignment: string): [path: string, value: unknown] {
  const at = assignment.indexOf("=");
  if (at < 1) throw new UsageError(`--set: expected path=value, got \`${assignment}\`.`);
  return [assignment.slice(0, at), jsonOrText(assignment.slice(at + 1))];
}

/** JSON, or else a text as it is. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
