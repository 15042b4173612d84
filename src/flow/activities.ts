import type { Task } from "durable-functions";
import type { SliceInput, SliceResult, WaveInput, WavePlan } from "../core/steps.ts";

/** The activities by name, and what goes in and out. */
export type Activities = {
  readonly planWave: { readonly in: WaveInput; readonly out: WavePlan };
  readonly ferryPacket: { readonly in: SliceInput; readonly out: SliceResult };
};

/** The part of the orchestration context that an orchestrator of ours may use. */
export type Durable = {
  readonly callActivity: (name: string, input: unknown) => Task;
  readonly continueAsNew: (input: unknown) => void;
  readonly setCustomStatus: (status: unknown) => void;
  readonly Task: { readonly all: (tasks: Task[]) => Task };
};

/** A plain activity, not started before it is yielded. */
export function task<K extends keyof Activities>(df: Durable, name: K, input: Activities[K]["in"]): Task {
  return df.callActivity(name, input);
}

/** Runs one activity alone. */
export function* call<K extends keyof Activities>(
  df: Durable,
  name: K,
  input: Activities[K]["in"],
): Generator<Task, Activities[K]["out"], unknown> {
  return (yield task(df, name, input)) as Activities[K]["out"];
}
