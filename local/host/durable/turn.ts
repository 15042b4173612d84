import { randomUUID } from "node:crypto";
import { type OrchestratorState, parseState, stateInError } from "./actions.ts";
import type { Turn, TurnResult } from "./claims.ts";
import { type HistoryEvent, eventOf, eventType } from "./events.ts";
import { type Instance, isFinal } from "./instances.ts";
import { textOf } from "../log.ts";
import type { Decision } from "./ledger.ts";
import { type Ending, type Known, type Replayed, notThere, replay } from "./replay.ts";

/** Runs the orchestrator function once over the whole history; resolves with its state as JSON. */
export type RunOrchestrator = (name: string, payload: string) => Promise<string>;

/** One turn: new messages become history, the worker runs, its actions are replayed, and what is new is handed back. Undefined: nothing to do. */
export async function runTurn(
  turn: Turn,
  nowMs: number,
  known: Known,
  run: RunOrchestrator,
): Promise<TurnResult | undefined> {
  const { instance, history, messages } = turn;
  if (isFinal(instance.status)) return undefined;
  const news = messages.filter(({ execution }) => execution === undefined || execution === instance.execution);
  if (news.length === 0) return undefined;
  const fresh = [eventOf("OrchestratorStarted", nowMs, {}), ...news.map(({ event }) => event)];
  const events = [...history, ...fresh];
  const started = events.find(({ EventType }) => EventType === eventType.ExecutionStarted);
  if (started?.EventType !== eventType.ExecutionStarted) return undefined;
  const self = { name: instance.name, instance: instance.id, execution: instance.execution };
  const parent = started.ParentInstance;
  const terminated = fresh.findLast(({ EventType }) => EventType === eventType.ExecutionTerminated);
  if (terminated?.EventType === eventType.ExecutionTerminated) {
    const ending = { as: "Terminated", reason: terminated.Input } as const;
    const ended = { decisions: [], ending, isSuspended: false, unread: [] };
    return resultOf(instance, fresh, ended, nothing, nowMs, parent);
  }
  const state = await ask(instance, history, fresh, parent?.instance, known, run);
  const replayed = replay(state, events, { ...self, parent: parent?.instance }, known);
  return resultOf(instance, fresh, replayed, state, nowMs, parent);
}

const nothing: OrchestratorState = { isDone: false, actions: [] };

