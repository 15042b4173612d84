import assert from "node:assert/strict";
import { test } from "node:test";
import { isKind, LakeError } from "../../src/core/error.ts";
import { auth, bearer, type Token } from "../../src/wire/auth.ts";
import type { Send } from "../../src/wire/send.ts";
import { fuse } from "../kit/fuse.ts";
import { scripted, wireReply, wireRequest } from "../kit/wire.ts";

const hourMs = 3_600_000;
const refused = new LakeError("unauthenticated", { op: "OPEN", path: "/x", detail: "expired", status: 401 });
const away = new LakeError("unavailable", { op: "token", path: "/", detail: "no reply", retry: "later" });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An identity that gives t1, t2, …, each good for an hour, or throws while `down` is set; and a clock at hand. */
function identity() {
  const state = { nowMs: 0, asked: 0, down: undefined as Error | undefined };
  const credential = bearer(
    async () => {
      state.asked++;
      if (state.down !== undefined) throw state.down;
      return { token: `t${state.asked}`, expiresMs: state.nowMs + hourMs };
    },
    () => state.nowMs,
  );
  const sent = async () => (await credential.sign(wireRequest())).headers["authorization"];
  return { state, credential, sent };
}

test("a token is asked for once, and once more after a 401", async () => {
  const { state, credential } = identity();
  const { send, asked } = scripted(wireReply(200), wireReply(200), refused, wireReply(200));
  const signed = auth(credential)(send);
  await Promise.all([signed(wireRequest()), signed(wireRequest())]);
  assert.equal(state.asked, 1);
  assert.equal((await signed(wireRequest())).status, 200);
  assert.deepEqual(
    asked.map(({ headers }) => headers["authorization"]),
    ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"],
  );
});

test("a token is renewed before it ends, and nobody waits for the new one", async () => {
  const { state, sent } = identity();
  assert.equal(await sent(), "Bearer t1");
  state.nowMs = hourMs - 200_000;
  assert.equal(await sent(), "Bearer t1");
  await turn();
  assert.deepEqual([state.asked, await sent()], [2, "Bearer t2"]);
});

test("a token that can't be renewed is sent until it ends, the identity is asked now and then, and only then it fails", async () => {
  const { state, sent } = identity();
  await sent();
  state.down = away;
  state.nowMs = hourMs - 200_000;
  for (let requests = 0; requests < 10; requests++) {
    assert.equal(await sent(), "Bearer t1");
    await turn();
  }
  assert.equal(state.asked, 2);
  state.nowMs = hourMs - 1;
  assert.equal(await sent(), "Bearer t1");
  await turn();
  assert.equal(state.asked, 3);
  state.nowMs = hourMs;
  await assert.rejects(sent(), (error) => error === away);
  state.down = undefined;
  assert.equal(await sent(), "Bearer t5");
});

test("many requests refused with one token ask for one new token", async () => {
  const { state, credential } = identity();
  const all = fuse();
  let inFlight = 0;
  const send: Send = async ({ headers }) => {
    if (headers["authorization"] !== "Bearer t1") return wireReply(200);
    inFlight++;
    if (inFlight === 64) all.light();
    await all.burnt;
    // Some hear of it late, when the new token is there already.
    for (let turns = 0; turns < inFlight % 5; turns++) await turn();
    inFlight--;
    throw refused;
  };
  const replies = await Promise.all(Array.from({ length: 64 }, () => auth(credential)(send)(wireRequest())));
  assert.ok(replies.every(({ status }) => status === 200));
  assert.equal(state.asked, 2);
});

test("a store that keeps answering 401 is asked twice and no more", async () => {
  const { send, asked } = scripted(refused);
  await assert.rejects(auth(identity().credential)(send)(wireRequest()), (error) => isKind(error, "unauthenticated"));
  assert.equal(asked.length, 2);
});

test("whoever waits for a token can be aborted, and the others go on waiting", async () => {
  const { promise, resolve } = Promise.withResolvers<Token>();
  const credential = bearer(
    () => promise,
    () => 0,
  );
  const stop = new AbortController();
  const stopped = credential.sign(wireRequest({ signal: stop.signal }));
  const other = credential.sign(wireRequest());
  stop.abort(new Error("stopped"));
  await assert.rejects(async () => stopped, /stopped/u);
  await assert.rejects(async () => credential.sign(wireRequest({ signal: stop.signal })), /stopped/u);
  resolve({ token: "t", expiresMs: 1 });
  assert.equal((await other).headers["authorization"], "Bearer t");
});

test("a question that hangs is given up as unavailable, told so, and the next request asks anew", async () => {
  const signals: AbortSignal[] = [];
  const credential = bearer(
    async (signal) => {
      signals.push(signal);
      if (signals.length > 1) return { token: "t", expiresMs: hourMs };
      return new Promise<Token>(() => undefined);
    },
    () => 0,
    5,
  );
  await assert.rejects(
    async () => credential.sign(wireRequest()),
    (error) => isKind(error, "unavailable") && error.retry === "later" && error.detail.includes("within 5 ms"),
  );
  assert.equal(signals[0]?.aborted, true);
  assert.equal((await credential.sign(wireRequest())).headers["authorization"], "Bearer t");
});
