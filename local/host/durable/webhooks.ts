import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { type Answer, type Exchange, json, problem } from "../http/exchange.ts";
import { type EventName, eventOf } from "./events.ts";
import {
  type Instance,
  finalStates,
  findInstance,
  historyOf,
  isFinal,
  listInstances,
  purge,
  send,
  startInstance,
} from "./instances.ts";
import { type Access, managementUrls } from "./links.ts";
import { type Known, notThere } from "./replay.ts";
import { statusOf } from "./status.ts";
import type { Store } from "./store.ts";
import { newExecution } from "./turn.ts";

type WebhookOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly known: Known;
  readonly access: () => Access;
  readonly wake: () => void;
};

/** Answers one management call; `segments` is the path below the webhook's base. */
export type Webhooks = (exchange: Exchange, segments: readonly string[]) => Answer | Promise<Answer>;

/** The management API of the hub. Keys are checked before it is called. */
export function webhooks({ store, clock, known, access, wake }: WebhookOptions): Webhooks {
  return (exchange, segments) => {
    const [root, first, verb, event] = segments;
    const { method } = exchange;
    if (root === "orchestrators" && method === "POST" && first !== undefined) return start(exchange, first, verb);
    if (root !== "instances") return problem(404, "There is no such operation.");
    if (first === undefined || first === "") return method === "DELETE" ? purgeMany(exchange) : list(exchange);
    const instance = findInstance(store, first);
    if (instance === undefined) return problem(404, `No instance with ID '${first}' was found.`);
    if (verb === undefined) return method === "DELETE" ? purgeOne(instance) : status(exchange, instance);
    if (method !== "POST") return problem(405, "This operation wants POST.");
    switch (verb) {
      case "raiseEvent":
        return raise(exchange, instance, event);
      case "terminate":
        return tell(exchange, instance, "ExecutionTerminated");
      case "suspend":
        return tell(exchange, instance, "ExecutionSuspended");
      case "resume":
        return tell(exchange, instance, "ExecutionResumed");
      case "restart":
        return restart(exchange, instance);
      case "rewind":
        return problem(501, "The local host cannot rewind.");
      default:
        return problem(404, "There is no such operation.");
    }
  };

  async function start(exchange: Exchange, name: string, givenId: string | undefined): Promise<Answer> {
    if (!known.hasOrchestrator(name)) return problem(400, notThere(name, "an orchestrator"));
    const input = exchange.body.toString("utf8");
    if (!isJson(input)) return problem(400, "The input is not JSON.");
    const id = givenId ?? randomUUID().replaceAll("-", "");
    const flaw = flawOf(id);
    if (flaw !== undefined) return problem(400, flaw);
    const version = exchange.query.get("version") ?? undefined;
    // The client library posts "" when there is no input.
    if (!begin(id, name, input === "" || input === '""' ? undefined : input, version)) {
      return problem(
        409,
        `An Orchestration instance with the status ${findInstance(store, id)?.status} already exists.`,
      );
    }
    const timeout = exchange.query.get("timeout");
    return timeout === null ? accepted(id, "10") : waitFor(id, Number(timeout) * 1000, exchange);
  }

  function begin(id: string, name: string, input: string | undefined, version: string | undefined): boolean {
    const request = { id, execution: newExecution(), name, version, input, parent: undefined };
    const begun = store.transaction(() => startInstance(store, request, clock.nowMs()));
    if (begun) wake();
    return begun;
  }

  async function waitFor(id: string, limitMs: number, exchange: Exchange): Promise<Answer> {
    const untilMs = clock.nowMs() + limitMs;
    const everyMs = Number(exchange.query.get("pollingInterval") ?? 1) * 1000;
    while (clock.nowMs() < untilMs) {
      const instance = findInstance(store, id);
      if (instance?.status === "Completed") return json(200, JSON.parse(instance.output ?? "null"));
      if (instance && isFinal(instance.status)) return status(exchange, instance);
      await new Promise<void>((resolve) => clock.alarm(Math.min(clock.nowMs() + everyMs, untilMs), resolve));
    }
    return accepted(id, "10");
  }

  function accepted(id: string, retryAfter: string): Answer {
    const urls = managementUrls(access(), id);
    return json(202, urls, { location: urls["statusQueryGetUri"] ?? "", "retry-after": retryAfter });
  }

  function status({ query }: Exchange, instance: Instance): Answer {
    const body = statusOf(instance, {
      showInput: query.get("showInput") !== "false",
      history: query.get("showHistory") === "true" ? historyOf(store, instance.id) : undefined,
      showHistoryOutput: query.get("showHistoryOutput") === "true",
    });
    if (!isFinal(instance.status)) {
      const location = managementUrls(access(), instance.id)["statusQueryGetUri"] ?? "";
      return json(202, body, { location, "retry-after": "5" });
    }
    const isError = instance.status === "Failed" && query.get("returnInternalServerErrorOnFailure") === "true";
    return json(isError ? 500 : 200, body);
  }

  function list({ query, headers }: Exchange): Answer {
    const token = headers["x-ms-continuation-token"];
    const top = Number(query.get("top") ?? 100);
    const found = listInstances(store, {
      createdFromMs: timeOf(query.get("createdTimeFrom")),
      createdToMs: timeOf(query.get("createdTimeTo")),
      statuses: query.get("runtimeStatus")?.split(",").filter(Boolean) ?? [],
      idPrefix: query.get("instanceIdPrefix") ?? undefined,
      after: typeof token === "string" && token !== "" ? fromToken(token) : undefined,
      top: top + 1,
    });
    const page = found.slice(0, top);
    const showInput = query.get("showInput") !== "false";
    const body = page.map((one) => statusOf(one, { showInput, history: undefined, showHistoryOutput: false }));
    const last = page.at(-1);
    return json(200, body, found.length > top && last ? { "x-ms-continuation-token": toToken(last) } : {});
  }

  function purgeOne(instance: Instance): Answer {
    const purged = purge(store, [instance.id]);
    return purged > 0 ? json(200, { instancesDeleted: purged }) : problem(404, "The instance has not ended.");
  }

  function purgeMany({ query }: Exchange): Answer {
    const from = timeOf(query.get("createdTimeFrom"));
    if (from === undefined) return problem(400, "createdTimeFrom must be given.");
    const statuses = query.get("runtimeStatus")?.split(",").filter(Boolean) ?? [];
    if (statuses.some((one) => !(finalStates as readonly string[]).includes(one))) {
      return problem(400, "Only ended instances can be purged.");
    }
    const createdToMs = timeOf(query.get("createdTimeTo"));
    const found = listInstances(store, { createdFromMs: from, createdToMs, statuses, top: Number.MAX_SAFE_INTEGER });
    const purged = purge(
      store,
      found.map(({ id }) => id),
    );
    return purged > 0 ? json(200, { instancesDeleted: purged }) : problem(404, "No ended instance matches.");
  }

  function raise({ headers, body }: Exchange, instance: Instance, name: string | undefined): Answer {
    if (isFinal(instance.status)) return gone(instance);
    if (name === undefined) return problem(400, "The event has no name.");
    if (!headers["content-type"]?.startsWith("application/json")) {
      return problem(400, "Only application/json request content is supported.");
    }
    const text = body.toString("utf8");
    if (!isJson(text)) return problem(400, "The event's data is not JSON.");
    post(instance, eventOf("EventRaised", clock.nowMs(), { Name: name, Input: text === "" ? "null" : text }));
    return { status: 202, headers: {} };
  }

  function tell({ query }: Exchange, instance: Instance, name: Extract<EventName, `Execution${string}ed`>): Answer {
    if (isFinal(instance.status)) return gone(instance);
    const reason = query.get("reason") ?? "";
    const nowMs = clock.nowMs();
    if (name === "ExecutionTerminated") post(instance, eventOf(name, nowMs, { Input: reason }));
    else if (name !== "ExecutionStarted" && name !== "ExecutionCompleted")
      post(instance, eventOf(name, nowMs, { Reason: reason }));
    return { status: 202, headers: {} };
  }

  function restart({ query }: Exchange, instance: Instance): Answer {
    const isNew = query.get("restartWithNewInstanceId") !== "false";
    const id = isNew ? randomUUID().replaceAll("-", "") : instance.id;
    if (begin(id, instance.name, instance.input ?? undefined, instance.version ?? undefined)) return accepted(id, "10");
    return problem(409, "The instance has not ended.");
  }

  function post(instance: Instance, event: Parameters<typeof send>[4]): void {
    store.transaction(() => send(store, instance.id, undefined, clock.nowMs(), event));
    wake();
  }
}

function gone({ id, status }: Instance): Answer {
  return problem(410, `The instance '${id}' has ended: ${status}.`);
}

/** What is wrong with an instance id, if anything. */
function flawOf(id: string): string | undefined {
  if (id.startsWith("@")) return "Instance ids must not start with @.";
  if (id.length > 100) return "Instance ids must not be longer than 100 characters.";
  // oxlint-disable-next-line no-control-regex
  const isOdd = /[/\\#?\u0000-\u001f\u007f-\u009f]/.test(id);
  return isOdd ? "Instance ids must not hold any of / \\ # ? or control characters." : undefined;
}

function isJson(text: string): boolean {
  if (text === "") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function timeOf(text: string | null): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

function toToken({ createdMs, id }: Instance): string {
  return Buffer.from(JSON.stringify({ createdMs, id })).toString("base64url");
}

function fromToken(token: string): { createdMs: number; id: string } | undefined {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString()) as { createdMs: number; id: string };
  } catch {
    return undefined;
  }
}
