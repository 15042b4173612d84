import type { Task } from "durable-functions";
import type { Durable } from "../../src/flow/activities.ts";
import { type MigrateInput, migrate } from "../../src/flow/migrate.ts";

/** An activity that an orchestrator asked for. */
export type Asked = { readonly name: string; readonly input: unknown };

type FakeTask = Task & { readonly run: () => Promise<unknown> };

/** Runs one round of the orchestrator with activities that take their time. */
export async function round(
  input: MigrateInput,
  perform: (asked: Asked) => Promise<unknown>,
): Promise<{ readonly next: MigrateInput | undefined; readonly result: unknown }> {
  let next: unknown;
  const df: Durable = {
    callActivity: (name, given) => {
      let running: Promise<unknown> | undefined;
      // A task is asked for once, however often it is yielded.
      const run = () => (running ??= perform({ name, input: given }));
      return { run } as unknown as Task;
    },
    continueAsNew: (given) => {
      next = given;
    },
    setCustomStatus: () => undefined,
    Task: {
      all: (tasks) => {
        const run = async () => {
          const all = tasks.map((task) => (task as FakeTask).run());
          await Promise.allSettled(all);
          return Promise.all(all);
        };
        return { run } as unknown as Task;
      },
    },
  };
  const generator = migrate(df, input);
  let step = generator.next();
  while (step.done !== true) {
    try {
      step = generator.next(await (step.value as FakeTask).run());
    } catch (error) {
      step = generator.throw(error);
    }
  }
  return { next: next as MigrateInput | undefined, result: step.value };
}
