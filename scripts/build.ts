// Bundles the function app into the one file that package.json names as main: what Azure and the local host load.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

await build({
  absWorkingDir: root,
  entryPoints: ["functions/index.ts"],
  outfile: "dist/lakeferry.cjs",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node22",
  sourcemap: true,
  keepNames: true,
  logLevel: "warning",
  // The host provides this module; it is on no disk.
  external: ["@azure/functions-core"],
  // Some dependencies are ES modules that ask where they stand.
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
});
