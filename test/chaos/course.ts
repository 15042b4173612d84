import assert from "node:assert/strict";
import { type Migrations, openMigrations } from "../../src/app/migrations.ts";
import type { Answer } from "../../src/app/problem.ts";
import { LakeError } from "../../src/core/error.ts";
import type { MigrationRequest } from "../../src/core/request.ts";
import { instanceOf, isLive, type Run } from "../../src/core/run.ts";
import { firstRound } from "../../src/flow/migrate.ts";
import { openRuns } from "../../src/state/runs.ts";
import { openWork } from "../../src/state/work.ts";
import { appOver } from "../kit/testApp.ts";
import { type Dice, diceOf } from "./dice.ts";
import { type Ground, remembering, type Truth } from "./ground.ts";
import { type Hub, type HubPlan, openHub } from "./hub.ts";
import { type Laid, layOut } from "./lake.ts";
import type { Machine, World } from "./machine.ts";
import { type Network, openNetwork } from "./network.ts";
import { assertExact, type Rested } from "./oracle.ts";
import type { Plan } from "./plan.ts";
import { assertSwept, strew, sweeping } from "./sweep.ts";
import { type Simulation, simulation } from "./simulation.ts";
import { openTroubles, type Troubles } from "./troubles.ts";

const startMs = 1_700_000_000_000;
const patienceMs = 12 * 3_600_000;
const calmHub: HubPlan = { machines: 1, slots: 100, double: 0, give: 0, leaseMs: 60_000, keeperMs: 60_000 };

/** A seed under way. */
type Course = {
  readonly plan: Plan;
  readonly sim: Simulation;
  readonly dice: Dice;
  readonly ground: ReturnType<typeof remembering>;
  readonly laid: Laid;
  readonly network: Network;
  /** How often each file was sent to the sink. */
  readonly sent: Map<string, number>;
  /** The lakes do nothing wrong by themselves. */
  readonly isQuiet: boolean;
};

/** Runs one seed to its end and looks at what is left; says how it went, or rejects with what is wrong. */
export async function runCourse(
  plan: Plan,
  lay: (sim: Simulation, dice: Dice) => Promise<Ground> | Ground,
): Promise<string> {
  const sim = simulation(startMs);
  const ground = remembering(await lay(sim, diceOf(`${plan.seed}/ground`)));
  try {
    const dice = diceOf(`${plan.seed}/course`);
    const network = openNetwork(sim, dice.fork("network"), plan.weather);
    const laid = await layOut(ground, dice.fork("lake"), plan);
    const before = await ground.sink();
    const isQuiet = !ground.rage();
    const course: Course = { plan, sim, dice, ground, laid, network, sent: new Map(), isQuiet };
    const first = await roughRun(course, before);
    const last = await settlingRun(course);
    await sweepingRun(course);
    const seconds = Math.round((sim.nowMs() - startMs) / 1000);
    const what = Object.entries({ ...first.counts, ...network.done }).map(([name, count]) => `${name} ${count}`);
    const facts = `${first.failed} failed, ${resentIn(course)} sent again, ${seconds} s`;
    return `${first.status}, then ${last.status}; ${facts}; ${what.join(", ")}`;
  } finally {
    await ground.close();
  }
}

