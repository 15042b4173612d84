import type { Catalogue } from "../catalogue.ts";
import type { Timers } from "../timers.ts";
import { type Answer, type Exchange, json, problem } from "./exchange.ts";
import { type Keys, keyOf } from "./functions.ts";

type AdminOptions = { readonly catalogue: Catalogue; readonly keys: Keys | undefined; readonly timers: () => Timers };

/** Answers `GET /admin/host/status` and `POST /admin/functions/{name}`, which starts a timer by hand. */
export function admin({ catalogue, keys, timers }: AdminOptions) {
  return (exchange: Exchange, segments: readonly string[]): Answer => {
    if (keys && keyOf(exchange) !== keys.master) return problem(401, "Administration wants the master key.");
    const [root, name] = segments;
    if (exchange.method === "GET" && root === "host" && name === "status") {
      return json(200, { state: "Running", functions: catalogue.all.map(({ name, kind }) => ({ name, kind })) });
    }
    const target = root === "functions" && name !== undefined ? catalogue.find("timer", name) : undefined;
    if (target === undefined) return problem(404, "There is no such operation or timer.");
    if (exchange.method !== "POST") return problem(405, "This operation wants POST.", { allow: "POST" });
    timers().fire(target);
    return { status: 202, headers: {} };
  };
}
