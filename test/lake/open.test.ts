import assert from "node:assert/strict";
import { test } from "node:test";
import { budget } from "../../src/core/budget.ts";
import { isKind, LakeError } from "../../src/core/error.ts";
import { rootPath } from "../../src/core/path.ts";
import { gen1Dialect } from "../../src/lake/gen1Json.ts";
import { layers, openGen1, openStore } from "../../src/lake/open.ts";
import { bearer } from "../../src/wire/auth.ts";
import { newMeter } from "../../src/wire/meter.ts";
import { stack } from "../../src/wire/send.ts";
import { openValve } from "../../src/wire/valve.ts";
import { testClock } from "../kit/testClock.ts";
import { scripted, wireReply, wireRequest } from "../kit/wire.ts";

const wiring = {
  clock: testClock(),
  backoff: { tries: 3, firstMs: 10, maxMs: 10 },
  attemptTimeoutMs: 1000,
  report: () => undefined,
};

test("one lost reply takes a permit, a token and a count for each attempt, and is reported once", async () => {
  const story: string[] = [];
  const clock = { ...testClock(), sleep: async () => void story.push("wait") };
  const permits = budget(1);
  const meter = newMeter();
  const bottom = scripted(wireReply(503), wireReply(503), wireReply(404));
  const send = stack(
    async (request) => {
      story.push(`send ${request.headers["authorization"]} permits ${permits.free()}`);
      return bottom.send(request);
    },
    ...layers({
      store: "source",
      wiring: { ...wiring, clock, report: ({ op, kind }) => void story.push(`report ${op} ${kind}`) },
      credential: bearer(
        async () => ({ token: `t${story.length}`, expiresMs: 0 }),
        () => 1,
      ),
      dialect: gen1Dialect,
      meter,
      own: {
        ...openValve(clock, 1),
        gate: () => void story.push("cap"),
        permits: {
          free: permits.free,
          size: permits.size,
          resize: permits.resize,
          now: () => undefined,
          take: async (amount) => {
            story.push("permit");
            const release = await permits.take(amount);
            return () => {
              story.push("release");
              release();
            };
          },
        },
      },
      shared: budget(1),
      pace: () => void story.push("pace"),
    }),
  );
  await assert.rejects(send(wireRequest()), LakeError);
  assert.deepEqual(story, [
    "permit",
    "cap",
    "pace",
    "send Bearer t3 permits 0",
    "release",
    "wait",
    "permit",
    "cap",
    "pace",
    "send Bearer t9 permits 0",
    "release",
    "wait",
    "permit",
    "cap",
    "pace",
    "send Bearer t15 permits 0",
    "release",
    "report OPEN not-found",
  ]);
  assert.deepEqual(meter.requests, { "source OPEN": 3 });
});

test("a request to a host that no setting names is never sent", async () => {
  const credential = bearer(
    async () => ({ token: "t", expiresMs: 1e15 }),
    () => 0,
  );
  const store = openStore(wiring, {
    name: "source",
    origins: ["http://127.0.0.1:9"],
    credential,
    dialect: gen1Dialect,
    connections: 1,
  });
  const send = store.sendFor(newMeter(), openValve(wiring.clock, 1));
  await assert.rejects(
    send(wireRequest({ origin: "http://127.0.0.1:10" })),
    /no connection to http:\/\/127\.0\.0\.1:10/u,
  );
  await store.close();
});

test("a Gen1 endpoint may be the bare account or its WebHDFS address", async () => {
  for (const endpoint of ["http://127.0.0.1:9", "http://127.0.0.1:9/webhdfs/v1", "http://127.0.0.1:9/webhdfs/v1/"]) {
    const credential = bearer(
      async () => ({ token: "t", expiresMs: 1e15 }),
      () => 0,
    );
    const account = openGen1(wiring, { endpoint, credential, connections: 1 });
    assert.equal(typeof account.source(newMeter()).list, "function");
    await account.close();
  }
});

test("a wait for a token ends in its own time, or by whoever stops the request", async () => {
  const credential = bearer(
    () => new Promise<never>(() => undefined),
    () => 0,
    50,
  );
  const hasty = { ...wiring, backoff: { tries: 1, firstMs: 1, maxMs: 1 } };
  const account = openGen1(hasty, { endpoint: "http://127.0.0.1:9", credential, connections: 1 });
  const { stat } = account.source(newMeter());
  await assert.rejects(stat(rootPath), (error) => isKind(error, "unavailable") && error.retry === "exhausted");
  await account.close();
  const patient = openGen1(wiring, { endpoint: "http://127.0.0.1:9", credential, connections: 1 });
  const stop = new AbortController();
  const stopped = patient.source(newMeter()).stat(rootPath, stop.signal);
  stop.abort(new Error("paused"));
  await assert.rejects(stopped, /paused/u);
  await patient.close();
});
