import { type Cutover, cutoverIdPattern } from "../core/cutover.ts";
import { completed } from "../core/request.ts";
import { openRecords, type Records } from "./records.ts";
import type { Rows } from "./rows.ts";

/** The cut-overs of this app, by their ids. */
export type Cutovers = Records<Cutover>;

/** Opens the cut-overs. */
export function openCutovers(rows: Rows): Cutovers {
  return openRecords<Cutover>(rows, {
    partitionKey: "cutovers",
    property: "cutover",
    noun: "cut-over",
    ids: cutoverIdPattern,
    idOf: ({ id }) => id,
    isSound: ({ status, step, request }) =>
      typeof status === "string" && typeof step === "string" && typeof request === "object" && request !== null,
    complete: (cutover) => ({ ...cutover, request: completed(cutover.request) }),
  });
}
