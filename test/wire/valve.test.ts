import assert from "node:assert/strict";
import test from "node:test";
import { through } from "../../src/wire/gates.ts";
import { limit } from "../../src/wire/limit.ts";
import { stack } from "../../src/wire/send.ts";
import { openValve } from "../../src/wire/valve.ts";
import { timeline } from "../kit/timeline.ts";
import { wireReply, wireRequest } from "../kit/wire.ts";

function capped() {
  const clock = timeline(1_000_000);
  const valve = openValve(clock, 8);
  const seen = { now: 0, most: 0 };
  const send = stack(
    async () => {
      seen.most = Math.max(seen.most, ++seen.now);
      await clock.sleep(10);
      seen.now--;
      return wireReply(200);
    },
    through(limit(valve.permits), valve.gate),
  );
  const seconds = async (requests: number, body?: Uint8Array) => {
    const startMs = clock.nowMs();
    const request = body === undefined ? wireRequest() : wireRequest({ body });
    await clock.run(Promise.all(Array.from({ length: requests }, () => send(request))));
    return (clock.nowMs() - startMs) / 1000;
  };
  return { valve, seen, seconds };
}

test("an open valve holds nothing back but what has no connection", async () => {
  const { seen, seconds } = capped();
  assert.ok((await seconds(80)) < 0.2);
  assert.equal(seen.most, 8);
});

test("requests a second, bytes a second and connections are kept, whichever is the least", async () => {
  const { valve, seen, seconds } = capped();
  valve.turn({ maxRequestsPerSecond: 50 });
  const byRequests = await seconds(100);
  assert.ok(byRequests > 1.8 && byRequests < 2.1, String(byRequests));
  valve.turn({ maxRequestsPerSecond: 1000, maxMegabytesPerSecond: 1 });
  const byBytes = await seconds(20, new Uint8Array(100_000));
  assert.ok(byBytes > 1.7 && byBytes < 2.1, String(byBytes));
  seen.most = 0;
  valve.turn({ maxConcurrentConnections: 2 });
  assert.ok((await seconds(20)) >= 0.1);
  assert.equal(seen.most, 2);
});

test("a valve that is opened again lets those go who wait for a connection", async () => {
  const { valve, seconds } = capped();
  valve.turn({ maxConcurrentConnections: 1 });
  const slow = seconds(80);
  valve.turn({});
  assert.ok((await slow) < 0.3);
});