async function ask(
  { id, name, input }: Instance,
  history: readonly HistoryEvent[],
  fresh: readonly HistoryEvent[],
  parent: string | undefined,
  known: Known,
  run: RunOrchestrator,
): Promise<OrchestratorState> {
  if (!known.hasOrchestrator(name)) return { ...nothing, error: notThere(name, "an orchestrator") };
  const payload = {
    history: [...history.map((event) => played(event, true)), ...fresh.map((event) => played(event, false))],
    input: input === null ? null : (JSON.parse(input) as unknown),
    instanceId: id,
    isReplaying: history.length > 0,
    parentInstanceId: parent ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 2,
    longRunningTimerIntervalDuration: "3.00:00:00",
    maximumShortTimerDuration: "6.00:00:00",
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  try {
    return parseState(await run(name, JSON.stringify(payload)));
  } catch (error) {
    const message = textOf(error);
    const state = stateInError(message);
    // A thrown value without a message leaves no error in the state; the instance fails all the same.
    return state
      ? { ...state, error: state.error ?? "The orchestrator threw a value without a message." }
      : { ...nothing, error: message };
  }
}

function played(event: HistoryEvent, isPlayed: boolean): object {
  return { ...event, IsPlayed: isPlayed };
}

function resultOf(
  instance: Instance,
  fresh: readonly HistoryEvent[],
  { decisions, ending, isSuspended, unread }: Replayed,
  state: OrchestratorState,
  nowMs: number,
  parent: { readonly instance: string; readonly execution: string; readonly task: number } | undefined,
): TurnResult {
  const scheduled = decisions.map((decision) => eventFor(decision, nowMs));
  const closing = ending ? [completed(ending, nowMs)] : [];
  const append = [...fresh, ...scheduled, ...closing, eventOf("OrchestratorCompleted", nowMs, {})];
  const self = { instance: instance.id, execution: instance.execution };
  return {
    append,
    status: ending === undefined ? (isSuspended ? "Suspended" : "Running") : statusOf(ending),
    output: outputOf(ending),
    customStatus:
      state.customStatus === undefined || state.customStatus === null ? undefined : JSON.stringify(state.customStatus),
    activities: decisions.flatMap((one) =>
      one.do === "activity" ? [{ task: one.id, name: one.name, input: one.input }] : [],
    ),
    timers: decisions.flatMap((one) => (one.do === "timer" ? [{ task: one.id, fireAtMs: one.fireAtMs }] : [])),
    children: decisions.flatMap((one) =>
      one.do === "child"
        ? [
            {
              id: one.instance,
              execution: newExecution(),
              name: one.name,
              version: one.version,
              input: one.input,
              parent: { ...self, task: one.id },
            },
          ]
        : [],
    ),
    answer: ending && parent ? answerTo(parent, instance.name, ending, nowMs) : undefined,
    next:
      ending?.as === "ContinuedAsNew"
        ? {
            start: {
              id: instance.id,
              execution: newExecution(),
              name: instance.name,
              version: instance.version ?? undefined,
              input: JSON.stringify(ending.input ?? null),
              parent,
            },
            carry: unread,
          }
        : undefined,
  };
}

/** A new execution's id. */
export function newExecution(): string {
  return randomUUID().replaceAll("-", "");
}

function eventFor(decision: Decision, nowMs: number): HistoryEvent {
  const EventId = decision.id;
  if (decision.do === "activity") return eventOf("TaskScheduled", nowMs, { EventId, Name: decision.name });
  if (decision.do === "timer") {
    return eventOf("TimerCreated", nowMs, { EventId, FireAt: new Date(decision.fireAtMs).toISOString() });
  }
  const facts = { EventId, Name: decision.name, InstanceId: decision.instance };
  return eventOf("SubOrchestrationInstanceCreated", nowMs, facts);
}

function completed(ending: Ending, nowMs: number): HistoryEvent {
  if (ending.as === "ContinuedAsNew") return eventOf("ContinueAsNew", nowMs, {});
  return eventOf("ExecutionCompleted", nowMs, { OrchestrationStatus: ending.as, Result: outputOf(ending) });
}

function statusOf(ending: Ending): TurnResult["status"] {
  return ending.as === "ContinuedAsNew" ? "Running" : ending.as;
}

function outputOf(ending: Ending | undefined): string | undefined {
  if (ending === undefined || ending.as === "ContinuedAsNew") return undefined;
  if (ending.as === "Completed") return JSON.stringify(ending.output ?? null);
  return JSON.stringify(ending.as === "Failed" ? ending.message : ending.reason);
}

function answerTo(
  parent: { readonly instance: string; readonly execution: string; readonly task: number },
  name: string,
  ending: Ending,
  nowMs: number,
): TurnResult["answer"] {
  if (ending.as === "ContinuedAsNew") return undefined;
  const to = { to: parent.instance, execution: parent.execution };
  if (ending.as === "Completed") {
    const facts = { TaskScheduledId: parent.task, Result: outputOf(ending) ?? "null" };
    return { ...to, event: eventOf("SubOrchestrationInstanceCompleted", nowMs, facts) };
  }
  const Reason =
    ending.as === "Failed" ? ending.message : `Orchestrator function '${name}' was terminated: ${ending.reason}`;
  const facts = { TaskScheduledId: parent.task, Reason, Details: "" };
  return { ...to, event: eventOf("SubOrchestrationInstanceFailed", nowMs, facts) };
}
