import { type Action, type OrchestratorState, type RetryOptions, actionType } from "./actions.ts";
import { type HistoryEvent, eventType, nameOf } from "./events.ts";
import { type Future, future, settle, settled, spawn, whenAll, whenAny } from "./futures.ts";

/** Something the hub must start because of this turn. */
export type Decision =
  | { readonly do: "activity"; readonly id: number; readonly name: string; readonly input: string | undefined }
  | { readonly do: "timer"; readonly id: number; readonly fireAtMs: number }
  | {
      readonly do: "child";
      readonly id: number;
      readonly name: string;
      readonly instance: string;
      readonly version: string | undefined;
      readonly input: string | undefined;
    };

export type Ending =
  | { readonly as: "Completed"; readonly output: unknown }
  | { readonly as: "Failed"; readonly message: string }
  | { readonly as: "Terminated"; readonly reason: string }
  | { readonly as: "ContinuedAsNew"; readonly input: unknown };

export type Replayed = {
  readonly decisions: readonly Decision[];
  /** Undefined while the orchestration waits. */
  readonly ending: Ending | undefined;
  readonly isSuspended: boolean;
  /** External events that nobody has waited for yet. */
  readonly unread: readonly HistoryEvent[];
};

export type Known = {
  readonly hasActivity: (name: string) => boolean;
  readonly hasOrchestrator: (name: string) => boolean;
};

export type Identity = {
  readonly name: string;
  readonly instance: string;
  readonly execution: string;
  readonly parent: string | undefined;
};

const day = 24 * 3_600_000;
const longestTimerMs = 6 * day;
const longTimerHopMs = 3 * day;
const mostActions = 100_000;
const mostCustomStatusBytes = 16 * 1024;

/**
 * The extension's half of a turn. It replays the worker's list of actions against history, one after the other, and counts task ids
 * on its own: the wire carries none. Where this count and the worker's drift apart, results reach the wrong tasks, here as on Azure.
 */
