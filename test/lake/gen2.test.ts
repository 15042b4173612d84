import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { addToCrc64, crc64Bytes, emptyCrc64 } from "../../src/core/crc64.ts";
import { isKind, type Kind } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import { gen2Sink } from "../../src/lake/gen2.ts";
import type { WireRequest } from "../../src/wire/send.ts";
import { testClock } from "../kit/testClock.ts";
import { wireReply } from "../kit/wire.ts";

const path = "/d/f" as LakePath;
const origin = { run: "r", bytes: 5, modifiedMs: 1 };
const content = Buffer.from("hello");
const nothing = { replaces: "nothing" } as const;
const failing = (kind: Kind, words: RegExp) => (error: unknown) =>
  isKind(error, kind) && error.path === path && words.test(error.message);

/** A sink whose service answers every request with these headers, and the requests it got. */
function answering(headers: Readonly<Record<string, string>>) {
  const asked: WireRequest[] = [];
  const account = { dfs: "https://a.dfs.example", blob: "https://a.blob.example" };
  const sink = gen2Sink(
    async (request) => {
      asked.push(request);
      return { ...wireReply(201), headers: { "x-ms-request-id": "id-1", ...headers } };
    },
    account,
    "lake",
    { backoff: { tries: 3, firstMs: 1, maxMs: 1 }, clock: testClock() },
  );
  return { sink, asked };
}

test("a service that says it took other bytes has corrupted them, and one that says nothing has proven nothing", async () => {
  const md5 = { "content-md5": hash("md5", "hellp", "base64") };
  const crc64 = { "x-ms-content-crc64": "AAAAAAAAAAA=" };
  const put = (headers: Readonly<Record<string, string>>) =>
    answering(headers).sink.putFile(path, content, origin, nothing);
  const stage = (headers: Readonly<Record<string, string>>) =>
    answering(headers).sink.stageBlock(path, "YQ==", content);
  const commit = (headers: Readonly<Record<string, string>>) =>
    answering(headers).sink.commitBlocks(path, ["YQ=="], origin, nothing);
  await assert.rejects(put(md5), failing("corrupt", /Put Blob.*content-md5/u));
  await assert.rejects(stage(crc64), failing("corrupt", /Put Block .*x-ms-content-crc64/u));
  await assert.rejects(commit(md5), failing("corrupt", /Put Block List/u));
  for (const send of [put, stage, commit]) await assert.rejects(send({}), failing("unexpected", /nothing proves/u));
});

test("each write carries exactly one checksum of its bytes, as the service knows it", async () => {
  const crc64 = Buffer.from(crc64Bytes(addToCrc64(emptyCrc64, content))).toString("base64");
  const { sink, asked } = answering({ "content-md5": hash("md5", content, "base64"), "x-ms-content-crc64": crc64 });
  await sink.putFile(path, content, origin, nothing);
  await sink.stageBlock(path, "YQ==", content);
  assert.deepEqual(
    asked.map(({ headers }) => [headers["content-md5"], headers["x-ms-content-crc64"]]),
    [
      ["XUFAKrxLKna5cZ2REBfFkg==", undefined],
      [undefined, crc64],
    ],
  );
});

test("access is one request to the DFS endpoint; an expiry is set on the Blob endpoint, in a lease of the version seen", async () => {
  const { sink, asked } = answering({});
  await sink.setAccess(path, { owner: "o", rights: { by: "mode", mode: { bits: 0o750, isSticky: true } } }, '"0x1"');
  await sink.setExpiry(path, 1_896_091_200_001, '"0x1"');
  await sink.setExpiry(path, undefined, '"0x2"');
  const ids = asked.map(({ headers }) => headers["x-ms-proposed-lease-id"] ?? headers["x-ms-lease-id"]);
  const told = asked.map(({ method, origin: host, target, headers }) => [
    `${method} ${host}${target}`,
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => /owner|group|acl|permissions|expiry|if-|action|duration/u.test(name)),
    ),
  ]);
  const leased = (etag: string, expiry: object) => [
    [
      "PUT https://a.blob.example/lake/d/f?comp=lease",
      { "x-ms-lease-action": "acquire", "x-ms-lease-duration": "15", "if-match": etag },
    ],
    ["PUT https://a.blob.example/lake/d/f?comp=expiry", expiry],
    ["PUT https://a.blob.example/lake/d/f?comp=lease", { "x-ms-lease-action": "release" }],
  ];
  assert.deepEqual(told, [
    [
      "PATCH https://a.dfs.example/lake/d/f?action=setAccessControl",
      { "x-ms-owner": "o", "x-ms-permissions": "1750", "if-match": '"0x1"' },
    ],
    ...leased('"0x1"', {
      "x-ms-expiry-option": "Absolute",
      "x-ms-expiry-time": "Thu, 31 Jan 2030 12:00:01 GMT",
    }),
    ...leased('"0x2"', { "x-ms-expiry-option": "NeverExpire" }),
  ]);
  assert.deepEqual([new Set(ids.slice(1, 4)).size, new Set(ids.slice(4)).size, new Set(ids.slice(1)).size], [1, 1, 2]);
});

test("a principal that no header can carry is refused with the item named, before anything is sent", async () => {
  const { sink, asked } = answering({});
  await assert.rejects(sink.setAccess(path, { owner: "jürgen@contoso.com" }, undefined), failing("invalid", /jürgen/u));
  assert.equal(asked.length, 0);
});

test("a reply without access is not taken for access", async () => {
  const { sink } = answering({ "x-ms-owner": "o", "x-ms-group": "g", "x-ms-permissions": "rwxr-x---" });
  await assert.rejects(sink.getAccess(path), failing("unexpected", /no x-ms-acl/u));
});
