import { type HistoryEvent, eventType, nameOf } from "./events.ts";
import type { Instance } from "./instances.ts";

/** How much of an instance to show. */
export type StatusOptions = {
  readonly showInput: boolean;
  readonly history: readonly HistoryEvent[] | undefined;
  readonly showHistoryOutput: boolean;
};

/** An instance as status queries show it. */
export function statusOf(instance: Instance, options: StatusOptions): object {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: parsed(instance.output),
    createdTime: withoutFraction(instance.createdMs),
    lastUpdatedTime: withoutFraction(instance.updatedMs),
    ...(options.history ? { historyEvents: historyEvents(options.history, options.showHistoryOutput) } : {}),
  };
}

// A task is shown once, by its end, with the name and time of its start.
function historyEvents(history: readonly HistoryEvent[], showOutput: boolean): object[] {
  const starts = new Map<number, HistoryEvent>();
  const shown: object[] = [];
  for (const event of history) {
    const { EventId, Timestamp, ...facts } = event;
    const named = { ...facts, EventType: nameOf(event), Timestamp };
    switch (event.EventType) {
      case eventType.TaskScheduled:
      case eventType.SubOrchestrationInstanceCreated:
      case eventType.TimerCreated:
        starts.set(EventId, event);
        break;
      case eventType.TaskCompleted:
      case eventType.TaskFailed:
      case eventType.SubOrchestrationInstanceCompleted:
      case eventType.SubOrchestrationInstanceFailed: {
        const { TaskScheduledId, ...rest } = named as typeof named & { TaskScheduledId: number };
        shown.push({ ...withOutput(rest, showOutput), ...startOf(starts.get(TaskScheduledId)) });
        break;
      }
      case eventType.TimerFired: {
        const { TimerId, ...rest } = named as typeof named & { TimerId: number };
        shown.push({ ...rest, ...startOf(starts.get(TimerId)) });
        break;
      }
      case eventType.ExecutionStarted:
        shown.push({ EventType: named.EventType, Timestamp, FunctionName: event.Name });
        break;
      case eventType.OrchestratorStarted:
      case eventType.OrchestratorCompleted:
        break;
      case eventType.ExecutionCompleted:
      case eventType.ExecutionTerminated:
      case eventType.EventRaised:
      case eventType.ContinueAsNew:
      case eventType.ExecutionSuspended:
      case eventType.ExecutionResumed:
        shown.push(withOutput(named, showOutput));
        break;
    }
  }
  return shown;
}

function startOf(start: HistoryEvent | undefined): object {
  if (start === undefined) return {};
  return { ScheduledTime: start.Timestamp, ...("Name" in start ? { FunctionName: start.Name } : {}) };
}

function withOutput(event: object, showOutput: boolean): object {
  const { Result, ...rest } = event as { Result?: string };
  return showOutput && Result !== undefined ? { ...rest, Result: parsed(Result) } : rest;
}

function parsed(json: string | null): unknown {
  return json === null ? null : (JSON.parse(json) as unknown);
}

function withoutFraction(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
