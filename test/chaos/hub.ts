import type { Task } from "durable-functions";
import { type Budget, budget } from "../../src/core/budget.ts";
import type { SliceInput, WaveInput } from "../../src/core/steps.ts";
import { keep } from "../../src/ferry/keeper.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import type { Activities } from "../../src/flow/activities.ts";
import { firstRound, migrate, type MigrateInput } from "../../src/flow/migrate.ts";
import { instanceOf } from "../../src/core/run.ts";
import type { Dice } from "./dice.ts";
import { type Machine, openMachine, type World } from "./machine.ts";

/** How the hub treats its machines. */
export type HubPlan = {
  readonly machines: number;
  /** Activities that a machine runs at a time. */
  readonly slots: number;
  /** Of an activity to be started on two machines at once. */
  readonly double: number;
  /** Of an activity whose machine is gone to fail rather than be started again elsewhere. */
  readonly give: number;
  /** How long a machine may stand still until its activities are started elsewhere. */
  readonly leaseMs: number;
  readonly keeperMs: number;
};

/** A task hub with its machines: what Durable Functions promises, and no more. */
export type Hub = {
  readonly machines: () => readonly Machine[];
  /** Any machine that is on. */
  readonly anybody: () => Machine;
  /** Starts an orchestration; one that is there already is left as it is. */
  readonly start: (instance: string, input: MigrateInput) => Promise<void>;
  /** Ends an orchestration from outside: its activities go on. */
  readonly terminate: (instance: string) => void;
  /** Loses an orchestration without a trace. */
  readonly lose: (instance: string) => void;
  /** Hides an orchestration, which goes on, from the keeper. */
  readonly hide: (instance: string) => void;
  /** Lets an orchestration stand still for good, as one whose message was lost: it still seems to go on. */
  readonly stick: (instance: string) => void;
  /** The orchestrations that go on. */
  readonly live: () => readonly string[];
  /** Activities that run on this machine. */
  readonly runningOn: (machine: Machine) => number;
  /** The keeper looks after nothing any more. */
  readonly close: () => void;
};

type Instance = { state: "live" | "ended" | "failed" | "terminated" | "lost"; isHidden: boolean; isStuck: boolean };
type Activity = keyof Activities;
/** What a fake task is: an activity, or several at once. */
type Asked = { readonly name: Activity; readonly input: unknown } | { readonly all: readonly Task[] };

