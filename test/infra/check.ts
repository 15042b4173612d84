import { dirname, join } from "node:path/posix";
import type { Node } from "web-tree-sitter";
import { bodyProblems } from "./body.ts";
import { policies, roles } from "./policies.ts";
import { childrenOf, nodesIn, type Placed, plainText, propertiesOf, type Template, templateFrom } from "./template.ts";
import { existingOnly, resourceTypes, siteConfigs, taggable } from "./types.ts";
import { optionsOf, valueAt, valueOf } from "./values.ts";

/** What is wrong with templates, each with its file; all that can be said without Azure and without the compiler. */
export function problemsOf(files: ReadonlyMap<string, string>): readonly string[] {
  const templates = new Map<string, Template>();
  for (const [path, text] of files) if (/\.bicep(param)?$/u.test(path)) templates.set(path, templateFrom(path, text));
  return [...templates.values()].flatMap((template) => {
    const found = template.path.endsWith(".bicepparam")
      ? [...template.syntaxErrors, ...assignmentProblems(template, templates)]
      : [
          ...template.syntaxErrors,
          ...declarationProblems(template),
          ...nameProblems(template, templates),
          ...literalProblems(template),
          ...template.resources.flatMap((resource) => resourceProblems(template, resource)),
          ...template.modules.flatMap((module) => moduleProblems(template, module, templates)),
          ...loadProblems(template, files),
        ];
    return found.map((problem) => `${template.path}: ${problem}`);
  });
}

function declarationProblems({ params, vars, outputs, root }: Template): readonly string[] {
  const found: string[] = [];
  const used = new Map<string, number>();
  for (const node of nodesIn(root)) if (node.type === "identifier") used.set(node.text, (used.get(node.text) ?? 0) + 1);
  for (const [name, { decorators, type }] of params) {
    if (!decorators.has("description")) found.push(`param ${name} has no description`);
    const isBounded =
      decorators.has("allowed") ||
      (type === "int" ? decorators.has("minValue") && decorators.has("maxValue") : decorators.has("maxLength"));
    // A region has no length that anybody knows.
    const isFree = type === "bool" || type === "object" || name === "location";
    if (!isBounded && !isFree) found.push(`param ${name} is not constrained`);
    if (/(secret|password|key)$/iu.test(name)) found.push(`param ${name} is a secret; identities need none`);
    if (used.get(name) === 1) found.push(`param ${name} is not used`);
  }
  for (const name of vars.keys()) if (used.get(name) === 1) found.push(`var ${name} is not used`);
  for (const [name, { decorators }] of outputs)
    if (!decorators.has("description")) found.push(`output ${name} has no description`);
  return found;
}

const builtIn = new Set(
  `environment resourceGroup subscription tenant resourceId subscriptionResourceId guid uniqueString take empty split string
  union length cidrSubnet loadTextContent loadJsonContent replace indexOf readEnvironmentVariable description allowed minLength
  maxLength minValue maxValue targetScope`.split(/\s+/u),
);

// Every name leads to something of this file, and what is asked of a module is one of its outputs.
function nameProblems(template: Template, templates: ReadonlyMap<string, Template>): readonly string[] {
  const found: string[] = [];
  const modules = new Map(template.modules.map((module) => [module.name, module]));
  const known = new Set([
    ...template.params.keys(),
    ...template.vars.keys(),
    ...modules.keys(),
    ...builtIn,
    ...template.resources.map(({ name }) => name),
  ]);
  const look = (node: Node, names: ReadonlySet<string>): void => {
    if (node.type === "identifier" && !names.has(node.text))
      found.push(`${node.text} is not declared (line ${node.startPosition.row + 1})`);
    if (node.type === "for_statement") {
      const loop = childrenOf(node).flatMap((child) =>
        child.type === "for_loop_parameters" ? childrenOf(child).map(({ text }) => text) : [],
      );
      const single = node.childForFieldName("initializer")?.text;
      const inner = new Set([...names, ...loop, ...(single === undefined ? [] : [single])]);
      return childrenOf(node).forEach((child) => look(child, inner));
    }
    if (node.type === "member_expression") {
      const object = node.childForFieldName("object");
      if (object !== null) look(object, names);
      const asked = /^(\w+)!?\.outputs$/u.exec(object?.text ?? "")?.[1];
      const module = asked === undefined ? undefined : modules.get(asked);
      const target = module && templates.get(pathOf(template, module));
      const output = node.childForFieldName("property")?.text ?? "";
      if (target !== undefined && !target.outputs.has(output)) found.push(`${module?.what} has no output ${output}`);
      if (module?.condition !== undefined && !node.text.includes("!.")) {
        found.push(`${node.text}: ${asked} may not be there; say ${asked}!`);
      }
      return undefined;
    }
    if (node.type === "resource_expression") {
      const object = node.childForFieldName("object");
      return object === null ? undefined : look(object, names);
    }
    if (node.type === "object_property") {
      const [key, ...values] = childrenOf(node);
      if (key?.type === "resource_declaration") look(key, names);
      else if (key !== undefined && plainText(key) === undefined && key.type === "string") look(key, names);
      return values.forEach((value) => look(value, names));
    }
    if (node.type === "module_declaration" || node.type === "resource_declaration") {
      return childrenOf(node)
        .slice(2)
        .forEach((child) => look(child, names));
    }
    if (/^(parameter|variable|output|metadata)_declaration$/u.test(node.type)) {
      return childrenOf(node)
        .slice(1)
        .forEach((child) => look(child, names));
    }
    return childrenOf(node).forEach((child) => look(child, names));
  };
  look(template.root, known);
  return found;
}

