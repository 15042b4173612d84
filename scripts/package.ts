// What is deployed: the bundle, host.json and a package.json without dependencies, as a folder and as a zip. The same checkout
// gives the same bytes. Usage: node scripts/package.ts [--out DIR]; after node scripts/build.ts. Default: dist.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Zippable, zipSync } from "fflate";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "dist") } } });
const { name, version, description, license, main } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly [property: string]: string;
};

// Nothing is to be installed on Azure: what the app needs is in the bundle.
const packageJson = { name, version, description, license, private: true, main };
const files: Readonly<Record<string, Uint8Array>> = {
  "host.json": readFileSync(join(root, "host.json")),
  "package.json": Buffer.from(`${JSON.stringify(packageJson, undefined, 2)}\n`),
  [main ?? ""]: readFileSync(join(root, main ?? "")),
};

const folder = join(values.out, "package");
const archive = join(values.out, "lakeferry.zip");
rmSync(folder, { recursive: true, force: true });
for (const [path, content] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
// The oldest time a zip can hold: when it was made is no part of what is deployed.
const zippable = Object.fromEntries(
  Object.entries(files).map(([path, content]): [string, Zippable[string]] => [
    path,
    [content, { mtime: "1980-01-01" }],
  ]),
);
const zipped = zipSync(zippable, { level: 9 });
writeFileSync(archive, zipped);

const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
const unpacked = Object.values(files).reduce((sum, { byteLength }) => sum + byteLength, 0);
process.stdout.write(
  `${relative(process.cwd(), archive)}: ${mib(zipped.byteLength)}, ${Object.keys(files).length} files, ${mib(unpacked)} unpacked\n`,
);
