import assert from "node:assert/strict";
import { test } from "node:test";
import { budget } from "../../src/core/budget.ts";
import { isKind, isLakeError, LakeError } from "../../src/core/error.ts";
import { gen1Dialect } from "../../src/lake/gen1Json.ts";
import { gen2Dialect } from "../../src/lake/gen2Errors.ts";
import { sas } from "../../src/wire/auth.ts";
import { classify, retryAfterMs } from "../../src/wire/classify.ts";
import { through } from "../../src/wire/gates.ts";
import { limit } from "../../src/wire/limit.ts";
import { measure, newMeter, watch } from "../../src/wire/meter.ts";
import { pace } from "../../src/wire/pace.ts";
import { retry } from "../../src/wire/retry.ts";
import { stack } from "../../src/wire/send.ts";
import { sharedKey } from "../../src/wire/sharedKey.ts";
import { timeout } from "../../src/wire/timeout.ts";
import { fuse } from "../kit/fuse.ts";
import { testClock } from "../kit/testClock.ts";
import { scripted, wireReply, wireRequest } from "../kit/wire.ts";

const backoff = { tries: 3, firstMs: 100, maxMs: 1000 };
const later = (kind: "throttled" | "unavailable", retryAfter?: number) =>
  new LakeError(kind, { op: "OPEN", path: "/x", detail: "busy", retry: "later", retryAfterMs: retryAfter });

test("a safe request is sent again until it succeeds", async () => {
  const { send, asked } = scripted(later("throttled"), later("unavailable"), wireReply(200));
  const clock = testClock();
  assert.equal((await retry(backoff, clock)(send)(wireRequest())).status, 200);
  assert.equal(asked.length, 3);
  assert.deepEqual(clock.slept, [50, 100]);
});

test("the last failure is thrown as exhausted, so that no outer loop repeats it", async () => {
  const { send, asked } = scripted(later("unavailable"));
  await assert.rejects(retry(backoff, testClock())(send)(wireRequest()), (error) => {
    assert.ok(isLakeError(error));
    assert.equal(error.retry, "exhausted");
    assert.match(error.detail, /3 tries/u);
    return true;
  });
  assert.equal(asked.length, 3);
});

test("a request that is not safe, or can't be helped by waiting, is sent once", async () => {
  for (const [request, error] of [
    [wireRequest({ safe: false }), later("unavailable")],
    [wireRequest(), new LakeError("denied", { op: "OPEN", path: "/x", detail: "no" })],
  ] as const) {
    const { send, asked } = scripted(error);
    await assert.rejects(retry(backoff, testClock())(send)(request));
    assert.equal(asked.length, 1);
  }
});

test("a retry waits as long as the server asked", async () => {
  const clock = testClock();
  const { send } = scripted(later("throttled", 7000), wireReply(200));
  await retry(backoff, clock)(send)(wireRequest());
  assert.deepEqual(clock.slept, [7000]);
});

test("a waiting retry holds no permit", async () => {
  const permits = budget(1);
  const waiting = fuse();
  const go = fuse();
  const clock = { ...testClock(), sleep: () => (waiting.light(), go.burnt) };
  const { send } = scripted(later("throttled"), wireReply(200));
  const first = stack(send, retry(backoff, clock), through(limit(permits)))(wireRequest());
  await waiting.burnt;
  assert.equal((await stack(scripted(wireReply(204)).send, through(limit(permits)))(wireRequest())).status, 204);
  go.light();
  assert.equal((await first).status, 200);
});

test("statuses and codes become kinds, per dialect", async () => {
  const cases = [
    [gen1Dialect, 404, {}, "not-found"],
    [gen1Dialect, 429, {}, "throttled"],
    [gen1Dialect, 503, { "content-type": "text/html" }, "throttled"],
    [gen1Dialect, 500, {}, "unavailable"],
    [gen1Dialect, 401, {}, "unauthenticated"],
    [gen1Dialect, 400, {}, "invalid"],
    [gen1Dialect, 307, {}, "unexpected"],
    [gen2Dialect, 409, { "x-ms-error-code": "BlobAlreadyExists" }, "conflict"],
    // Somebody else's, and it may have no end: the file's own trouble, as any other write to it would be.
    [gen2Dialect, 409, { "x-ms-error-code": "LeaseAlreadyPresent" }, "conflict"],
    [gen2Dialect, 412, { "x-ms-error-code": "ConditionNotMet" }, "conflict"],
    [gen2Dialect, 400, { "x-ms-error-code": "Md5Mismatch" }, "corrupt"],
    [gen2Dialect, 500, { "x-ms-error-code": "OperationTimedOut" }, "throttled"],
    [gen2Dialect, 503, { "x-ms-error-code": "ServerBusy" }, "throttled"],
    [gen2Dialect, 403, {}, "denied"],
    [gen2Dialect, 403, { "x-ms-error-code": "AuthenticationFailed" }, "unauthenticated"],
  ] as const;
  for (const [dialect, status, headers, kind] of cases) {
    const send = classify(dialect, () => 0)(scripted(wireReply(status, headers)).send);
    await assert.rejects(send(wireRequest()), (error) => isKind(error, kind), `${status} ${JSON.stringify(headers)}`);
  }
});