// The run that everything happens to.
async function roughRun(course: Course, before: Truth) {
  const { plan, sim, dice, ground, laid, network, sent } = course;
  const scribbles = dice.fork("scribbles");
  const world = worldOf(course, {
    curse: ({ store, op, path }) => {
      if (store !== "source" || op !== "read") return undefined;
      if (path === laid.denied) return new LakeError("denied", { op: "OPEN", path, detail: "no right" });
      if (path !== laid.unserved) return undefined;
      return new LakeError("unavailable", { op: "OPEN", path, detail: "HTTP 500", retry: "later" });
    },
    seen: (machine, { op, path }) => {
      if (op === "putFile" || op === "commitBlocks") sent.set(path, (sent.get(path) ?? 0) + 1);
      if (op === "read" && scribbles.chance(plan.scribble)) void scribbleOn(course, troubles, path);
      if (op !== "read" || path !== laid.poison) return;
      troubles.note("poisoned");
      machine.kill();
    },
  });
  const hub = openHub(world, dice.fork("hub"), plan.hub);
  const command = (wish: "pause" | "cancel") => call(ground, hub, (api) => api.command("r", wish));
  const troubles = openTroubles({ sim, dice: dice.fork("troubles"), hub, ground, command }, plan.events);
  const ended = await sim.until(Promise.race([person(course, hub, "r", laid.request), troubles.failed]));
  troubles.end();
  network.calm();
  ground.calm();
  hub.close();
  await sim.rest();
  const run = await openRuns(ground.rows).get("r");
  assert.equal(run?.status, ended.status, "an ended run stays as it ended");
  assertMoving(course, ended);
  const isStill = troubles.counts["mutate"] === undefined;
  const failed = await assertExact({
    ...(await restedOf(course, ended)),
    before,
    isStill,
    mayFail: (path, kind) => isFair(course, troubles, path, kind),
  });
  assertThrift(course, troubles, before, isStill);
  for (const { name, ferry } of hub.machines()) {
    for (const budget of [ferry.memory, ferry.files])
      assert.equal(budget.free(), budget.size(), `${name} gave back all`);
  }
  return { status: ended.status, failed: failed.size, counts: troubles.counts };
}

// While a file is being read, others write over it; its length stays.
async function scribbleOn({ sim, ground, dice }: Course, troubles: Troubles, path: string): Promise<void> {
  troubles.note("mutate");
  await sim.sleep(dice.fork(`scribble ${path}`).between(0, 2));
  ground.scribble(path, `${troubles.counts["mutate"]}~`, sim.nowMs());
}

// A run without any trouble brings over what the first one could not.
async function settlingRun(course: Course): Promise<Run> {
  const { sim, dice, ground, laid } = course;
  const before = await ground.sink();
  const hub = openHub(
    worldOf(course, { curse: () => undefined, seen: () => undefined }),
    dice.fork("settling"),
    calmHub,
  );
  const run = await sim.until(person(course, hub, "s", laid.request));
  const again = await sim.until(person(course, hub, "t", laid.request));
  hub.close();
  await sim.rest();
  assert.notEqual(run.status, "Failed", `it can't be settled: ${whyFailed(run)}`);
  await assertExact({ ...(await restedOf(course, run)), before, isStill: true, mayFail: () => false });
  assert.equal(again.status, run.status, "a second pass ends as the first");
  const { tally } = await (await restedOf(course, again)).work.account();
  const { filesCopied, filesAccess, foldersMade } = tally;
  assert.deepEqual({ filesCopied, filesAccess, foldersMade }, { filesCopied: 0, filesAccess: 0, foldersMade: 0 });
  return run;
}

// Machines die while a run takes away what only the sink has.
async function sweepingRun(course: Course): Promise<void> {
  const { plan, sim, dice, ground, laid } = course;
  const request = sweeping(laid.request);
  if (request === undefined) return;
  await strew(ground, dice.fork("strewing"), request);
  const before = await ground.sink();
  const hub = openHub(
    worldOf(course, { curse: () => undefined, seen: () => undefined }),
    dice.fork("sweeping"),
    plan.hub,
  );
  const command = (wish: "pause" | "cancel") => call(ground, hub, (api) => api.command("d", wish));
  const events = plan.events.filter(({ do: what }) => what === "kill" || what === "close" || what === "pause");
  const troubles = openTroubles({ sim, dice: dice.fork("sweeping troubles"), hub, ground, command }, events);
  const run = await sim.until(Promise.race([person(course, hub, "d", request), troubles.failed]));
  troubles.end();
  hub.close();
  await sim.rest();
  assert.notEqual(run.status, "Failed", `it can't be swept: ${whyFailed(run)}`);
  await assertSwept({ ...(await restedOf(course, run)), before, isStill: true, mayFail: () => false });
}

function worldOf({ plan, sim, dice, network, ground }: Course, eyes: Pick<World, "curse" | "seen">): World {
  let numbers = 0;
  return {
    sim,
    dice: dice.fork("machines"),
    network,
    rows: ground.rows,
    blobs: ground.blobs,
    lakes: ground.lakes,
    pace: plan.pace,
    sizes: plan.sizes,
    memoryBytes: plan.memoryBytes,
    files: plan.files,
    count: () => numbers++,
    ...eyes,
  };
}

