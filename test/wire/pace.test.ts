import assert from "node:assert/strict";
import test from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { through } from "../../src/wire/gates.ts";
import { pace } from "../../src/wire/pace.ts";
import { retry } from "../../src/wire/retry.ts";
import { type Send, stack } from "../../src/wire/send.ts";
import { type Timeline, timeline } from "../kit/timeline.ts";
import { wireReply, wireRequest } from "../kit/wire.ts";

const backoff = { tries: 30, firstMs: 500, maxMs: 30_000 };

/** A store that takes so many requests in each second of its clock, as the services do, and refuses all others. */
function cappedStore(clock: Timeline, perSecond: (nowMs: number) => number) {
  const startMs = clock.nowMs();
  let second = -1;
  let inSecond = 0;
  const seen = { taken: 0, refused: 0, refusedFirst: 0 };
  const send: Send = async (request) => {
    await clock.sleep(2 + clock.roll() * 10);
    const elapsedMs = clock.nowMs() - startMs;
    const now = Math.floor(elapsedMs / 1000);
    if (now !== second) inSecond = 0;
    second = now;
    inSecond++;
    await clock.sleep(2 + clock.roll() * 5);
    if (inSecond <= perSecond(elapsedMs)) {
      seen.taken++;
      return wireReply(200);
    }
    seen.refused++;
    if (elapsedMs < 1000) seen.refusedFirst++;
    throw new LakeError("throttled", { op: request.op, path: request.path, detail: "ServerBusy", retry: "later" });
  };
  return { send, seen };
}

async function drive(clock: Timeline, send: Send, processes: number, requests: number): Promise<number> {
  const startMs = clock.nowMs();
  let left = requests;
  const workers = Array.from({ length: processes }, () =>
    stack(send, retry(backoff, clock), through(pace(clock)())),
  ).flatMap((paced) =>
    Array.from({ length: 64 }, async () => {
      while (left-- > 0) await paced(wireRequest());
    }),
  );
  await clock.run(Promise.all(workers));
  return (clock.nowMs() - startMs) / 1000;
}

for (const processes of [1, 4]) {
  test(`${processes} with a pace each use a capped store to the full, and are hardly ever refused`, async () => {
    const clock = timeline(1_000_000, 7);
    const store = cappedStore(clock, () => 500);
    const seconds = await drive(clock, store.send, processes, 20_000);
    assert.ok(seconds < 20_000 / 500 / 0.92, `${seconds} s instead of 40`);
    // Nobody knows the cap before it is met: what is on its way then is refused.
    const { refused, refusedFirst } = store.seen;
    assert.ok(refused - refusedFirst < 0.01 * 20_000, `${refused} refused, ${refusedFirst} in the first second`);
    assert.ok(refusedFirst < processes * 200, `${refusedFirst} refused in the first second`);
  });
}

test("a limit that moves during a run is followed, down and up", async () => {
  const clock = timeline(1_000_000, 7);
  // 30 s at 500, 30 s at 200, then 1,000: 15,000 + 6,000, and 29,000 in 29 s more.
  const store = cappedStore(clock, (ms) => (ms < 30_000 ? 500 : ms < 60_000 ? 200 : 1000));
  const seconds = await drive(clock, store.send, 1, 50_000);
  assert.ok(seconds < 89 / 0.85, `${seconds} s instead of 89`);
  assert.ok(store.seen.refused < 0.02 * 50_000, `${store.seen.refused} refused`);
});

test("after a second in which a store takes nothing the pace comes back", async () => {
  const clock = timeline(1_000_000, 5);
  const store = cappedStore(clock, (ms) => (ms > 5000 && ms < 6000 ? 0 : 2000));
  const seconds = await drive(clock, store.send, 1, 60_000);
  assert.ok(seconds < 31 / 0.85, `${seconds} s instead of 31`);
});
