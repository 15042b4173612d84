import type { Dice } from "./dice.ts";
import type { Ground } from "./ground.ts";
import type { Hub } from "./hub.ts";
import { mutate } from "./lake.ts";
import type { Machine } from "./machine.ts";
import type { Event } from "./plan.ts";
import type { Simulation } from "./simulation.ts";

/** What happens to a run from outside, one event after the other. */
export type Troubles = {
  /** How often each thing has happened. */
  readonly counts: Readonly<Record<string, number>>;
  readonly note: (what: string) => void;
  /** Machines that were at work when they were killed. */
  readonly exposed: () => number;
  /** Things that may look like a lost worker. */
  readonly mishaps: () => number;
  /** Nothing more happens. */
  readonly end: () => void;
  /** Rejects with the first thing that should not have gone wrong; never resolves. */
  readonly failed: Promise<never>;
};

/** What the troubles are made of. */
export type Scene = {
  readonly sim: Simulation;
  readonly dice: Dice;
  readonly hub: Hub;
  readonly ground: Ground;
  /** Gives a command to the run, as a person does. */
  readonly command: (wish: "pause" | "cancel") => Promise<void>;
};

/** Lets the events of a plan happen. */
export function openTroubles({ sim, dice, hub, ground, command }: Scene, events: readonly Event[]): Troubles {
  const counts: Record<string, number> = {};
  let exposed = 0;
  let isOver = false;

  function note(what: string): void {
    counts[what] = (counts[what] ?? 0) + 1;
  }

  function kill(machine: Machine): void {
    if (hub.runningOn(machine) > 0) exposed++;
    machine.kill();
  }

  async function happen(event: Event["do"]): Promise<void> {
    const machine = dice.pick(hub.machines());
    const [instance] = hub.live();
    note(event);
    switch (event) {
      case "kill":
        return kill(machine);
      case "freeze":
        return machine.freeze(dice.between(500, 120_000));
      case "close":
        machine.close();
        void sim.sleep(20_000).then(() => kill(machine));
        return;
      case "jump": {
        const ms = dice.pick([-600_000, -30_000, -1000, 1000, 30_000, 600_000]);
        machine.jump(ms);
        void sim.sleep(dice.between(1000, 60_000)).then(() => machine.jump(-ms));
        return;
      }
      case "pause":
      case "cancel":
        return command(event);
      case "terminate":
      case "lose":
      case "hide":
      case "stick":
        if (instance !== undefined) hub[event](instance);
        return;
      case "forget":
        // A local state store that was killed takes everything else with it.
        for (const each of hub.machines()) kill(each);
        return ground.forget();
      case "mutate":
        return mutate(ground, dice, sim.nowMs());
    }
  }

  async function goOn(): Promise<void> {
    for (const event of events) {
      await sim.sleep(event.afterMs);
      if (isOver) return;
      await happen(event.do);
    }
  }

  const failed = Promise.withResolvers<never>();
  goOn().catch(failed.reject);
  failed.promise.catch(() => undefined);
  return {
    counts,
    note,
    exposed: () => exposed,
    mishaps: () =>
      (["kill", "close", "freeze", "terminate", "lose", "hide", "stick", "forget", "poisoned"] as const).reduce(
        (sum, what) => sum + (counts[what] ?? 0),
        0,
      ),
    end: () => {
      isOver = true;
    },
    failed: failed.promise,
  };
}