// Asks any machine, which may die before it answers.
async function call(ground: Ground, hub: Hub, ask: (api: Migrations) => Promise<Answer>): Promise<void> {
  const { ferry, died }: Machine = hub.anybody();
  const app = appOver({ ferry, blobs: ground.blobs, rows: ground.rows });
  const answer = ask(openMigrations(app, (run) => hub.start(instanceOf(run), firstRound(run)), "/api/migrations")).then(
    ({ status, body }) => {
      assert.notEqual(status, 400, JSON.stringify(body));
    },
  );
  return Promise.race([answer, died]);
}

// A person who wants the migration done: asks again, and resumes what rests.
async function person({ sim, dice, ground }: Course, hub: Hub, id: string, request: MigrationRequest): Promise<Run> {
  const runs = openRuns(ground.rows);
  for (;;) {
    assert.ok(sim.nowMs() - startMs < patienceMs, `migration ${id} goes on for ever`);
    const run = await runs.get(id).catch(() => "not to be told" as const);
    if (run === undefined) await call(ground, hub, (api) => api.start({ ...request, id }));
    else if (run !== "not to be told" && !isLive(run.status)) return run;
    else if (run !== "not to be told" && run.status === "Paused") {
      await call(ground, hub, (api) => api.command(id, "resume"));
    }
    await sim.sleep(dice.between(2000, 20_000));
  }
}

async function restedOf({ sim, ground }: Course, run: Run): Promise<Omit<Rested, "before" | "isStill" | "mayFail">> {
  const clock = { nowMs: sim.nowMs, roll: () => 0, sleep: sim.sleep };
  return {
    run,
    work: openWork(ground.rows, run.id, () => "none", clock),
    rows: ground.rows,
    blobs: ground.blobs,
    source: await ground.source(),
    versions: ground.versions,
    sink: await ground.sink(),
  };
}

// A run fails only when it could not even begin, because the lakes were out of reach; or when doubles that found nothing
// to do ended each of its waves before a name that takes all tries was through.
function assertMoving({ plan, laid, isQuiet }: Course, run: Run): void {
  const isRough = !isQuiet || plan.weather.spells.length > 0;
  const neverBegan = isRough && run.error?.detail.endsWith("tries)") === true;
  const isHurried = plan.hub.double >= 0.4 && (laid.unserved ?? laid.poison) !== undefined;
  const isExcused = neverBegan || (isHurried && run.error?.detail.startsWith("stalled") === true);
  assert.ok(run.status !== "Failed" || isExcused, `it failed: ${whyFailed(run)}`);
}

function whyFailed({ error }: Run): string {
  return `${error?.op} ${error?.path} ${error?.detail}`;
}

function isFair({ plan, laid, isQuiet }: Course, troubles: Troubles, path: string, kind: string): boolean {
  // An execution whose double found nothing to do is taken for ended, and its packet for lost.
  if (kind === "unprocessable") return path === laid.poison || troubles.mishaps() >= 5 || plan.hub.double >= 0.4;
  if (path === laid.denied && kind === "denied") return true;
  if (path === laid.unserved && kind === "unavailable") return true;
  if (kind === "unavailable" || kind === "throttled") return !isQuiet || plan.weather.spells.length > 0;
  // A file that became a folder can't be opened, and isn't gone.
  if (["conflict", "changed", "not-found"].includes(kind)) return troubles.counts["mutate"] !== undefined;
  return false;
}

// No file is written twice; where machines were killed and nothing else, none is sent twice but those in flight.
function assertThrift(course: Course, troubles: Troubles, before: Truth, isStill: boolean): void {
  const { plan, ground, isQuiet } = course;
  const isDeadly =
    isQuiet &&
    Object.keys(troubles.counts).every((what) => ["kill", "close"].includes(what)) &&
    plan.weather.spells.length === 0 &&
    plan.hub.double === 0;
  const [resent, exposed] = [resentIn(course), troubles.exposed()];
  if (isDeadly) assert.ok(resent <= exposed * plan.files, `${resent} files sent again, ${exposed} machines killed`);
  if (!isStill) return;
  for (const [path, times] of ground.writes()) {
    assert.ok(times <= (before.files.has(path) ? 2 : 1), `${path} was written ${times} times`);
  }
}

function resentIn({ sent }: Course): number {
  return [...sent.values()].reduce((sum, times) => sum + times - 1, 0);
}
