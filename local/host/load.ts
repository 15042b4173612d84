import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { type Registry, noStreaming } from "./core-api.ts";
import { textOf } from "./log.ts";

/** Runs every entry point that package.json `main` names, then closes the registry to late registrations. */
export async function loadApp(appRoot: string, registry: Registry): Promise<readonly string[]> {
  const { files, isModule } = entryPoints(appRoot);
  const require = createRequire(join(appRoot, "package.json"));
  // A host that starts again in the same process must see the app anew, with libraries that have not started yet.
  for (const id of Object.keys(require.cache)) if (id.startsWith(appRoot + sep)) delete require.cache[id];
  for (const file of files) await runEntryPoint(file, isModule, require);
  const { model } = registry;
  if (model === undefined) {
    throw new Error(`${appRoot}: none of ${files.join(", ")} registers a function with @azure/functions version 4.`);
  }
  const capabilities = await model.getCapabilities?.({});
  if (capabilities?.["HttpUri"] !== undefined) throw new Error(noStreaming);
  registry.closed = true;
  return files;
}

function entryPoints(appRoot: string): { files: readonly string[]; isModule: boolean } {
  const file = join(appRoot, "package.json");
  if (!existsSync(file)) throw new Error(`${file} does not exist; an app is a folder with a package.json.`);
  const { main = "index.js", type } = JSON.parse(readFileSync(file, "utf8")) as { main?: string; type?: string };
  const files = globSync(main, { cwd: appRoot }).sort();
  if (files.length === 0) throw new Error(`${file}: no file matches main "${main}".`);
  return { files: files.map((name) => join(appRoot, name)), isModule: type === "module" };
}

async function runEntryPoint(file: string, isModule: boolean, require: NodeJS.Require): Promise<void> {
  const extension = extname(file);
  try {
    if (extension === ".mjs" || extension === ".mts" || (isModule && extension !== ".cjs" && extension !== ".cts")) {
      await import(pathToFileURL(file).href);
    } else {
      require(file);
    }
  } catch (error) {
    throw new Error(`The entry point ${file} failed: ${textOf(error)}`, { cause: error });
  }
}
