/** The history's event numbers, as Durable Task writes them. */
export const eventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ContinueAsNew: 16,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

/** What happened. */
export type EventName = keyof typeof eventType;

/** The task of a parent that waits for this instance. */
export type ParentInstance = { readonly instance: string; readonly execution: string; readonly task: number };

type Facts = {
  ExecutionStarted: {
    readonly Name: string;
    readonly Input: string | undefined;
    readonly Version: string | undefined;
    readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
    readonly ParentInstance: ParentInstance | undefined;
  };
  ExecutionCompleted: { readonly OrchestrationStatus: string; readonly Result: string | undefined };
  ExecutionTerminated: { readonly Input: string };
  TaskScheduled: { readonly EventId: number; readonly Name: string };
  TaskCompleted: { readonly TaskScheduledId: number; readonly Result: string };
  TaskFailed: { readonly TaskScheduledId: number; readonly Reason: string; readonly Details: string };
  SubOrchestrationInstanceCreated: { readonly EventId: number; readonly Name: string; readonly InstanceId: string };
  SubOrchestrationInstanceCompleted: { readonly TaskScheduledId: number; readonly Result: string };
  SubOrchestrationInstanceFailed: {
    readonly TaskScheduledId: number;
    readonly Reason: string;
    readonly Details: string;
  };
  TimerCreated: { readonly EventId: number; readonly FireAt: string };
  TimerFired: { readonly TimerId: number; readonly FireAt: string };
  OrchestratorStarted: object;
  OrchestratorCompleted: object;
  EventRaised: { readonly Name: string; readonly Input: string };
  ContinueAsNew: object;
  ExecutionSuspended: { readonly Reason: string };
  ExecutionResumed: { readonly Reason: string };
};

type Common = { readonly EventId: number; readonly Timestamp: string };

/** One line of an instance's history; also the body of every message to an instance. */
export type HistoryEvent = {
  [N in EventName]: Common & { readonly EventType: (typeof eventType)[N] } & Facts[N];
}[EventName];

/** Makes an event; -1 is the id of every event that no task is numbered by. */
export function eventOf<N extends EventName>(name: N, atMs: number, facts: Facts[N]): HistoryEvent {
  const common = { EventType: eventType[name], EventId: -1, Timestamp: new Date(atMs).toISOString() };
  return { ...common, ...facts } as unknown as HistoryEvent;
}

/** The name of an event's type, as status queries show it. */
export function nameOf(event: HistoryEvent): EventName {
  return names.get(event.EventType) as EventName;
}

const names = new Map<number, EventName>(Object.entries(eventType).map(([name, type]) => [type, name as EventName]));
