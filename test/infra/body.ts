import {
  type BicepType,
  type ObjectType,
  ObjectTypePropertyFlags,
  TypeBaseKind,
  type TypeReference,
} from "bicep-types";
import type { Node } from "web-tree-sitter";
import { childrenOf, propertiesOf, type Template } from "./template.ts";
import { typeOf } from "./types.ts";
import { optionsOf, unknown, valueOf } from "./values.ts";

/** What an expression has against a type: unknown, missing and read-only properties, values that can't be. */
export function bodyProblems(template: Template, node: Node, type: TypeReference, path = ""): readonly string[] {
  return optionsOf(node).flatMap((option) => problemsAt(template, option, type, path));
}

function problemsAt(template: Template, node: Node, reference: TypeReference, path: string): readonly string[] {
  const type = typeOf(reference);
  if (node.type === "object") {
    if (type.type === TypeBaseKind.ObjectType) return objectProblems(template, node, type, path);
    return type.type === TypeBaseKind.AnyType ? [] : [`${path} is an object`];
  }
  if (node.type === "array" || node.type === "for_statement") {
    if (type.type !== TypeBaseKind.ArrayType) return type.type === TypeBaseKind.AnyType ? [] : [`${path} is a list`];
    const loop = node.type === "for_statement" ? node.childForFieldName("body") : undefined;
    const items = loop ? [loop] : childrenOf(node).filter((child) => child.type !== "comment");
    const tooMany = type.maxLength !== undefined && items.length > type.maxLength ? [`${path} has too many items`] : [];
    return [...tooMany, ...items.flatMap((item) => bodyProblems(template, item, type.itemType, `${path}[]`))];
  }
  return valueOf(template, node).flatMap((value) => {
    // Leaving something out is said as null.
    if (value === unknown || value === null) return [];
    return fits(value, reference) ? [] : [`${path} can't be ${JSON.stringify(value)}`];
  });
}

function objectProblems(template: Template, node: Node, type: ObjectType, path: string): readonly string[] {
  const given = propertiesOf(node);
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const found: string[] = [];
  for (const [name, { flags }] of Object.entries(type.properties)) {
    if ((flags & ObjectTypePropertyFlags.Required) !== 0 && !given.has(name)) found.push(`${at(name)} is missing`);
  }
  for (const [name, value] of given) {
    const property = type.properties[name];
    const expected = property?.type ?? type.additionalProperties;
    if (expected === undefined) found.push(`there is no property ${at(name)}`);
    else if (property !== undefined && (property.flags & ObjectTypePropertyFlags.ReadOnly) !== 0)
      found.push(`${at(name)} is read-only`);
    else found.push(...bodyProblems(template, value, expected, at(name)));
  }
  return found;
}

function fits(value: string | number | boolean, reference: TypeReference): boolean {
  const type: BicepType = typeOf(reference);
  switch (type.type) {
    case TypeBaseKind.AnyType:
      return true;
    case TypeBaseKind.BooleanType:
      return typeof value === "boolean";
    case TypeBaseKind.UnionType:
      return type.elements.some((element) => fits(value, element));
    case TypeBaseKind.StringLiteralType:
      return value === type.value;
    case TypeBaseKind.StringType:
      if (typeof value !== "string") return false;
      return value.length >= (type.minLength ?? 0) && value.length <= (type.maxLength ?? value.length);
    case TypeBaseKind.IntegerType:
      if (typeof value !== "number") return false;
      return value >= (type.minValue ?? value) && value <= (type.maxValue ?? value);
    case TypeBaseKind.BuiltInType:
    case TypeBaseKind.ObjectType:
    case TypeBaseKind.ArrayType:
    case TypeBaseKind.ResourceType:
    case TypeBaseKind.DiscriminatedObjectType:
    case TypeBaseKind.ResourceFunctionType:
    case TypeBaseKind.NullType:
    case TypeBaseKind.FunctionType:
      return false;
  }
}
