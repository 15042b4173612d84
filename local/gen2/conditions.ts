import { type Call, header } from "./call.ts";
import { Refusal, type RefusalCode } from "./refusal.ts";
import type { Item } from "./store.ts";

/**
 * Refuses a write whose conditional headers don't fit what is there.
 *   header               nothing there     there and it fits     there and it doesn't
 *   If-Match: ETag | *   ConditionNotMet   -                     ConditionNotMet
 *   If-None-Match: *     -                                       PathAlreadyExists
 *   If-None-Match: ETag  -                 -                     ConditionNotMet
 *   If-Modified-Since    -                 -                     ConditionNotMet
 *   If-Unmodified-Since  -                 -                     ConditionNotMet
 */
export function checkWrite(call: Call, item: Item | undefined): void {
  if (item !== undefined && header(call, "if-none-match") === "*") {
    throw new Refusal("PathAlreadyExists", undefined, {
      "x-ms-existing-resource-type": item.kind === "folder" ? "directory" : "file",
    });
  }
  check(call, PLAIN, item, "ConditionNotMet", "ConditionNotMet");
}

/** Refuses a read whose conditional headers don't fit; what the caller already has is answered with 304. */
export function checkRead(call: Call, item: Item): void {
  check(call, PLAIN, item, "ConditionNotMet", "NotModified");
}

/** Refuses a rename whose `x-ms-source-if-…` headers don't fit its source. */
export function checkSource(call: Call, item: Item): void {
  check(call, OF_SOURCE, item, "SourceConditionNotMet", "SourceConditionNotMet");
}

type Names = ReturnType<typeof namesWith>;

const PLAIN = namesWith("");
const OF_SOURCE = namesWith("x-ms-source-");

function namesWith(prefix: string) {
  return {
    match: `${prefix}if-match`,
    noneMatch: `${prefix}if-none-match`,
    unmodifiedSince: `${prefix}if-unmodified-since`,
    modifiedSince: `${prefix}if-modified-since`,
  } as const;
}

function check(call: Call, name: Names, item: Item | undefined, changed: RefusalCode, unchanged: RefusalCode): void {
  const match = header(call, name.match);
  if (match !== undefined && (item === undefined || !names(match, item))) throw new Refusal(changed);
  if (item === undefined) return;
  const noneMatch = header(call, name.noneMatch);
  if (noneMatch !== undefined && names(noneMatch, item)) throw new Refusal(unchanged);
  const seconds = Math.floor(item.modifiedMs / 1000);
  const unmodifiedSince = secondsOf(header(call, name.unmodifiedSince));
  if (unmodifiedSince !== undefined && seconds > unmodifiedSince) throw new Refusal(changed);
  const modifiedSince = secondsOf(header(call, name.modifiedSince));
  if (modifiedSince !== undefined && seconds <= modifiedSince) throw new Refusal(unchanged);
}

function names(etags: string, item: Item): boolean {
  return etags.split(",").some((etag) => etag.trim() === "*" || etag.trim().replace(/^"(.*)"$/, "$1") === item.etag);
}

function secondsOf(date: string | undefined): number | undefined {
  if (date === undefined) return undefined;
  const ms = Date.parse(date);
  if (Number.isNaN(ms)) throw new Refusal("InvalidHeaderValue", `"${date}" is not a date.`);
  return Math.floor(ms / 1000);
}
