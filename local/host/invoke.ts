import { randomBytes, randomUUID } from "node:crypto";
import type { AppFunction } from "./catalogue.ts";
import type { Clock } from "./clock.ts";
import type { Hook, Registry } from "./core-api.ts";
import { type Level, type Log, textOf } from "./log.ts";
import type { Input, InvocationModel, Response, TypedData } from "./rpc.ts";

/** The function ran longer than host.json allows; whatever it returns later is ignored. */
export class FunctionTimeout extends Error {}

/** Runs one function once. Rejects with what the app threw, as it was thrown. */
export type Invoke = (target: AppFunction, inputs: readonly Input[]) => Promise<Response>;

/** The app's life, from start to end. */
export type Invoker = {
  readonly invoke: Invoke;
  /** How many invocations are running now. */
  readonly running: () => number;
  readonly appStart: () => Promise<void>;
  readonly appTerminate: () => Promise<void>;
};

type InvokerOptions = {
  readonly appRoot: string;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number | undefined;
};

/** Runs functions the way the Functions worker does: arguments, hooks, handler, hooks, response. */
export function invoker({ appRoot, registry, clock, log, timeoutMs }: InvokerOptions): Invoker {
  const appHookData: Record<string, unknown> = {};
  const lifecycle = { hookData: {}, appHookData, functionAppDirectory: appRoot };
  let running = 0;

  async function invoke(target: AppFunction, inputs: readonly Input[]): Promise<Response> {
    running++;
    const startedMs = clock.nowMs();
    const invocationId = randomUUID();
    const fields = { function: target.name, invocation: invocationId };
    try {
      const work = run(target, inputs, invocationId);
      const response = await (timeoutMs === undefined ? work : withTimeout(work, timeoutMs, target.name));
      log("debug", "function.done", { ...fields, ms: clock.nowMs() - startedMs });
      return response;
    } catch (error) {
      log(target.kind === "orchestration" ? "debug" : "error", "function.failed", { ...fields, error: textOf(error) });
      throw error;
    } finally {
      running--;
    }
  }

  async function run(target: AppFunction, inputs: readonly Input[], invocationId: string): Promise<Response> {
    const { metadata } = target;
    let invocationContext: object | undefined;
    const core = {
      invocationId,
      metadata,
      state: "",
      log(level: string, category: string, message: string) {
        const context = { level, message, category, invocationContext, hookData: {}, appHookData };
        for (const hook of registry.hooks.log) hook(context);
        const fields = { function: target.name, invocation: invocationId, message: context.message };
        log(context.level as Level, category === "user" ? "app.log" : "worker.log", fields);
      },
      request: {
        invocationId,
        functionId: metadata.functionId ?? metadata.name,
        inputData: inputs,
        triggerMetadata: {},
        // Each invocation is a trace of its own here; Azure's are parts of one.
        traceContext: { traceParent: newTraceParent(), traceState: "", attributes: {} },
      },
    };
    const model: InvocationModel | undefined = registry.model?.getInvocationModel(core);
    if (model === undefined) throw new Error("The app registered functions without a programming model.");
    const given = await model.getArguments();
    invocationContext = given.context;
    return runWithHooks(target, model, given, core);
  }

  async function runWithHooks(
    target: AppFunction,
    model: InvocationModel,
    { context, inputs }: { context: object; inputs: unknown[] },
    core: { state: string },
  ): Promise<Response> {
    const hookData = {};
    core.state = "preInvocationHooks";
    const before = { hookData, appHookData, invocationContext: context, functionCallback: target.handler, inputs };
    await runHooks(registry.hooks.preInvocation, before);
    core.state = "invocation";
    const outcome: { result: unknown; error: unknown } = { result: undefined, error: undefined };
    try {
      outcome.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      // A thrown undefined must still count as a failure.
      outcome.error = error ?? new Error("The function threw nothing.");
    }
    core.state = "postInvocationHooks";
    const after = { hookData, appHookData, invocationContext: context, inputs: before.inputs, ...outcome };
    await runHooks(registry.hooks.postInvocation, after);
    if (after.error !== undefined && after.error !== null) throw after.error;
    return model.getResponse(context, after.result);
  }

  async function withTimeout<T>(work: Promise<T>, limitMs: number, name: string): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const cancel = clock.alarm(clock.nowMs() + limitMs, () => {
      log("error", "function.timeout", { function: name, ms: limitMs });
      reject(new FunctionTimeout(`Timeout value of ${limitMs} ms exceeded by function: Functions.${name}`));
      work.then(
        () => log("warning", "function.late", { function: name, result: "ignored" }),
        (error: unknown) => log("warning", "function.late", { function: name, error: textOf(error) }),
      );
    });
    try {
      return await Promise.race([work, promise]);
    } finally {
      cancel();
    }
  }

  return {
    invoke,
    running: () => running,
    appStart: () => runHooks(registry.hooks.appStart, lifecycle),
    appTerminate: () => runHooks(registry.hooks.appTerminate, lifecycle),
  };
}

/** One input as JSON text; undefined becomes no data at all. */
export function textInput(name: string, text: string | undefined): Input {
  return { name, data: text === undefined ? undefined : ({ string: text } satisfies TypedData) };
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
}

async function runHooks(hooks: readonly Hook[], context: object): Promise<void> {
  for (const hook of hooks) await hook(context);
}
