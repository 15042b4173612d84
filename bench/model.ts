// What the largest lakes take, by what was measured: instances, hours, requests and money. Prints the tables of docs/scale.md;
// with --write puts them there. Usage: node bench/model.ts [--write]
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Measured } from "./scale/page.ts";
import { modelTables } from "./scale/tables.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const measured = JSON.parse(readFileSync(join(import.meta.dirname, "scale.json"), "utf8")) as Measured[];
const tables = modelTables(measured);
if (values.write) {
  const page = join(import.meta.dirname, "..", "docs", "scale.md");
  const shown = /(?<=<!-- node bench\/model\.ts -->\n)[\s\S]*(?=<!-- end -->)/u;
  writeFileSync(
    page,
    readFileSync(page, "utf8").replace(shown, () => `\n${tables}\n`),
  );
} else process.stdout.write(tables);