/** Opens a hub with its first machines. */
export function openHub(world: World, dice: Dice, plan: HubPlan): Hub {
  const { sim } = world;
  const instances = new Map<string, Instance>();
  const running = new Map<Machine, number>();
  const slots = new Map<Machine, Budget>();
  let machines: Machine[] = [];
  let switchedOn = 0;
  let isClosed = false;

  function fill(): void {
    machines = machines.filter((machine) => machine.isAlive());
    while (machines.length < plan.machines) machines.push(openMachine(world, `m${switchedOn++}`));
  }

  function slotsOf(machine: Machine): Budget {
    const there = slots.get(machine) ?? budget(plan.slots);
    slots.set(machine, there);
    return there;
  }

  function anybody(): Machine {
    fill();
    return dice.pick(machines);
  }

  async function onMachine(machine: Machine, name: Activity, input: unknown): Promise<unknown> {
    const release = await slotsOf(machine).take(1);
    running.set(machine, (running.get(machine) ?? 0) + 1);
    try {
      const copy: unknown = JSON.parse(JSON.stringify(input));
      const result =
        name === "planWave"
          ? await planWave(machine.ferry, copy as WaveInput)
          : await ferryPacket(machine.ferry, copy as SliceInput);
      return JSON.parse(JSON.stringify(result));
    } finally {
      running.set(machine, (running.get(machine) ?? 1) - 1);
      release();
    }
  }

  // At least once: the first answer counts, whoever gives it.
  async function perform(name: Activity, input: unknown): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    let isAnswered = false;
    answer.promise.then(
      () => (isAnswered = true),
      () => (isAnswered = true),
    );
    void attempt();
    if (dice.chance(plan.double)) void sim.sleep(dice.between(0, 2000)).then(attempt);
    return answer.promise;

    async function attempt(): Promise<void> {
      const machine = anybody();
      onMachine(machine, name, input).then(answer.resolve, answer.reject);
      // A lease is lost by a machine that shows no sign of life.
      while (!isAnswered && machine.isAlive() && machine.frozenMs() < plan.leaseMs) {
        await Promise.race([sim.sleep(1000), machine.died, answer.promise.catch(() => undefined)]);
      }
      if (isAnswered) return;
      await sim.sleep(dice.between(100, plan.leaseMs));
      if (isAnswered) return;
      if (dice.chance(plan.give)) answer.reject(new Error("the worker is lost"));
      else await attempt();
    }
  }

  async function orchestrate(name: string, instance: Instance, first: MigrateInput): Promise<void> {
    for (let input: MigrateInput | undefined = first; input !== undefined; ) {
      const next = await round(instance, input);
      if (instance.state !== "live") return;
      input = next;
    }
    instance.state = "ended";
  }

  async function round(instance: Instance, input: MigrateInput): Promise<MigrateInput | undefined> {
    let next: MigrateInput | undefined;
    const started = new Map<Task, Promise<unknown>>();
    const asked = new Map<Task, Asked>();
    const task = (what: Asked) => {
      const made = {} as Task;
      asked.set(made, what);
      return made;
    };
    function begin(one: Task): Promise<unknown> {
      const there = started.get(one);
      if (there !== undefined) return there;
      const what = asked.get(one);
      if (what === undefined) throw new Error("no task of this round");
      const begun = "all" in what ? Promise.all(what.all.map(begin)) : perform(what.name, what.input);
      started.set(one, begun);
      begun.catch(() => undefined);
      return begun;
    }
    const flow = migrate(
      {
        callActivity: (name, given) => task({ name: name as Activity, input: given }),
        continueAsNew: (given) => {
          next = JSON.parse(JSON.stringify(given)) as MigrateInput;
        },
        setCustomStatus: () => undefined,
        Task: { all: (tasks) => task({ all: tasks }) },
      },
      input,
    );
    let step = flow.next();
    while (step.done !== true) {
      let go: () => typeof step;
      try {
        const value = await begin(step.value);
        go = () => flow.next(value);
      } catch (error) {
        go = () => flow.throw(error);
      }
      await sim.sleep(dice.between(10, 500));
      if (instance.isStuck) await new Promise(() => undefined);
      if (instance.state !== "live") return undefined;
      try {
        step = go();
      } catch {
        instance.state = "failed";
        return undefined;
      }
    }
    return next;
  }

  async function start(name: string, input: MigrateInput): Promise<void> {
    if (instances.get(name)?.state === "live") return;
    const instance: Instance = { state: "live", isHidden: false, isStuck: false };
    instances.set(name, instance);
    void orchestrate(name, instance, input);
  }

  function names(is: (instance: Instance) => boolean): ReadonlySet<string> {
    return new Set([...instances].filter(([, instance]) => is(instance)).map(([name]) => name));
  }

  function change(name: string, how: Partial<Instance>): void {
    const instance = instances.get(name);
    if (instance?.state === "live") Object.assign(instance, how);
  }

  async function keepWatch(): Promise<void> {
    while (!isClosed) {
      await sim.sleep(plan.keeperMs);
      const { ferry, died } = anybody();
      const kept = keep(ferry, {
        look: async () => ({
          live: names(({ state, isHidden }) => state === "live" && !isHidden),
          suspended: new Set(),
          terminated: names(({ state }) => state === "terminated"),
        }),
        start: (run) => start(instanceOf(run), firstRound(run)),
      });
      await Promise.race([kept.catch(() => undefined), died]);
    }
  }

  fill();
  void keepWatch();
  return {
    machines: () => {
      fill();
      return machines;
    },
    anybody,
    start,
    terminate: (name) => change(name, { state: "terminated" }),
    lose: (name) => change(name, { state: "lost" }),
    hide: (name) => change(name, { isHidden: true }),
    stick: (name) => change(name, { isStuck: true }),
    live: () => [...names(({ state }) => state === "live")],
    runningOn: (machine) => running.get(machine) ?? 0,
    close: () => {
      isClosed = true;
    },
  };
}
