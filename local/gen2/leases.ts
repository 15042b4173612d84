import { randomUUID } from "node:crypto";
import type { WireReply } from "../kit/wire.ts";
import { type Call, header, neededHeader } from "./call.ts";
import { checkWrite } from "./conditions.ts";
import { need } from "./lake.ts";
import { Refusal } from "./refusal.ts";

/** Who holds which path, and until when; leases end with the process. */
export type Leases = Map<string, Lease>;

export type Lease = { readonly id: string; readonly untilMs: number };

/** Acquires, renews, changes, releases or breaks the lease of a path. */
export function lease(call: Call): WireReply {
  const { lake, place } = call;
  const item = need(lake, place);
  const action = neededHeader(call, "x-ms-lease-action").toLowerCase();
  const held = heldLease(call);
  const reply = (status: number, id?: string): WireReply => ({
    status,
    headers: { ETag: `"${item.etag}"`, ...(id === undefined ? { "x-ms-lease-time": 0 } : { "x-ms-lease-id": id }) },
  });
  if (action === "acquire") {
    checkWrite(call, item);
    const id = header(call, "x-ms-proposed-lease-id") ?? randomUUID();
    if (held !== undefined && held.id !== id) throw new Refusal("LeaseAlreadyPresent");
    lake.leases.set(place.path, { id, untilMs: untilMs(call) });
    return reply(201, id);
  }
  if (action === "break") {
    if (held === undefined) throw new Refusal("LeaseNotPresent");
    lake.leases.delete(place.path);
    return reply(202);
  }
  checkLease(call, neededHeader(call, "x-ms-lease-id"));
  if (held === undefined) throw new Refusal("LeaseNotPresent");
  if (action === "release") {
    lake.leases.delete(place.path);
    return { status: 200, headers: { ETag: `"${item.etag}"` } };
  }
  const id = action === "change" ? neededHeader(call, "x-ms-proposed-lease-id") : held.id;
  lake.leases.set(place.path, { ...held, id });
  return reply(200, id);
}

/** Refuses a write to a leased path without its id, or with the id of a lease that isn't there. */
export function checkLease(call: Call, id: string | undefined = header(call, "x-ms-lease-id")): void {
  if (call.lake.leases.size === 0 && id === undefined) return;
  const held = heldLease(call);
  if (held === undefined && id !== undefined) throw new Refusal("LeaseNotPresent");
  if (held !== undefined && id === undefined) throw new Refusal("LeaseIdMissing");
  if (held !== undefined && held.id !== id) throw new Refusal("LeaseIdMismatch");
}

/** The lease that holds a path now. */
export function heldLease({ lake, place }: Call): Lease | undefined {
  const held = lake.leases.get(place.path);
  return held !== undefined && held.untilMs > lake.nowMs() ? held : undefined;
}

function untilMs(call: Call): number {
  const seconds = Number(header(call, "x-ms-lease-duration") ?? -1);
  return seconds < 0 ? Number.POSITIVE_INFINITY : call.lake.nowMs() + seconds * 1000;
}
