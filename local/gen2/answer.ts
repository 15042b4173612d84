import { randomBytes } from "node:crypto";
import type { StatusEffect } from "../kit/faults.ts";
import type { Emulator } from "../kit/http.ts";
import { BodyTooLarge, type Operation, type WireReply, type WireRequest } from "../kit/wire.ts";
import { type Account, authenticate } from "./auth.ts";
import { dump } from "./dump.ts";
import type { Lake } from "./lake.ts";
import { parsePlace, type Place } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { failureReply, refused } from "./reply.ts";
import { LEAST_VERSIONS, operations, type Route, routeOf } from "./routes.ts";

/** A request whose operation and place are known; a place that can't be is a refusal. */
export type Identified = Operation & { readonly route: Route; readonly place: Place | Refusal };

/** The emulator's side of every request: what it is, who sent it, and the reply in the words of its protocol. */
export function answering(lake: Lake, account: Account): Emulator<Identified> {
  const requestIdPrefix = `${randomBytes(4).toString("hex")}-0000-0000-0000-`;
  let requests = 0;
  const framed = (request: WireRequest, route: Route, reply: WireReply): WireReply => {
    const clientRequestId = request.headers["x-ms-client-request-id"];
    const headers = {
      Server: SERVERS[route.protocol],
      "x-ms-request-id": requestIdPrefix + (requests++).toString(16).padStart(12, "0"),
      "x-ms-version": String(request.headers["x-ms-version"] ?? LEAST_VERSIONS[route.protocol]),
      ...(typeof clientRequestId === "string" ? { "x-ms-client-request-id": clientRequestId } : {}),
      ...reply.headers,
    };
    return { ...reply, headers };
  };
  return {
    identify: (request) => identify(request, account.name),
    async handle(request, operation) {
      const { route, place } = operation;
      try {
        authenticate(request, account, lake.nowMs());
        checkVersion(request, route);
        if (place instanceof Refusal) throw place;
        if (route.op === "unknown")
          throw new Refusal("UnsupportedQueryParameter", "The request is none that this service knows.");
        return framed(request, route, await operations[route.op]({ lake, request, place, protocol: route.protocol }));
      } catch (error) {
        const refusal = error instanceof BodyTooLarge ? new Refusal("RequestBodyTooLarge") : error;
        if (!(refusal instanceof Refusal)) throw error;
        return framed(
          request,
          route,
          failureReply(refused(refusal, route.protocol, lake.nowMs()), route.protocol, request.method),
        );
      }
    },
    refuse(effect, request, operation) {
      return framed(request, operation.route, faultReply(effect, operation.route, request.method, lake.nowMs()));
    },
    control: { "GET dump": () => dump(lake) },
  };
}

const SERVERS = {
  dfs: "Windows-Azure-HDFS/1.0 Microsoft-HTTPAPI/2.0",
  blob: "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0",
} as const;
const FAULT_CODES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  403: ["AuthorizationFailure", "This request is not authorized to perform this operation."],
  404: ["PathNotFound", "The specified path does not exist."],
  409: ["PathConflict", "The specified path conflicts with another operation."],
  412: ["ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."],
  500: ["OperationTimedOut", "Operation could not be completed within the specified time."],
  503: ["ServerBusy", "Operations per second is over the account limit."],
};

function identify(request: WireRequest, account: string): Identified {
  try {
    const place = parsePlace(request.rawPath, account);
    const level = place.fileSystem === "" ? "account" : place.path === place.fileSystem ? "filesystem" : "path";
    const route = routeOf(request, level);
    return { op: route.op, path: `/${place.path}`, route, place };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const route = routeOf(request, "path");
    return { op: route.op, path: request.rawPath, route, place: error };
  }
}

function checkVersion(request: WireRequest, { protocol }: Route): void {
  const version = request.headers["x-ms-version"];
  if (typeof version === "string" && version < LEAST_VERSIONS[protocol]) throw new Refusal("UnsupportedRestVersion");
}

function faultReply(effect: StatusEffect, { protocol }: Route, method: string, nowMs: number): WireReply {
  const [code, message] = FAULT_CODES[effect.status] ?? ["InternalError", "The server encountered an internal error."];
  const headers = effect.retryAfterS === undefined ? {} : { "Retry-After": String(effect.retryAfterS) };
  const failure = {
    status: effect.status,
    code: effect.code ?? code,
    message: effect.message ?? message,
    headers,
    nowMs,
  };
  if (effect.body === "none")
    return { status: effect.status, headers: { ...headers, "x-ms-error-code": failure.code } };
  if (effect.body === "html") {
    return {
      status: effect.status,
      headers: { ...headers, "Content-Type": "text/html" },
      body: `<html><body><h1>${failure.message}</h1></body></html>`,
    };
  }
  const wording = effect.body === undefined ? protocol : effect.body === "xml" ? "blob" : "dfs";
  return failureReply(failure, wording, method);
}
