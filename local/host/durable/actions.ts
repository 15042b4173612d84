import * as z from "zod";

/** The action numbers of the out-of-process protocol. */
export const actionType = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  callEntity: 7,
  callHttp: 8,
  signalEntity: 9,
  scheduledSignalEntity: 10,
  whenAny: 11,
  whenAll: 12,
  lockEntities: 13,
  releaseEntities: 14,
} as const;

const retryOptions = z.object({
  firstRetryIntervalInMilliseconds: z.number(),
  maxNumberOfAttempts: z.number(),
  backoffCoefficient: z.number().default(1),
  maxRetryIntervalInMilliseconds: z.number().default(6 * 24 * 3_600_000),
  retryTimeoutInMilliseconds: z.number().default(Number.POSITIVE_INFINITY),
});

/** When to try again, as the orchestrator gave it. */
export type RetryOptions = z.infer<typeof retryOptions>;

const functionName = z.string();
const input = z.unknown().optional();
const child = { functionName, input, instanceId: z.string().nullish(), version: z.string().nullish() };

const action = z.discriminatedUnion("actionType", [
  z.object({ actionType: z.literal(actionType.callActivity), functionName, input }),
  z.object({ actionType: z.literal(actionType.callActivityWithRetry), functionName, input, retryOptions }),
  z.object({ actionType: z.literal(actionType.callSubOrchestrator), ...child }),
  z.object({ actionType: z.literal(actionType.callSubOrchestratorWithRetry), ...child, retryOptions }),
  z.object({ actionType: z.literal(actionType.continueAsNew), input }),
  z.object({ actionType: z.literal(actionType.createTimer), fireAt: z.string(), isCanceled: z.boolean() }),
  z.object({ actionType: z.literal(actionType.waitForExternalEvent), externalEventName: z.string() }),
  z.object({ actionType: z.literal(actionType.whenAny), compoundActions: z.array(z.lazy(anyAction)) }),
  z.object({ actionType: z.literal(actionType.whenAll), compoundActions: z.array(z.lazy(anyAction)) }),
  z.object({ actionType: z.literal(actionType.callEntity) }),
  z.object({ actionType: z.literal(actionType.callHttp) }),
  z.object({ actionType: z.literal(actionType.signalEntity) }),
  z.object({ actionType: z.literal(actionType.scheduledSignalEntity) }),
  z.object({ actionType: z.literal(actionType.lockEntities) }),
  z.object({ actionType: z.literal(actionType.releaseEntities) }),
]);

type Retry = { readonly retryOptions: RetryOptions };
type Activity = { readonly functionName: string; readonly input?: unknown };
type Child = Activity & {
  readonly instanceId?: string | null | undefined;
  readonly version?: string | null | undefined;
};
type Types = typeof actionType;

/** One thing an orchestrator asked for, one per yield since its execution began. */
export type Action =
  | ({ readonly actionType: Types["callActivity"] } & Activity)
  | ({ readonly actionType: Types["callActivityWithRetry"] } & Activity & Retry)
  | ({ readonly actionType: Types["callSubOrchestrator"] } & Child)
  | ({ readonly actionType: Types["callSubOrchestratorWithRetry"] } & Child & Retry)
  | { readonly actionType: Types["continueAsNew"]; readonly input?: unknown }
  | { readonly actionType: Types["createTimer"]; readonly fireAt: string; readonly isCanceled: boolean }
  | { readonly actionType: Types["waitForExternalEvent"]; readonly externalEventName: string }
  | { readonly actionType: Types["whenAny"] | Types["whenAll"]; readonly compoundActions: readonly Action[] }
  | { readonly actionType: Types[Unbuilt] };

type Unbuilt =
  | "callEntity"
  | "callHttp"
  | "signalEntity"
  | "scheduledSignalEntity"
  | "lockEntities"
  | "releaseEntities";

/** What one run of an orchestrator function says. */
export type OrchestratorState = {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly customStatus?: unknown;
};

const state = z.object({
  isDone: z.boolean(),
  // Since schema V2 the outer array has one member, for the sake of its past.
  actions: z.tuple([z.array(action)]),
  output: z.unknown().optional(),
  error: z.string().optional(),
  customStatus: z.unknown().optional(),
});

/** Reads the JSON of a worker's answer. */
export function parseState(json: string): OrchestratorState {
  const { actions, ...rest } = state.parse(JSON.parse(json));
  return { ...rest, actions: actions[0] as readonly Action[] };
}

const failureMark = "$OutOfProcData$:";

/** The state that the library hides at the end of a failed orchestrator's error message. */
export function stateInError(message: string): OrchestratorState | undefined {
  const at = message.indexOf(failureMark);
  return at < 0 ? undefined : parseState(message.slice(at + failureMark.length));
}

function anyAction(): z.ZodType {
  return action;
}
