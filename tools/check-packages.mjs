// `npm run check:packages`: packs every package, installs the tarballs outside this tree as a user
// would, runs each README's example, typechecks it, and bundles all but the Node-only packages for a browser.
// publint and attw look at each tarball. One line per package; exit 1 if any fails.
// Packages must be built. DIRA_KEEP=1 keeps the folder for a look.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binary = (name) => join(root, "node_modules", ".bin", name);
/** They read and write files, or load an addon. */
const NODE_ONLY = ["@dira/data", "@dira/engine-torch"];
/** ES modules only; nothing is looked up in the registry. */
const ATTW = ["--profile", "esm-only", "--no-definitely-typed", "--format", "ascii", "--no-emoji"];
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Runs a command to its end; `text` is all it printed. */
function run(command, args, cwd, timeout = 60_000) {
  const ended = spawnSync(command, args, { cwd, encoding: "utf8", timeout });
  const { status, error, stdout, stderr } = ended;
  const text = `${stdout ?? ""}${stderr ?? ""}${error === undefined ? "" : error.message}`.trim();
  return { ok: status === 0, stdout: stdout ?? "", text };
}

/** Packs a package and checks the tarball; problems gather in the returned record. */
function pack(folder, tarballs) {
  const path = join(root, "packages", folder);
  const manifest = readJson(join(path, "package.json"));
  const record = { folder, path, manifest, name: manifest.name, problems: [], tarball: undefined };
  if (!existsSync(join(path, "dist", "index.js"))) {
    record.problems.push("not built: run `npm run build` first");
    return record;
  }
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", tarballs];
  const packed = run("npm", args, path);
  if (!packed.ok) {
    record.problems.push(`npm pack: ${packed.text}`);
    return record;
  }
  const [{ filename, files }] = JSON.parse(packed.stdout);
  record.tarball = join(tarballs, filename.replace("@", "").replace("/", "-"));
  const published = run(binary("publint"), ["--strict", record.tarball], root);
  if (!published.ok) record.problems.push(`publint: ${published.text}`);
  const types = run(binary("attw"), [record.tarball, ...ATTW], root);
  if (!types.ok) record.problems.push(`attw: ${types.text}`);
  record.problems.push(...undeclaredImports(record, files));
  return record;
}

/**
 * Modules that the published code or types import without declaring them. All packages are
 * installed together below, which would hide a dependency that is missing from one of them.
 */
