import assert from "node:assert/strict";
import test from "node:test";
import { capsChange, capsOf, changedCaps, laneCaps, lanesWithin, uncapped } from "../../src/core/caps.ts";
import { planLanes } from "../../src/core/lanes.ts";

const request = { source: { maxConcurrentConnections: 10 }, sink: { maxRequestsPerSecond: 500 } };

test("a run has the caps it was asked with until others replace them, one by one", () => {
  const caps = capsOf({ request });
  assert.deepEqual(caps, request);
  const change = capsChange.parse({ source: { maxConcurrentConnections: null }, sink: { maxMegabytesPerSecond: 20 } });
  const changed = changedCaps(caps, change);
  assert.deepEqual(changed, { source: {}, sink: { maxRequestsPerSecond: 500, maxMegabytesPerSecond: 20 } });
  assert.deepEqual(capsOf({ caps: changed, request }), changed);
});

test("a cap of nothing, or of more than can be, is refused by name", () => {
  for (const value of [0, -1, 1e7, "many"]) {
    const { error } = capsChange.safeParse({ sink: { maxRequestsPerSecond: value } });
    assert.deepEqual(error?.issues[0]?.path, ["sink", "maxRequestsPerSecond"]);
  }
  assert.ok(!capsChange.safeParse({ sink: { maxConcurrentConnections: 513 } }).success);
  assert.ok(!capsChange.safeParse({ maxRequestsPerSecond: 5 }).success);
});

test("lanes at work share a run's caps, and each keeps a connection", () => {
  const caps = {
    source: { maxConcurrentConnections: 10 },
    sink: { maxRequestsPerSecond: 500, maxMegabytesPerSecond: 8 },
  };
  assert.deepEqual(laneCaps(caps, 4), {
    source: { maxConcurrentConnections: 2 },
    sink: { maxRequestsPerSecond: 125, maxMegabytesPerSecond: 2 },
  });
  assert.deepEqual(laneCaps(caps, 40).source, { maxConcurrentConnections: 1 });
  assert.deepEqual(laneCaps(caps, 0), caps);
});

test("no more lanes than connections are planned, with that reason", () => {
  assert.equal(lanesWithin({ source: {}, sink: { maxConcurrentConnections: 3 } }, 64), 3);
  assert.equal(lanesWithin(uncapped, 64), 64);
  const plan = planLanes(64, 100, { lanes: 1, late: 0, idle: 0 }, 256, capsOf({ request }));
  assert.deepEqual(plan, { lanes: 10, why: "one for each of maxConcurrentConnections: 10" });
});
