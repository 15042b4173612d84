import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "durable-functions";
import { noProgress } from "../../src/core/run.ts";
import type { Durable } from "../../src/flow/activities.ts";
import { type MigrateInput, migrate } from "../../src/flow/migrate.ts";

type Asked = { readonly name: string; readonly input: unknown };

/** Runs one round of the orchestrator; `answer` plays the activities: it returns a result or throws. */
function round(input: MigrateInput, answer: (asked: Asked) => unknown) {
  const asked: Asked[] = [];
  let next: unknown;
  let status: unknown;
  type FakeTask = Task & { readonly run: () => unknown };
  const df: Durable = {
    callActivity: (name, given) =>
      ({
        run: () => {
          asked.push({ name, input: given });
          return answer({ name, input: given });
        },
      }) as unknown as Task,
    continueAsNew: (given) => {
      next = given;
    },
    setCustomStatus: (given) => {
      status = given;
    },
    Task: {
      all: (tasks) => ({ run: () => tasks.map((task) => (task as FakeTask).run()) }) as unknown as Task,
    },
  };
  const generator = migrate(df, input);
  let step = generator.next();
  while (step.done !== true) {
    try {
      step = generator.next((step.value as FakeTask).run());
    } catch (error) {
      step = generator.throw(error);
    }
  }
  return { asked, next: next as MigrateInput | undefined, status, result: step.value };
}

const input: MigrateInput = { run: "r1", epoch: 1, wave: 0, progress: noProgress, lost: 0 };
const failure = { kind: "unavailable", op: "LISTSTATUS", path: "/", detail: "gone" } as const;
const progress = { counted: 12, stalls: 1 };
const ferrying = (lanes: number) => ({
  do: "ferry",
  lanes,
  plannedMs: 1000,
  deadlineMs: 5000,
  isPatient: true,
  mayGrow: false,
  progress,
  status: "Running",
});

test("a wave starts as many lanes as its plan says, with one deadline, and then everything begins anew", () => {
  const { asked, next } = round(input, ({ name }) =>
    name === "planWave" ? ferrying(3) : { ended: "deadline", items: 7 },
  );
  assert.deepEqual(asked, [
    { name: "planWave", input: { run: "r1", epoch: 1, wave: 0, progress: noProgress } },
    ...[0, 1, 2].map((lane) => ({
      name: "ferryPacket",
      input: {
        run: "r1",
        epoch: 1,
        lane,
        lanes: 3,
        plannedMs: 1000,
        deadlineMs: 5000,
        isPatient: true,
        mayGrow: false,
      },
    })),
  ]);
  assert.deepEqual(next, { run: "r1", epoch: 1, wave: 1, progress, seen: { lanes: 3, late: 0, idle: 0 }, lost: 0 });
});

test("a plan that says end ends the orchestration, with the run's status for the portal", () => {
  const { next, status, result } = round({ ...input, wave: 4 }, () => ({ do: "end", status: "Succeeded" }));
  assert.equal(next, undefined);
  assert.deepEqual(result, { status: "Succeeded" });
  assert.deepEqual(status, { wave: 4, status: "Succeeded" });
});

test("a lost slice doesn't stop the wave: the next wave begins", () => {
  let slices = 0;
  const { next } = round(input, ({ name }) => {
    if (name === "planWave") return ferrying(2);
    if (slices++ === 0) throw new Error("the worker is gone");
    return { ended: "deadline", items: 1 };
  });
  assert.equal(next?.wave, 1);
});

test("the next plan is told how far the rows had come, and what a slice stumbled over", () => {
  const answer = ({ name }: Asked) =>
    name === "planWave" ? ferrying(1) : { ended: "failed", items: 0, error: failure };
  assert.deepEqual(round(input, answer).next, {
    run: "r1",
    epoch: 1,
    wave: 1,
    progress,
    seen: { lanes: 1, late: 0, idle: 0 },
    lost: 0,
    lastError: failure,
  });
});

test("a wave that can't be planned is tried again, and given up after a hundred times", () => {
  const lost = () => {
    throw new Error("no table");
  };
  assert.deepEqual(round({ ...input, lost: 3 }, lost).next, { ...input, lost: 4 });
  assert.throws(() => round({ ...input, lost: 100 }, lost), /lost its state store/u);
});
