// Module hooks: tfjs-core's `dist` is written for bundlers (ES modules named .js, imports without an
// extension). Its relative imports are completed here and its files loaded as ES modules. All else,
// the engines among it, is loaded as usual.
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const CORE = "/node_modules/@tensorflow/tfjs-core/dist/";
const isFile = (url) => statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() === true;

export async function resolve(specifier, context, next) {
  const { parentURL = "" } = context;
  if (parentURL.includes(CORE)) {
    if (specifier === "seedrandom")
      return { url: new URL("seedrandom.mjs", import.meta.url).href, shortCircuit: true };
    if (specifier.startsWith(".")) {
      const url = new URL(specifier, parentURL).href.replace(/\/$/, "");
      const found = [url, `${url}.js`, `${url}/index.js`].find(isFile);
      if (found !== undefined) return { url: found, shortCircuit: true };
    }
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (url.includes(CORE) && url.endsWith(".js") && existsSync(fileURLToPath(url)))
    return { format: "module", source: readFileSync(fileURLToPath(url)), shortCircuit: true };
  return next(url, context);
}
