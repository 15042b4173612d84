import { readFileSync } from "node:fs";
import { UsageError } from "./outcome.ts";

/** Options that say what to migrate; each goes over what the specification says. */
export type RequestOptions = {
  readonly spec?: string;
  readonly id?: string;
  readonly name?: string;
  readonly label?: readonly string[];
  readonly folder?: string;
  readonly file?: string;
  readonly fileSystem?: string;
  readonly sinkFolder?: string;
  readonly set?: readonly string[];
};

/** A JSON object. */
export type Json = { readonly [key: string]: unknown };

/** The body of a request that starts a migration: the specification with the options over it. */
export async function requestFrom(options: RequestOptions, input: () => Promise<string>): Promise<Json> {
  const { spec, id, name, label = [], folder, file, fileSystem, sinkFolder, set = [] } = options;
  const base = spec === undefined ? {} : await readSpec(spec, input);
  const labels = label.map((text) => assignment("--label", text, String));
  const labelled =
    labels.length === 0 ? base : { ...base, labels: { ...part(base, "labels"), ...Object.fromEntries(labels) } };
  const changes: readonly Change[] = [
    ["id", id],
    ["name", name],
    ["source.folderPath", folder],
    ["source.fileName", file],
    ["sink.fileSystem", fileSystem],
    ["sink.folderPath", sinkFolder],
    ...changesOf(set),
  ];
  return withChanges(labelled, changes);
}

/** A property by its path, as source.folderPath, and its value; undefined changes nothing. */
export type Change = readonly [path: string, value: unknown];

/** A body with changes, the later ones over the earlier ones. */
export function withChanges(body: Json, changes: readonly Change[]): Json {
  return changes
    .filter(([, value]) => value !== undefined)
    .reduce<Json>((sum, [path, value]) => changed(sum, path.split("."), value), body);
}

/** What --set says. */
export function changesOf(set: readonly string[]): readonly Change[] {
  return set.map((text) => assignment("--set", text, valueOf));
}

/** The JSON object in a file, or on standard input. */
export async function readSpec(file: string, input: () => Promise<string>, option = "--spec"): Promise<Json> {
  const where = `${option} ${file}`;
  let spec: unknown;
  try {
    spec = JSON.parse(file === "-" ? await input() : readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(spec)) throw new UsageError(`${where}: expected a JSON object`);
  return spec;
}

function assignment<T>(option: string, text: string, read: (value: string) => T): readonly [string, T] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${option} ${text}: expected NAME=VALUE`);
  return [text.slice(0, at), read(text.slice(at + 1))];
}

// Numbers, true, lists and the like as JSON has them; anything else is a text.
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function changed(body: Json, [first = "", ...rest]: readonly string[], value: unknown): Json {
  return { ...body, [first]: rest.length === 0 ? value : changed(part(body, first), rest, value) };
}

function part(body: Json, property: string): Json {
  const value = Object.hasOwn(body, property) ? body[property] : {};
  if (!isObject(value)) throw new UsageError(`${property}: expected a JSON object in the specification`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
