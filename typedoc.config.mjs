// `npm run docs`: the API pages of all packages, in docs/api (not committed). Any warning fails: a
// broken link, a type that is used but not exported, an export without a description.
import { readdirSync, readFileSync } from "node:fs";

const names = readdirSync("packages").map(
  (folder) => JSON.parse(readFileSync(`packages/${folder}/package.json`, "utf8")).name,
);

export default {
  name: "DiRA for TypeScript",
  entryPoints: [
    "packages/*/src/index.ts",
    "packages/{engine,training,visual-words}/src/node/index.ts",
  ],
  tsconfig: "tsconfig.test.json",
  skipErrorChecking: true, // `npm run types` checks them
  out: "docs/api",
  validation: { notDocumented: true, invalidPath: false },
  requiredToBeDocumented: ["Class", "Function", "Interface", "TypeAlias", "Variable"],
  packagesRequiringDocumentation: names,
  treatValidationWarningsAsErrors: true,
};