const ofOneCloud =
  /core\.windows\.net|azuredatalakestore\.net|login\.microsoftonline|management\.azure\.com|azurewebsites\.net|vault\.azure\.net/u;
const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu;

function literalProblems({ path, root }: Template): readonly string[] {
  const found: string[] = [];
  for (const node of nodesIn(root)) {
    if (
      node.type === "call_expression" &&
      /^(listKeys|listAccountSas|reference|utcNow)$/u.test(node.childForFieldName("function")?.text ?? "")
    )
      found.push(`${node.childForFieldName("function")?.text} has no place here`);
    if (node.type === "member_expression" && /\.(listKeys|listAccountSas)$/u.test(node.text))
      found.push("keys are not used");
    if (node.type !== "string") continue;
    if (ofOneCloud.test(node.text)) found.push(`${node.text} is the address of one cloud; see environment().suffixes`);
    for (const [id] of node.text.matchAll(guid)) {
      if (roles[id]?.includes(path) !== true) found.push(`the role ${id} may not be given here`);
    }
  }
  return found;
}

function resourceProblems(template: Template, resource: Placed): readonly string[] {
  const { what, isExisting, body, name } = resource;
  const type = resourceTypes.get(what);
  if (type === undefined) return [`${name}: ${what} is no type that the table knows`];
  if (existingOnly.has(what) && !isExisting) return [`${name}: ${what} can only be an existing one`];
  const at = (problem: string) => `${name}: ${problem}`;
  if (isExisting) {
    const extra = [...propertiesOf(body).keys()].filter((key) => !["name", "parent", "scope"].includes(key));
    return extra.map((key) => at(`an existing resource has no ${key}`));
  }
  const found = bodyProblems(template, body, type);
  const config = what.startsWith("Microsoft.Web/sites/config@") ? valueAt(template, body, "name")[0] : undefined;
  const shape = typeof config === "string" ? siteConfigs.get(config) : undefined;
  const properties = propertiesOf(body).get("properties");
  const more =
    shape === undefined || properties === undefined ? [] : bodyProblems(template, properties, shape, "properties");
  const isChild = what.split("/").length > 2;
  const hasParent = propertiesOf(body).has("parent") || resource.parent !== undefined;
  return [
    ...found,
    ...more,
    ...(isChild && !hasParent ? ["names no parent"] : []),
    ...(taggable.has(what) && !propertiesOf(body).has("tags") ? ["carries no tags"] : []),
    ...policyProblems(template, what, body),
  ].map(at);
}

function policyProblems(template: Template, what: string, body: Node): readonly string[] {
  const type = what.split("@")[0] ?? "";
  const wanted = Object.entries(policies[type] ?? {}).flatMap(([path, allowed]) => {
    const values = valueAt(template, body, path);
    if (values.length === 0) return [`${path} is not said; it has to be ${allowed.join(" or ")}`];
    return values
      .filter((value) => !allowed.some((one) => one === value))
      .map((value) => `${path} is ${String(value)}; it has to be ${allowed.join(" or ")}`);
  });
  const name = propertiesOf(body).get("name");
  if (type === "Microsoft.Authorization/roleAssignments" && !(name?.text.startsWith("guid(") ?? false)) {
    wanted.push("the name of a role assignment is a guid() of scope, identity and role");
  }
  return wanted;
}

