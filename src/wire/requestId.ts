import { randomUUID } from "node:crypto";

const ofProcess = randomUUID().slice(0, -12);
let count = 0;

/** An id for one request, for support tickets; unlike every other one's, at less cost than chance for each. */
export function nextRequestId(): string {
  return ofProcess + (count++).toString(16).padStart(12, "0");
}
