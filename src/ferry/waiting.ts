import type { Budget } from "../core/budget.ts";
import type { MigrationRequest } from "../core/request.ts";
import { noWaits, type StoreName, type Waits, waitsSince } from "../core/waits.ts";
import type { Meter } from "../wire/meter.ts";
import type { Ferry, Valves } from "./ferry.ts";

/** What one walk has waited for since it was last asked; `own` is what is counted elsewhere. */
export type Waiting = { readonly take: (own: Pick<Waits, "slotsMs"> & Partial<Waits>) => Waits };

/** Whether a walk has all the slots for files that it may ever have. */
export function isWidest({ mostFiles }: Ferry, { filesPerLane }: MigrationRequest, slots: Budget): boolean {
  return slots.size() >= (filesPerLane === "auto" ? mostFiles : Math.min(filesPerLane, mostFiles));
}

/** Adds up what is counted where requests are made anyway: on their meter, at their valves, and of the process. */
export function openWaiting({ waits }: Meter, valves: Valves, load: Ferry["load"], isWide: () => boolean): Waiting {
  // For a connection one waits at the valve, and again where all users of the store share them.
  const at = (store: StoreName) => {
    const { held } = valves[store];
    return { ...waits[store], ...held, connections: waits[store].connections + held.connections };
  };
  const now = (): Waits => ({ ...noWaits, source: at("source"), sink: at("sink"), ...load() });
  let before = now();
  return {
    take: (own) => {
      const until = now();
      const since = waitsSince(until, before);
      before = until;
      // A process that found that more slots do no more has names that wait for them all the same.
      return { ...since, ...own, slotsMs: isWide() ? own.slotsMs : 0 };
    },
  };
}