function pathOf({ path }: Template, { what }: Placed): string {
  return join(dirname(path), what);
}

function moduleProblems(
  template: Template,
  module: Placed,
  templates: ReadonlyMap<string, Template>,
): readonly string[] {
  const target = templates.get(pathOf(template, module));
  if (target === undefined) return [`module ${module.name}: there is no ${module.what}`];
  const given = propertiesOf(propertiesOf(module.body).get("params"));
  const found: string[] = [];
  if (!propertiesOf(module.body).has("name")) found.push(`module ${module.name} has no name`);
  for (const [name, { body, type }] of target.params) {
    const value = given.get(name);
    if (value === undefined) {
      if (body === undefined) found.push(`module ${module.name}: param ${name} is missing`);
      continue;
    }
    const kind = kindOf(template, value, templates);
    if (kind !== undefined && kind !== type) found.push(`module ${module.name}: param ${name} is ${kind}, not ${type}`);
    found.push(...rangeProblems(module, name, value, target));
  }
  for (const name of given.keys())
    if (!target.params.has(name)) found.push(`module ${module.name}: ${module.what} has no param ${name}`);
  return found;
}

function rangeProblems(module: Placed, name: string, value: Node, target: Template): readonly string[] {
  const decorators = target.params.get(name)?.decorators;
  const allowed = decorators?.get("allowed");
  const text = plainText(value) ?? (value.type === "number" ? Number(value.text) : undefined);
  if (text === undefined) return [];
  const options =
    allowed === undefined ? undefined : childrenOf(allowed).map((item) => plainText(item) ?? Number(item.text));
  return options?.includes(text) === false ? [`module ${module.name}: param ${name} can't be ${text}`] : [];
}

// The type of an expression, where its syntax tells; undefined where it doesn't.
function kindOf(template: Template, node: Node, templates: ReadonlyMap<string, Template>): string | undefined {
  const kinds = new Set(
    optionsOf(node).map((option) => {
      if (option.type === "identifier") {
        const variable = template.vars.get(option.text)?.body;
        return template.params.get(option.text)?.type ?? (variable && kindOf(template, variable, templates));
      }
      const output = /^(\w+)!?\.outputs\.(\w+)$/u.exec(option.text);
      if (output !== null) {
        const module = template.modules.find(({ name }) => name === output[1]);
        return module && templates.get(pathOf(template, module))?.outputs.get(output[2] ?? "")?.type;
      }
      const byType: Readonly<Record<string, string>> = {
        string: "string",
        number: "int",
        boolean: "bool",
        object: "object",
        array: "array",
        for_statement: "array",
      };
      return byType[option.type];
    }),
  );
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function loadProblems({ path, root }: Template, files: ReadonlyMap<string, string>): readonly string[] {
  return [...nodesIn(root)].flatMap((node) => {
    if (node.type !== "call_expression" || !/^load\w+Content$/u.test(node.childForFieldName("function")?.text ?? ""))
      return [];
    const args = node.childForFieldName("arguments");
    const named = plainText(args ? childrenOf(args)[0] : undefined);
    return named !== undefined && files.has(join(dirname(path), named)) ? [] : [`there is no file ${node.text}`];
  });
}

function assignmentProblems(template: Template, templates: ReadonlyMap<string, Template>): readonly string[] {
  const using = childrenOf(template.root).find(({ type }) => type === "using_statement");
  const target = templates.get(join(dirname(template.path), plainText(using && childrenOf(using)[0]) ?? ""));
  if (target === undefined) return ["uses no template that is there"];
  const missing = [...target.params.values()].filter(
    ({ name, body }) => body === undefined && !template.vars.has(name),
  );
  const unknown = [...template.vars.keys()].filter((name) => !target.params.has(name));
  return [
    ...missing.map(({ name }) => `param ${name} is missing`),
    ...unknown.map((name) => `${target.path} has no param ${name}`),
  ];
}

/** The app settings that templates write, by name. */
export function writtenSettings(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [path, text] of files) {
    if (!path.endsWith(".bicep")) continue;
    const template = templateFrom(path, text);
    for (const { what, body } of template.resources) {
      if (!what.startsWith("Microsoft.Web/sites/config@") || valueAt(template, body, "name")[0] !== "appsettings")
        continue;
      for (const [name, value] of propertiesOf(propertiesOf(body).get("properties"))) {
        found.set(name, String(valueOf(template, value)[0] ?? ""));
      }
    }
  }
  return found;
}