export function replay(
  state: OrchestratorState,
  events: readonly HistoryEvent[],
  self: Identity,
  known: Known,
): Replayed {
  const decided = new Map<number, Decision>();
  const open = new Map<number, Future>();
  const waiters = new Map<string, Future[]>();
  const buffered = new Map<string, HistoryEvent[]>();
  const held: HistoryEvent[] = [];
  let nowMs = 0;
  let nextId = 0;
  let isSuspended = false;
  let terminated: string | undefined;
  let fault: string | undefined;
  let next: { readonly input: unknown } | undefined;
  let main: Future | undefined;

  function* everyAction(): Generator<Future, "ok" | "failed", "ok" | "failed"> {
    try {
      checkLimits(state);
      for (const action of state.actions) yield begin(action);
      return "ok";
    } catch (error) {
      fault = `Orchestrator function '${self.name}' failed: ${(error as Error).message}`;
      return "failed";
    }
  }

  function begin(action: Action): Future {
    switch (action.actionType) {
      case actionType.callActivity:
        return activity(action);
      case actionType.callActivityWithRetry:
        checkActivity(action.functionName);
        return spawn(retrying(() => activity(action), action.retryOptions));
      case actionType.callSubOrchestrator:
        return child(action);
      case actionType.callSubOrchestratorWithRetry:
        checkOrchestrator(action.functionName);
        return spawn(retrying(() => child(action), action.retryOptions));
      case actionType.continueAsNew:
        next = { input: action.input };
        return settled();
      case actionType.createTimer:
        return action.isCanceled ? cancelledTimer(action.fireAt) : spawn(timer(Date.parse(action.fireAt)));
      case actionType.waitForExternalEvent:
        return externalEvent(action.externalEventName.toLowerCase());
      case actionType.whenAll:
        return whenAll(action.compoundActions.map(begin));
      case actionType.whenAny:
        return whenAny(action.compoundActions.map(begin));
      case actionType.callEntity:
      case actionType.signalEntity:
      case actionType.scheduledSignalEntity:
      case actionType.lockEntities:
      case actionType.releaseEntities:
      case actionType.callHttp:
        break;
    }
    const what = action.actionType === actionType.callHttp ? "callHttp is" : "Entities are";
    throw new Error(`${what} not built in the local host.`);
  }

  function schedule(decision: Decision): Future {
    const task = future();
    decided.set(decision.id, decision);
    open.set(decision.id, task);
    return task;
  }

  function activity({ functionName, input }: { functionName: string; input?: unknown }): Future {
    checkActivity(functionName);
    return schedule({ do: "activity", id: nextId++, name: functionName, input: inputText(input) });
  }

  function child(action: Extract<Action, { instanceId?: unknown }>): Future {
    checkOrchestrator(action.functionName);
    if (action.instanceId) checkChildId(action.instanceId);
    const id = nextId++;
    return schedule({
      do: "child",
      id,
      name: action.functionName,
      instance: action.instanceId || `${self.execution}:${id}`,
      version: action.version ?? undefined,
      input: action.input === undefined ? undefined : JSON.stringify(action.input),
    });
  }

  function hop(fireAtMs: number): Future {
    return schedule({ do: "timer", id: nextId++, fireAtMs });
  }

  function* timer(fireAtMs: number): Generator<Future, "ok" | "failed", "ok" | "failed"> {
    for (;;) {
      yield hop(fireAtMs - nowMs > longestTimerMs ? nowMs + longTimerHopMs : fireAtMs);
      if (nowMs >= fireAtMs) return "ok";
    }
  }

  // A cancelled timer is still created, so that its id is spent, but nothing waits for it.
  function cancelledTimer(fireAt: string): Future {
    const id = nextId;
    const task = hop(Date.parse(fireAt));
    open.delete(id);
    settle(task, "failed");
    return task;
  }

  function* retrying(
    attempt: () => Future,
    options: RetryOptions,
  ): Generator<Future, "ok" | "failed", "ok" | "failed"> {
    const lastTryMs = nowMs + options.retryTimeoutInMilliseconds;
    for (let tries = 1; tries <= options.maxNumberOfAttempts; tries++) {
      if ((yield attempt()) === "ok") return "ok";
      if (nowMs >= lastTryMs) break;
      const growth = options.backoffCoefficient ** (tries - 1);
      const delayMs = Math.min(
        options.firstRetryIntervalInMilliseconds * growth,
        options.maxRetryIntervalInMilliseconds,
      );
      // The timer after the last attempt serves nobody; old histories have it, so the framework keeps it.
      yield hop(tries === options.maxNumberOfAttempts ? nowMs : nowMs + delayMs);
    }
    return "failed";
  }

  function externalEvent(name: string): Future {
    const early = buffered.get(name)?.shift();
    if (early !== undefined) return settled();
    const task = future();
    waiters.set(name, [...(waiters.get(name) ?? []), task]);
    return task;
  }

  function process(event: HistoryEvent): void {
    const ends = event.EventType === eventType.ExecutionResumed || event.EventType === eventType.ExecutionTerminated;
    if (isSuspended && !ends) {
      held.push(event);
      return;
    }
    switch (event.EventType) {
      case eventType.OrchestratorStarted:
        nowMs = Math.max(nowMs, Date.parse(event.Timestamp));
        break;
      case eventType.ExecutionStarted:
        main = spawn(everyAction());
        break;
      case eventType.TaskScheduled:
        confirm(event, "activity", "an activity task", event.Name);
        break;
      case eventType.SubOrchestrationInstanceCreated:
        confirm(event, "child", "a sub-orchestration", event.Name);
        break;
      case eventType.TimerCreated:
        confirm(event, "timer", "a timer", undefined);
        break;
      case eventType.TaskCompleted:
      case eventType.SubOrchestrationInstanceCompleted:
        close(event.TaskScheduledId, "ok");
        break;
      case eventType.TaskFailed:
      case eventType.SubOrchestrationInstanceFailed:
        close(event.TaskScheduledId, "failed");
        break;
      case eventType.TimerFired:
        close(event.TimerId, "ok");
        break;
      case eventType.EventRaised:
        raise(event.Name.toLowerCase(), event);
        break;
      case eventType.ExecutionTerminated:
        terminated = event.Input;
        break;
      case eventType.ExecutionSuspended:
        isSuspended = true;
        break;
      case eventType.ExecutionResumed:
        isSuspended = false;
        for (const late of held.splice(0)) process(late);
        break;
      case eventType.OrchestratorCompleted:
      case eventType.ExecutionCompleted:
      case eventType.ContinueAsNew:
        break;
    }
  }

  function close(id: number, outcome: "ok" | "failed"): void {
    const task = open.get(id);
    open.delete(id);
    if (task) settle(task, outcome);
  }

  // The last to wait is served first: the extension keeps its waiters on a stack.
  function raise(name: string, event: HistoryEvent): void {
    const waiter = waiters.get(name)?.pop();
    if (waiter) settle(waiter, "ok");
    else buffered.set(name, [...(buffered.get(name) ?? []), event]);
  }

  function confirm(event: HistoryEvent, kind: Decision["do"], noun: string, name: string | undefined): void {
    const decision = decided.get(event.EventId);
    const named = name === undefined ? "" : ` and name '${name}'`;
    const past = `A previous execution of this orchestration scheduled ${noun} with sequence ID ${event.EventId}${named}`;
    if (decision === undefined) throw new NonDeterminism(`${past}, but the current replay hasn't (yet?) scheduled it.`);
    if (decision.do !== kind || (decision.do !== "timer" && decision.name.toLowerCase() !== name?.toLowerCase())) {
      const now = decision.do === "timer" ? "a timer" : `'${decision.name}'`;
      throw new NonDeterminism(`${past}, but the current replay has ${now} there (history: ${nameOf(event)}).`);
    }
    decided.delete(event.EventId);
  }

  function checkActivity(name: string): void {
    if (!known.hasActivity(name)) throw new Error(notThere(name, "an activity"));
  }

  function checkOrchestrator(name: string): void {
    if (!known.hasOrchestrator(name)) throw new Error(notThere(name, "an orchestrator"));
  }

  function checkChildId(id: string): void {
    if (id.startsWith("@")) throw new Error("Orchestration instance ids must not start with @.");
    if (id === self.instance || id === self.parent) {
      throw new Error("The instance id of a sub-orchestration must differ from its own and its parent's.");
    }
  }

  function ending(): Ending | undefined {
    if (terminated !== undefined) return { as: "Terminated", reason: terminated };
    // Open tasks hold an ending, good or bad: timers that nobody cancelled, activities that nobody awaited.
    if (main?.outcome === undefined || open.size > 0 || isSuspended) return undefined;
    if (fault !== undefined) return { as: "Failed", message: fault };
    if (state.error) return { as: "Failed", message: `Orchestrator function '${self.name}' failed: ${state.error}` };
    if (!state.isDone) return undefined;
    return next ? { as: "ContinuedAsNew", input: next.input } : { as: "Completed", output: state.output };
  }

  try {
    for (const event of events) process(event);
  } catch (error) {
    if (!(error instanceof NonDeterminism)) throw error;
    const message = `Non-Deterministic workflow detected: ${error.message}`;
    return { decisions: [], ending: { as: "Failed", message }, isSuspended, unread: [] };
  }
  return { decisions: [...decided.values()], ending: ending(), isSuspended, unread: [...buffered.values()].flat() };
}

class NonDeterminism extends Error {}

/** The text for a function that is missing or of another kind. */
export function notThere(name: string, kind: string): string {
  return `The function '${name}' doesn't exist, is disabled, or is not ${kind} function.`;
}

function checkLimits(state: OrchestratorState): void {
  if (state.actions.length > mostActions) {
    throw new Error(`Maximum amount of orchestration actions (${mostActions}) has been reached.`);
  }
  const status = JSON.stringify(state.customStatus ?? null);
  if (status.length * 2 > mostCustomStatusBytes) {
    const size = Math.ceil((status.length * 2) / 1024);
    throw new Error(`The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. It is ${size} KB.`);
  }
}

// The library has turned strings into JSON text already; everything else arrives as a value.
function inputText(input: unknown): string | undefined {
  if (input === undefined || input === null) return undefined;
  return typeof input === "string" ? input : JSON.stringify(input);
}
