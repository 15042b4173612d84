// Bundles what runs as a process of its own. dist/lakeferry.cjs is the function app: the one file that package.json
// names as main, loaded alike by Azure and by the local host. dist/local/*.mjs is the small Azure of `npm start`: bundled
// it starts faster and needs half the memory, as no process has to strip types.
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const common = { absWorkingDir: root, bundle: true, platform: "node", sourcemap: true, logLevel: "warning" } as const;

const app: BuildOptions = {
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
};

const local: BuildOptions = {
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
};

await Promise.all([build(app), build(local)]);