test("a store's own words, code and request id are kept for people", async () => {
  const body = JSON.stringify({ RemoteException: { exception: "AccessControlException", message: "Forbidden." } });
  const headers = { "content-type": "application/json; charset=utf-8", "x-ms-request-id": "id-1" };
  const send = classify(gen1Dialect, () => 0)(scripted(wireReply(403, headers, body)).send);
  await assert.rejects(send(wireRequest()), (error) => {
    assert.ok(isLakeError(error));
    const { kind, detail, code, requestId, status } = error;
    assert.deepEqual(
      [kind, detail, code, requestId, status],
      ["denied", "Forbidden.", "AccessControlException", "id-1", 403],
    );
    return true;
  });
  const xml = '<?xml version="1.0"?><Error><Code>BlobNotFound</Code><Message>Not here.\nRequestId:1</Message></Error>';
  const gen2 = classify(
    gen2Dialect,
    () => 0,
  )(scripted(wireReply(404, { "x-ms-error-code": "BlobNotFound" }, xml)).send);
  await assert.rejects(gen2(wireRequest()), /BlobNotFound: Not here\.$/u);
});

test("Retry-After is read as seconds or as a date", () => {
  assert.equal(retryAfterMs("3", 0), 3000);
  assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:05 GMT", 1000), 4000);
  assert.equal(retryAfterMs("soon", 0), undefined);
  assert.equal(retryAfterMs(undefined, 0), undefined);
});

test("a shared access signature joins the query", async () => {
  assert.equal((await sas("?sv=1&sig=x").sign(wireRequest({ target: "/a?b=c" }))).target, "/a?b=c&sv=1&sig=x");
  assert.equal((await sas("sig=x").sign(wireRequest({ target: "/a" }))).target, "/a?sig=x");
});

test("a shared key signs what the documentation says, and never shows itself", async () => {
  const credential = sharedKey("acct", Buffer.from("secret").toString("base64"), () => 0);
  const request = wireRequest({
    method: "PUT",
    target: "/acct/fs/a%20b?comp=block&blockid=MDAx",
    headers: { "x-ms-version": "2023-11-03", "content-md5": "m" },
    body: Buffer.from("abc"),
  });
  const { headers } = await credential.sign(request);
  const expected = [
    `PUT\n\n\n3\nm\n${"\n".repeat(7)}`,
    "x-ms-date:Thu, 01 Jan 1970 00:00:00 GMT\nx-ms-version:2023-11-03\n",
    "/acct/acct/fs/a%20b\nblockid:MDAx\ncomp:block",
  ].join("");
  const { createHmac } = await import("node:crypto");
  const signature = createHmac("sha256", "secret").update(expected).digest("base64");
  assert.equal(headers["authorization"], `SharedKey acct:${signature}`);
  assert.ok(!JSON.stringify(headers).includes("secret"));
});

test("an attempt has a time that grows with the bytes that are sent and expected", async () => {
  const { send, asked } = scripted(wireReply(200));
  const timed = timeout(5000)(send);
  for (const request of [{}, { body: Buffer.alloc(2048) }, { expectedBytes: 1024 * 1024 }])
    await timed(wireRequest(request));
  assert.deepEqual(
    asked.map(({ timeoutMs }) => timeoutMs),
    [5000, 5002, 6024],
  );
});

test("a meter counts every attempt and every refusal", async () => {
  const meter = newMeter();
  const { send } = scripted(later("throttled"), later("unavailable"), wireReply(200));
  await stack(
    send,
    retry(backoff, testClock()),
    measure("source", meter, () => 0),
  )(wireRequest());
  assert.deepEqual([meter.requests, meter.throttles], [{ "source OPEN": 3 }, 1]);
});

test("a meter counts the requests about one item for as long as it is watched", async () => {
  const meter = newMeter();
  const { send } = scripted(wireReply(200), later("unavailable"), wireReply(200), wireReply(200));
  const asked = stack(
    send,
    retry(backoff, testClock()),
    measure("source", meter, () => 0),
  );
  const { path } = wireRequest();
  await asked(wireRequest());
  const requestsOf = watch(meter, path, "/elsewhere");
  await asked(wireRequest());
  assert.equal(requestsOf(), 2);
  await asked(wireRequest());
  assert.deepEqual([meter.watched.source.size, meter.watched.sink.size], [0, 0]);
});

test("after a refusal requests are spaced, and nobody is held back before one", async () => {
  const clock = testClock();
  const answers = scripted(wireReply(200), later("throttled"), wireReply(200));
  const send = through(pace(clock)())(answers.send);
  await send(wireRequest());
  assert.deepEqual(clock.slept, []);
  await assert.rejects(send(wireRequest()));
  for (let count = 0; count < 3; count++) await send(wireRequest());
  assert.ok(clock.slept.length >= 2 && clock.slept.every((ms) => ms > 0));
});
