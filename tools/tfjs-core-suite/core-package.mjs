import { createRequire } from "node:module";

/** The package.json of the tfjs-core that @tensorflow/tfjs runs on. */
export function corePackage() {
  const ours = createRequire(import.meta.url);
  const union = createRequire(ours.resolve("@tensorflow/tfjs/package.json"));
  return union.resolve("@tensorflow/tfjs-core/package.json");
}
