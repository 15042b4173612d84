import { type Constraint, constraintFrom } from "./constraints.ts";

type Segment =
  | { readonly is: "text"; readonly text: string }
  | {
      readonly is: "one" | "rest";
      readonly name: string;
      readonly isOptional: boolean;
      readonly checks: readonly Constraint[];
    };

/** A route template such as `lakes/{id:int}/{*path}`, read once. */
export type Route = { readonly template: string; readonly segments: readonly Segment[] };

/** Reads a template; says what is wrong with it. */
export function routeFrom(template: string): Route {
  const segments = template === "" ? [] : splitTemplate(template).map((part) => segmentFrom(part, template));
  const misplaced = segments
    .slice(0, -1)
    .find((segment) => segment.is !== "text" && (segment.is === "rest" || segment.isOptional));
  if (misplaced) throw new Error(`The route "${template}" has an optional or catch-all part before its end.`);
  return { template, segments };
}

/** The parameters of a path that matches; undefined when it does not. Case does not count in the template's text. */
export function matchRoute(route: Route, path: string): Record<string, string> | undefined {
  const given = path.split("/").filter((part) => part !== "");
  const params: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const raw = segment.is === "rest" ? given.slice(index).join("/") : given[index];
    if (segment.is === "text") {
      if (raw === undefined || decoded(raw).toLowerCase() !== segment.text.toLowerCase()) return undefined;
      continue;
    }
    if (raw === undefined || raw === "") {
      if (!segment.isOptional) return undefined;
      continue;
    }
    const value = decoded(raw);
    if (!segment.checks.every((check) => check(value))) return undefined;
    params[segment.name] = value;
  }
  const isCatchAll = route.segments.at(-1)?.is === "rest";
  return isCatchAll || given.length <= route.segments.length ? params : undefined;
}

/** Sorts routes so that the most specific comes first: text, constrained, plain, catch-all. */
export function bySpecificity(left: Route, right: Route): number {
  const length = Math.max(left.segments.length, right.segments.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(left.segments[index]) - rank(right.segments[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(segment: Segment | undefined): number {
  if (segment === undefined || segment.is === "text") return 0;
  if (segment.is === "rest") return 3;
  return segment.checks.length > 0 ? 1 : 2;
}

// A constraint such as regex(a/b) may hold slashes of its own.
function splitTemplate(template: string): string[] {
  const parts = template.match(/(?:\{[^}]*\}|[^/{])+/g) ?? [];
  if (parts.join("/") !== template) throw new Error(`The route "${template}" cannot be read.`);
  return parts;
}

function segmentFrom(part: string, template: string): Segment {
  const inner = /^\{(.+)\}$/.exec(part)?.[1];
  if (inner === undefined) {
    if (/[{}]/.test(part)) throw new Error(`The route "${template}" mixes text and parameter in "${part}".`);
    return { is: "text", text: part };
  }
  const [, star, name, constraints = "", mark] =
    /^(\*{0,2})([A-Za-z_][A-Za-z0-9_]*)((?::[^?]+)*)(\??)$/.exec(inner) ?? [];
  if (name === undefined) throw new Error(`The route "${template}" has a parameter that cannot be read: "${part}".`);
  const checks = constraints
    .split(/:(?![^(]*\))/)
    .slice(1)
    .map((text) => constraintFrom(text, template));
  return { is: star ? "rest" : "one", name, isOptional: mark === "?" || star !== "", checks };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
