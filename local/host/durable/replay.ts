import { type Action, type OrchestratorState, actionType } from "./actions.ts";
import { retrying, timer } from "./delays.ts";
import { type HistoryEvent, eventType } from "./events.ts";
import { type Future, settled, spawn, whenAll, whenAny } from "./futures.ts";
import { type Decision, NonDeterminism, openLedger } from "./ledger.ts";
import { openMailbox } from "./mailbox.ts";

/** How an execution ends. */
export type Ending =
  | { readonly as: "Completed"; readonly output: unknown }
  | { readonly as: "Failed"; readonly message: string }
  | { readonly as: "Terminated"; readonly reason: string }
  | { readonly as: "ContinuedAsNew"; readonly input: unknown };

/** What one replay found out. */
export type Replayed = {
  readonly decisions: readonly Decision[];
  /** Undefined while the orchestration waits. */
  readonly ending: Ending | undefined;
  readonly isSuspended: boolean;
  /** External events that nobody has waited for yet. */
  readonly unread: readonly HistoryEvent[];
};

/** Which functions the app has. */
export type Known = {
  readonly hasActivity: (name: string) => boolean;
  readonly hasOrchestrator: (name: string) => boolean;
};

/** Whom the replay is about. */
export type Identity = {
  readonly name: string;
  readonly instance: string;
  readonly execution: string;
  readonly parent: string | undefined;
};

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
  const ledger = openLedger();
  const mailbox = openMailbox();
  const held: HistoryEvent[] = [];
  let nowMs = 0;
  let isSuspended = false;
  let fault: string | undefined;
  let next: { readonly input: unknown } | undefined;
  let main: Future | undefined;
  const now = (): number => nowMs;
  const hop = (fireAtMs: number): Future => ledger.schedule((id) => ({ do: "timer", id, fireAtMs }));

  function* everyAction(): Generator<Future, "ok" | "failed", "ok" | "failed"> {
    try {
      checkLimits(state);
      for (const action of state.actions) yield begin(action);
      return "ok";
    } catch (error) {
      fault = (error as Error).message;
      return "failed";
    }
  }

  function begin(action: Action): Future {
    switch (action.actionType) {
      case actionType.callActivity:
        return activity(action);
      case actionType.callActivityWithRetry:
        checkActivity(action.functionName);
        return spawn(retrying(() => activity(action), hop, now, action.retryOptions));
      case actionType.callSubOrchestrator:
        return child(action);
      case actionType.callSubOrchestratorWithRetry:
        checkChild(action);
        return spawn(retrying(() => child(action), hop, now, action.retryOptions));
      case actionType.continueAsNew:
        next = { input: action.input };
        return settled();
      case actionType.createTimer:
        if (!action.isCanceled) return spawn(timer(hop, now, Date.parse(action.fireAt)));
        // A cancelled timer is still created, so that its id is spent.
        ledger.spend((id) => ({ do: "timer", id, fireAtMs: Date.parse(action.fireAt) }));
        return settled();
      case actionType.waitForExternalEvent:
        return mailbox.wait(action.externalEventName);
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

  function activity({ functionName: name, input }: { functionName: string; input?: unknown }): Future {
    checkActivity(name);
    return ledger.schedule((id) => ({ do: "activity", id, name, input: inputText(input) }));
  }

  function child(action: Extract<Action, { instanceId?: unknown }>): Future {
    checkChild(action);
    const input = action.input === undefined ? undefined : JSON.stringify(action.input);
    return ledger.schedule((id) => ({
      do: "child",
      id,
      name: action.functionName,
      instance: action.instanceId || `${self.execution}:${id}`,
      version: action.version ?? undefined,
      input,
    }));
  }

  function checkActivity(name: string): void {
    if (!known.hasActivity(name)) throw new Error(notThere(name, "an activity"));
  }

  function checkChild({ functionName, instanceId }: Extract<Action, { instanceId?: unknown }>): void {
    if (!known.hasOrchestrator(functionName)) throw new Error(notThere(functionName, "an orchestrator"));
    if (instanceId?.startsWith("@")) throw new Error("Orchestration instance ids must not start with @.");
    if (instanceId && (instanceId === self.instance || instanceId === self.parent)) {
      throw new Error("The instance id of a sub-orchestration must differ from its own and its parent's.");
    }
  }

  function process(event: HistoryEvent): void {
    if (isSuspended && event.EventType !== eventType.ExecutionResumed) {
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
        ledger.confirm(event, "activity", event.Name);
        break;
      case eventType.SubOrchestrationInstanceCreated:
        ledger.confirm(event, "child", event.Name);
        break;
      case eventType.TimerCreated:
        ledger.confirm(event, "timer");
        break;
      case eventType.TaskCompleted:
      case eventType.SubOrchestrationInstanceCompleted:
        ledger.close(event.TaskScheduledId, "ok");
        break;
      case eventType.TaskFailed:
      case eventType.SubOrchestrationInstanceFailed:
        ledger.close(event.TaskScheduledId, "failed");
        break;
      case eventType.TimerFired:
        ledger.close(event.TimerId, "ok");
        break;
      case eventType.EventRaised:
        mailbox.raise(event.Name, event);
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
      case eventType.ExecutionTerminated:
      case eventType.ContinueAsNew:
        break;
    }
  }

  function ending(): Ending | undefined {
    // Open tasks hold an ending, good or bad: timers that nobody cancelled, activities that nobody awaited.
    if (main?.outcome === undefined || ledger.hasOpen() || isSuspended) return undefined;
    const error = fault ?? state.error;
    if (error) return { as: "Failed", message: `Orchestrator function '${self.name}' failed: ${error}` };
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
  return { decisions: ledger.decisions(), ending: ending(), isSuspended, unread: mailbox.unread() };
}

/** The text for a function that is missing or of another kind. */
export function notThere(name: string, kind: string): string {
  return `The function '${name}' doesn't exist, is disabled, or is not ${kind} function.`;
}

const mostActions = 100_000;
const mostCustomStatusBytes = 16 * 1024;

function checkLimits(state: OrchestratorState): void {
  if (state.actions.length > mostActions) {
    throw new Error(`Maximum amount of orchestration actions (${mostActions}) has been reached.`);
  }
  const bytes = JSON.stringify(state.customStatus ?? null).length * 2;
  if (bytes > mostCustomStatusBytes) {
    const size = Math.ceil(bytes / 1024);
    throw new Error(`The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. It is ${size} KB.`);
  }
}

// The library has turned strings into JSON text already; everything else arrives as a value.
function inputText(input: unknown): string | undefined {
  if (input === undefined || input === null) return undefined;
  return typeof input === "string" ? input : JSON.stringify(input);
}
