// Puts what runs on the GPU machine into a few files of JavaScript that need no node_modules there.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

/** What is started as a process of its own, by the name of its file there. */
const programs = {
  run: "tools/gpu/run.mjs",
  build: "tools/gpu/stages/build.mjs",
  laws: "tools/gpu/stages/laws.mjs",
  precision: "tools/gpu/stages/precision.mjs",
  leaks: "tools/gpu/stages/leaks.mjs",
  steps: "tools/gpu/stages/steps.mjs",
  profile: "tools/gpu/stages/profile.mjs",
  overhead: "packages/engine-torch/bench/overhead.mjs",
  worker: "tools/bench/worker.mjs",
};

/** Other engines, which are not taken along: importing them fails there as where they are not installed. */
const LEFT_OUT = [
  "@tensorflow/tfjs-backend-wasm",
  "@tensorflow/tfjs-node-gpu",
  "@mapbox/node-pre-gyp",
];

/** Packages are taken as their sources, as tests take them: nothing has to be built before. */
const conditions = ["@dira/source", "node", "import", "default"];

/** Bundles all programs into a folder; what they share, TensorFlow.js first of all, is there once. */
export async function bundle(folder) {
  await build({
    configFile: false,
    root,
    logLevel: "error",
    plugins: [wholeTests],
    resolve: { conditions, alias: aliases() },
    ssr: { noExternal: true, external: LEFT_OUT, resolve: { conditions } },
    build: {
      ssr: true,
      target: "node20",
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: {
        input: Object.fromEntries(
          Object.entries(programs).map(([name, file]) => [name, join(root, file)]),
        ),
        external: LEFT_OUT,
        output: {
          entryFileNames: "[name].mjs",
          chunkFileNames: "[name]-[hash].mjs",
          // TensorFlow.js asks for some of Node's modules by `require`.
          banner: `import { createRequire as requireFrom } from "node:module"; globalThis.require ??= requireFrom(import.meta.url);`,
        },
      },
    },
  });
}

/** A test is imported for its effects alone, of which its package says that it has none. */
const wholeTests = {
  name: "whole-tests",
  transform: (code, id) =>
    id.endsWith(".test.ts") ? { code, moduleSideEffects: true } : undefined,
};

/** Tests run on the engine torch alone, without vitest, which is a server and many workers. */
function aliases() {
  const vitest = createRequire(createRequire(import.meta.url).resolve("vitest/package.json"));
  const expectations = vitest.resolve("@vitest/expect");
  return [
    { find: /^vitest$/, replacement: join(here, "testing", "suite.mjs") },
    { find: /^.*\/engines-here\.ts$/, replacement: join(here, "testing", "engine-here.mjs") },
    { find: "virtual:vitest-expect", replacement: expectations },
    { find: "virtual:chai", replacement: createRequire(expectations).resolve("chai") },
  ];
}
