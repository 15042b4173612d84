import { createRequire } from "node:module";
import { Language, type Node, Parser } from "web-tree-sitter";

/** A declaration of a template, with what stands behind its equals sign. */
export type Declared = {
  readonly name: string;
  readonly body: Node | undefined;
  readonly decorators: ReadonlyMap<string, Node | undefined>;
  /** The type as written, as "string" or "int"; of parameters and outputs. */
  readonly type: string;
};

/** A resource or module. */
export type Placed = {
  readonly name: string;
  /** What stands in quotes: "Microsoft.Web/sites@2025-03-01", or a path. */
  readonly what: string;
  readonly isExisting: boolean;
  readonly condition: Node | undefined;
  readonly isLoop: boolean;
  readonly body: Node;
  /** The declaration it stands in. */
  readonly parent: Placed | undefined;
};

/** One Bicep file, by its syntax alone. */
export type Template = {
  readonly path: string;
  readonly root: Node;
  readonly params: ReadonlyMap<string, Declared>;
  readonly vars: ReadonlyMap<string, Declared>;
  readonly outputs: ReadonlyMap<string, Declared>;
  readonly resources: readonly Placed[];
  readonly modules: readonly Placed[];
  readonly syntaxErrors: readonly string[];
};

await Parser.init();
const wasm = createRequire(import.meta.url).resolve("tree-sitter-bicep/tree-sitter-bicep.wasm");
const parser = new Parser().setLanguage(await Language.load(wasm));

/** Reads a template; what can't be read is in `syntaxErrors`. */
export function templateFrom(path: string, text: string): Template {
  // The grammar has no assignment of parameters without a type; apart from the word it is that of a variable.
  const readable = path.endsWith(".bicepparam") ? text.replaceAll(/^param (\w+) =/gmu, "var $1 =") : text;
  const tree = parser.parse(readable);
  if (tree === null) throw new Error(`${path}: not parsed`);
  const root = tree.rootNode;
  const params = new Map<string, Declared>();
  const vars = new Map<string, Declared>();
  const outputs = new Map<string, Declared>();
  const resources: Placed[] = [];
  const modules: Placed[] = [];
  let decorators: ReadonlyMap<string, Node | undefined> = new Map();
  for (const node of childrenOf(root)) {
    if (node.type === "comment") continue;
    const [named, ...rest] = childrenOf(node);
    const body = rest.findLast(({ type }) => type !== "comment");
    const declared = { name: named?.text ?? "", decorators, type: rest[0]?.text ?? "" };
    if (node.type === "parameter_declaration") {
      params.set(declared.name, { ...declared, body: rest.length > 1 ? body : undefined });
    }
    if (node.type === "variable_declaration") vars.set(declared.name, { ...declared, body });
    if (node.type === "output_declaration") outputs.set(declared.name, { ...declared, body });
    if (node.type === "resource_declaration") resources.push(...placedIn(node, undefined));
    if (node.type === "module_declaration") modules.push(...placedIn(node, undefined));
    decorators = node.type === "decorators" ? decoratorsIn(node) : new Map();
  }
  return { path, root, params, vars, outputs, resources, modules, syntaxErrors: errorsIn(root) };
}

/** The children that mean something. */
export function childrenOf(node: Node): readonly Node[] {
  return node.namedChildren.filter((child): child is Node => child !== null);
}

/** All nodes under one, itself first. */
export function* nodesIn(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesIn(child);
}

/** The text of a string without anything put into it; undefined for all else. */
export function plainText(node: Node | undefined): string | undefined {
  if (node?.type !== "string") return undefined;
  const parts = childrenOf(node);
  if (parts.some(({ type }) => type === "interpolation")) return undefined;
  return node.text.startsWith("'''") ? node.text.slice(3, -3) : node.text.slice(1, -1).replaceAll(/\\(.)/gu, "$1");
}

/** The properties of an object by name. */
export function propertiesOf(object: Node | undefined): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  if (object?.type !== "object") return found;
  for (const property of childrenOf(object)) {
    const [key, value] = childrenOf(property).filter(({ type }) => type !== "comment");
    if (property.type !== "object_property" || key === undefined || value === undefined) continue;
    if (key.type === "resource_declaration") continue;
    found.set(plainText(key) ?? key.text, value);
  }
  return found;
}

function placedIn(node: Node, parent: Placed | undefined): readonly Placed[] {
  const [name, what, body] = childrenOf(node).filter(({ type }) => type !== "comment");
  if (name === undefined || what === undefined || body === undefined) return [];
  const isLoop = body.type === "for_statement";
  const inner = isLoop ? body.childForFieldName("body") : body;
  const isConditional = inner?.type === "if_statement";
  const object = isConditional ? childrenOf(inner).findLast(({ type }) => type === "object") : inner;
  if (object === null || object === undefined) return [];
  const own = plainText(what) ?? "";
  const isNested = parent !== undefined && !own.includes("@");
  const [type, version] = parent?.what.split("@") ?? [];
  const placed: Placed = {
    name: name.text,
    what: isNested ? `${type}/${own}@${version}` : own,
    isExisting: node.children.some((child) => child?.text === "existing"),
    condition: isConditional ? childrenOf(inner)[0] : undefined,
    isLoop,
    body: object,
    parent,
  };
  const nested = childrenOf(object).flatMap((property) =>
    childrenOf(property).filter(({ type: kind }) => kind === "resource_declaration"),
  );
  return [placed, ...nested.flatMap((child) => placedIn(child, placed))];
}

function decoratorsIn(node: Node): ReadonlyMap<string, Node | undefined> {
  const found = new Map<string, Node | undefined>();
  for (const decorator of childrenOf(node)) {
    const call = childrenOf(decorator)[0];
    const name = call?.childForFieldName("function")?.text;
    const args = call?.childForFieldName("arguments");
    if (name !== undefined) found.set(name, args ? childrenOf(args)[0] : undefined);
  }
  return found;
}

function errorsIn(root: Node): readonly string[] {
  if (!root.hasError) return [];
  const found: string[] = [];
  const look = (node: Node): void => {
    if (node.isError || node.isMissing)
      found.push(`line ${node.startPosition.row + 1}: not Bicep: ${node.text.slice(0, 60)}`);
    else for (const child of node.children) if (child !== null) look(child);
  };
  look(root);
  return found;
}
