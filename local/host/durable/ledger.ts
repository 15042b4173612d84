import { type HistoryEvent, nameOf } from "./events.ts";
import { type Future, future, settle } from "./futures.ts";

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

/** Thrown when history holds what the replay did not ask for. */
export class NonDeterminism extends Error {}

/** Numbers the tasks of one replay in the order in which they are asked for, and checks them against history. */
export type Ledger = {
  /** Asks for the task that `make` describes under the next id. */
  readonly schedule: (make: (id: number) => Decision) => Future;
  /** Asks for a task that nobody will wait for. */
  readonly spend: (make: (id: number) => Decision) => void;
  /** History says that this was scheduled: it must have been asked for in this replay too. */
  readonly confirm: (event: HistoryEvent, kind: Decision["do"], name?: string) => void;
  /** History says that a task has ended; a second end of the same task is ignored. */
  readonly close: (id: number, outcome: "ok" | "failed") => void;
  readonly hasOpen: () => boolean;
  /** What was asked for and is not in history yet. */
  readonly decisions: () => readonly Decision[];
};

const nouns = { activity: "an activity task", child: "a sub-orchestration", timer: "a timer" } as const;

/** A ledger that starts with id 0. */
export function openLedger(): Ledger {
  const decided = new Map<number, Decision>();
  const open = new Map<number, Future>();
  let nextId = 0;

  function spend(make: (id: number) => Decision): number {
    const id = nextId++;
    decided.set(id, make(id));
    return id;
  }

  return {
    schedule(make) {
      const task = future();
      open.set(spend(make), task);
      return task;
    },
    spend(make) {
      spend(make);
    },
    confirm(event, kind, name) {
      const decision = decided.get(event.EventId);
      const named = name === undefined ? "" : ` and name '${name}'`;
      const past = `A previous execution of this orchestration scheduled ${nouns[kind]} with sequence ID ${event.EventId}${named}`;
      if (decision === undefined) throw new NonDeterminism(`${past}, but the current replay hasn't scheduled it.`);
      const nameNow = decision.do === "timer" ? undefined : decision.name;
      if (decision.do !== kind || nameNow?.toLowerCase() !== name?.toLowerCase()) {
        const now = `${nouns[decision.do]}${nameNow === undefined ? "" : ` '${nameNow}'`}`;
        throw new NonDeterminism(`${past}, but the current replay has ${now} there (history: ${nameOf(event)}).`);
      }
      decided.delete(event.EventId);
    },
    close(id, outcome) {
      const task = open.get(id);
      open.delete(id);
      if (task) settle(task, outcome);
    },
    hasOpen: () => open.size > 0,
    decisions: () => [...decided.values()],
  };
}
