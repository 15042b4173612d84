import type { WireReply, WireRequest } from "../kit/wire.ts";
import type { Lake } from "./lake.ts";
import { Refusal } from "./refusal.ts";
import type { Place } from "./place.ts";

/** One request on its way through an operation. */
export type Call = {
  readonly lake: Lake;
  readonly request: WireRequest;
  readonly place: Place;
  readonly protocol: Protocol;
};

export type Protocol = "dfs" | "blob";

/** Does one kind of request; expected failures are thrown as refusals. */
export type Run = (call: Call) => WireReply | Promise<WireReply>;

/** A request header; undefined when it is absent or empty. */
export function header(call: Call, name: string): string | undefined {
  const value = call.request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A header that this operation can't do without. */
export function neededHeader(call: Call, name: string): string {
  const value = header(call, name);
  if (value === undefined) throw new Refusal("MissingRequiredHeader", `The header ${name} is missing.`);
  return value;
}

/** A decoded query parameter by its lower-case name; undefined when it is absent or empty. */
export function parameter(call: Call, name: string): string | undefined {
  const value = call.request.query.get(name);
  return value === "" ? undefined : value;
}

/** A query parameter that is a whole number in a range, or `otherwise` when it is absent. */
export function numberParameter(
  call: Call,
  name: string,
  range: { readonly least: number; readonly most: number },
  otherwise: number,
): number {
  const text = parameter(call, name);
  if (text === undefined) return otherwise;
  if (!/^\d{1,15}$/.test(text) || Number(text) < range.least) {
    throw new Refusal("InvalidQueryParameterValue", `${name} must be a whole number of at least ${range.least}.`);
  }
  return Math.min(Number(text), range.most);
}
