// Bundles what runs as a process of its own. dist/lakeferry.cjs is the function app: the one file that package.json
// names as main, loaded alike by Azure and by the local host. dist/local/*.mjs is the small Azure of `npm start`: bundled
// it starts faster and needs half the memory, as no process has to strip types. dist/cli is a package of its own: the
// `lakeferry` command, for `npm install --global ./dist/cli` or `npm pack ./dist/cli`, without anything else.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type OutputFile } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  sourcemap: true,
  logLevel: "warning",
  write: false,
} as const;

const app = {
  ...common,
  entryPoints: ["functions/index.ts"],
  outfile: "dist/lakeferry.cjs",
  format: "cjs",
  target: "node22",
  minifyWhitespace: true,
  minifySyntax: true,
  // The host provides this module; it is on no disk.
  external: ["@azure/functions-core"],
  // Some dependencies are ES modules that ask where they stand.
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
} as const satisfies BuildOptions;

const local = {
  ...common,
  entryPoints: [
    ...["gen1", "gen2", "host"].map((name) => ({ in: `local/${name}/main.ts`, out: name })),
    { in: "local/start/leashed.ts", out: "leashed" },
  ],
  outdir: "dist/local",
  outExtension: { ".js": ".mjs" },
  format: "esm",
  target: "node24",
  // Bundled CommonJS dependencies still ask for require.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
} satisfies BuildOptions;

const cli = {
  ...common,
  entryPoints: [{ in: "src/cli/main.ts", out: "lakeferry" }],
  outdir: "dist/cli",
  outExtension: { ".js": ".mjs" },
  format: "esm",
  target: "node20",
  sourcemap: false,
  banner: local.banner,
} satisfies BuildOptions;

const built = await Promise.all([build(app), build(local), build(cli)]);
for (const { path, text } of built.flatMap(({ outputFiles }) => outputFiles)) {
  put({ path, contents: Buffer.from(path.endsWith(".map") ? text : asciiOnly(text)) });
}
put({ path: join(root, cli.outdir, "package.json"), contents: Buffer.from(cliPackage()) });
chmodSync(join(root, cli.outdir, "lakeferry.mjs"), 0o755);

function cliPackage(): string {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Readonly<Record<string, unknown>>;
  const { name, version, license } = own;
  const description = "The command for a running lakeferry app.";
  const bin = { lakeferry: "lakeferry.mjs" };
  return `${JSON.stringify({ name, version, description, license, type: "module", bin, engines: { node: ">=20" } }, undefined, 2)}\n`;
}

// V8 keeps the text of a program that it has loaded: two bytes for each character once a single one doesn't fit into one. What is
// left of these after esbuild stands in regular expressions, where an escape means the same.
function asciiOnly(text: string): string {
  return text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Whole or not at all, and only when it differs: another command may be starting from these files at this moment.
function put({ path, contents }: Pick<OutputFile, "path" | "contents">): void {
  if (contentOf(path)?.equals(contents) === true) return;
  mkdirSync(dirname(path), { recursive: true });
  const half = `${path}.${process.pid}`;
  writeFileSync(half, contents);
  renameSync(half, path);
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
