import { type Mode, parseOctal } from "../kit/mode.ts";
import type { WireReply, WireRequest } from "../kit/wire.ts";
import type { Lake } from "./lake.ts";
import { cleanPath } from "./names.ts";
import { Refusal } from "./refusal.ts";

/** One request for one operation. */
export type Call = {
  readonly lake: Lake;
  readonly request: WireRequest;
  readonly op: string;
  readonly path: string;
  readonly isExtension: boolean;
};

/** How an operation is asked for, and what it does. */
export type CallRule = {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** The parameter without which the service answers a redirect to the same address with it. */
  readonly flag?: "read" | "write" | "append";
  run(call: Call): WireReply | Promise<WireReply>;
};

/** A parameter as text; undefined when it is absent. */
export function text({ request }: Call, name: string): string | undefined {
  return request.query.get(name);
}

/** A parameter that the operation can't do without. */
export function required(call: Call, name: string): string {
  const value = text(call, name);
  if (value === undefined || value === "") throw new Refusal("bad-argument", `Parameter ${name} is missing`);
  return value;
}

/** A whole number from `least` up; undefined when the parameter is absent. */
export function integer(call: Call, name: string, least = 0): number | undefined {
  const value = text(call, name);
  if (value === undefined) return undefined;
  const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Refusal("bad-argument", `Invalid value for ${name}: ${value}`);
}

/** True or false in any case; the fallback when the parameter is absent. */
export function truth(call: Call, name: string, fallback: boolean): boolean {
  const value = text(call, name)?.toLowerCase();
  if (value === undefined) return fallback;
  if (value === "true" || value === "false") return value === "true";
  throw new Refusal("bad-argument", `Invalid value for ${name}: ${value}`);
}

/** An octal permission; undefined when the parameter is absent. */
export function permission(call: Call): Mode | undefined {
  const value = text(call, "permission");
  if (value === undefined) return undefined;
  const mode = parseOctal(value);
  if (mode === undefined) throw new Refusal("bad-argument", `Invalid value for permission: ${value}`);
  return mode;
}

/** A path that comes as a parameter or in a body, with or without its first slash. */
export function otherPath(decoded: string): string {
  const path = cleanPath(decoded);
  if (typeof path !== "string") throw new Refusal("bad-argument", `Invalid path: ${decoded}`);
  return path;
}

/** The object id behind a name that callers may use for it. */
export function idOf({ lake }: Call, nameOrId: string): string {
  for (const [id, name] of lake.principals) if (name === nameOrId) return id;
  return nameOrId;
}