function undeclaredImports({ path, manifest }, files) {
  const declared = new Set([
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);
  const problems = new Set();
  for (const { path: file } of files.filter((f) => /\.(js|d\.ts)$/.test(f.path))) {
    const text = readFileSync(join(path, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport\(?)\s*"([^".][^"]*)"/g)) {
      if (/^(node:|#)/.test(specifier)) continue;
      const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      if (!declared.has(name)) problems.add(`${file} imports ${name}, which package.json lacks`);
    }
  }
  return [...problems];
}

/** An empty project with all tarballs, the engines and the compiler. */
function install(project, packages) {
  const { devDependencies } = readJson(join(root, "package.json"));
  const others = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm", "typescript", "@types/node"];
  const specs = packages.map(({ name, tarball }) => [name, `file:${tarball}`]);
  const manifest = {
    private: true,
    type: "module",
    dependencies: {
      ...Object.fromEntries(specs),
      ...Object.fromEntries(others.map((name) => [name, devDependencies[name]])),
    },
    // The packages depend on each other by version, and that version may not be published yet:
    // without overrides npm would look for them in the registry, or test an older release.
    overrides: Object.fromEntries(packages.map(({ name }) => [name, `$${name}`])),
  };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest, null, 2));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  return run("npm", args, project, 300_000);
}

/** The ```ts examples of a README. */
function examplesOf(path) {
  const readme = join(path, "README.md");
  if (!existsSync(readme)) return [];
  return [...readFileSync(readme, "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((m) => m[1]);
}

/** Runs a package's examples as plain JavaScript, and leaves them there for the compiler. */
function runExamples(project, { folder, path, problems }) {
  const examples = examplesOf(path);
  if (examples.length === 0) problems.push("README.md has no ```ts example");
  examples.forEach((code, i) => {
    const file = `example-${folder}-${i + 1}`;
    writeFileSync(join(project, `${file}.mjs`), code);
    writeFileSync(join(project, `${file}.ts`), code);
    const { ok, stdout, text } = run("node", [`${file}.mjs`], project);
    if (!ok) problems.push(`README example fails: ${text}`);
    else if (stdout.trim() === "") problems.push("README example prints nothing");
  });
}

/** Typechecks an import of every package and the examples, as a user with a strict project would. */
function typecheck(project, packages) {
  const lines = packages.map(({ name }, i) => `import * as p${i} from "${name}";`);
  const uses = packages.map((_, i) => `p${i}`).join(", ");
  writeFileSync(join(project, "all.ts"), `${lines.join("\n")}\nconsole.log(${uses});\n`);
  const compilerOptions = {
    strict: true,
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    skipLibCheck: true,
    types: ["node"],
    noEmit: true,
  };
  const config = { compilerOptions, include: ["*.ts"] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config, null, 2));
  return run(join(project, "node_modules", ".bin", "tsc"), ["--pretty", "false"], project, 120_000);
}

/** What keeps the packages out of a browser: modules of Node's that are reached from their doors. */
async function bundleForBrowser(project, packages) {
  const names = packages.map(({ name }) => name).filter((name) => !NODE_ONLY.includes(name));
  const input = join(project, "browser.mjs");
  writeFileSync(input, names.map((name) => `export * as "${name}" from "${name}";\n`).join(""));
  const problems = [];
  const resolveId = (source, importer) => {
    if (!isBuiltin(source)) return undefined;
    problems.push(`in a browser: ${importer} imports ${source}`);
    return { id: source, external: true };
  };
  const external = (id) => id.startsWith("@tensorflow/");
  await build({
    root: project,
    configFile: false,
    logLevel: "error",
    plugins: [{ name: "no-node-modules", enforce: "pre", resolveId }],
    build: {
      write: false,
      rolldownOptions: { input, external, preserveEntrySignatures: "strict" },
    },
  }).catch((error) => problems.push(`in a browser: ${error.message}`));
  return problems;
}

async function main(base) {
  const [tarballs, project] = [join(base, "tarballs"), join(base, "project")];
  for (const folder of [tarballs, project]) mkdirSync(folder);
  const folders = readdirSync(join(root, "packages")).filter((folder) =>
    existsSync(join(root, "packages", folder, "package.json")),
  );
  const all = folders.map((folder) => pack(folder, tarballs));
  const general = [];
  const unpacked = all.filter(({ tarball }) => tarball === undefined);
  const installed = unpacked.length > 0 ? undefined : install(project, all);
  if (installed === undefined) general.push("not installed: some packages could not be packed");
  else if (!installed.ok) general.push(`npm install: ${installed.text}`);
  else {
    for (const record of all) runExamples(project, record);
    const types = typecheck(project, all);
    if (!types.ok) general.push(`types: ${types.text}`);
    general.push(...(await bundleForBrowser(project, all)));
  }
  for (const { name, problems } of all) {
    console.log(
      problems.length === 0 ? `ok    ${name}` : `FAIL  ${name}: ${problems.join("\n      ")}`,
    );
  }
  for (const problem of general) console.log(`FAIL  ${problem}`);
  return all.every(({ problems }) => problems.length === 0) && general.length === 0;
}

const base = mkdtempSync(join(tmpdir(), "dira-packages-"));
try {
  if (!(await main(base))) process.exitCode = 1;
} finally {
  if (process.env["DIRA_KEEP"] === "1") console.log(`kept: ${base}`);
  else rmSync(base, { recursive: true, force: true });
}
