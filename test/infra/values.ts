import type { Node } from "web-tree-sitter";
import { childrenOf, plainText, propertiesOf, type Template } from "./template.ts";

/** Something whose value only Azure knows. */
export const unknown = Symbol("a value that only a deployment knows");

/** A value that the syntax tells. */
export type Known = string | number | boolean | null;

/** The expressions that an expression may come out as: both ends of a question. */
export function optionsOf(node: Node): readonly Node[] {
  if (node.type === "ternary_expression") {
    return ["consequence", "alternative"].flatMap((field) => {
      const option = node.childForFieldName(field);
      return option === null ? [] : optionsOf(option);
    });
  }
  const [inner, ...more] = childrenOf(node);
  if (node.type === "parenthesized_expression" && inner !== undefined && more.length === 0) return optionsOf(inner);
  return [node];
}

type Names = Pick<Template, "vars" | "params">;

/** What an expression may come out as; variables, and parameters with few values, are looked up. */
export function valueOf({ vars, params }: Names, node: Node): readonly (Known | typeof unknown)[] {
  return optionsOf(node).flatMap((option): readonly (Known | typeof unknown)[] => {
    switch (option.type) {
      case "string":
        return [plainText(option) ?? unknown];
      case "number":
        return [Number(option.text)];
      case "boolean":
        return [option.text === "true"];
      case "null":
        return [null];
      case "identifier": {
        const allowed = params.get(option.text)?.decorators.get("allowed");
        if (allowed !== undefined) return childrenOf(allowed).flatMap((item) => valueOf({ vars, params }, item));
        const body = vars.get(option.text)?.body;
        return body === undefined ? [unknown] : valueOf({ vars, params }, body);
      }
      default:
        return [unknown];
    }
  });
}

/** What stands at a path of an object, as "properties.sku.name"; nothing where the path doesn't lead anywhere. */
export function valueAt(template: Names, object: Node, path: string): readonly (Known | typeof unknown)[] {
  let at: Node | undefined = object;
  for (const key of path.split(".")) at = propertiesOf(at).get(key);
  return at === undefined ? [] : valueOf(template, at);
}
