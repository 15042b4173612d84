import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Ask, failure, headerOf, onBothStores, put } from "./asking.ts";

const md5 = (text: string) => createHash("md5").update(text).digest("base64");
const id = (text: string) => Buffer.from(text).toString("base64");
const stage = (ask: Ask, path: string, name: string, body: string) =>
  ask(`PUT ${path}?comp=block&blockid=${encodeURIComponent(id(name))}`, {}, body);
const commit = (ask: Ask, path: string, names: readonly string[], headers: Readonly<Record<string, string>> = {}) =>
  ask(
    `PUT ${path}?comp=blocklist`,
    headers,
    `<?xml version="1.0"?><BlockList>${names.map((name) => `<Latest>${id(name)}</Latest>`).join("")}</BlockList>`,
  );

onBothStores("E26: Put Blob writes a file with its folders, and DFS reads the same bytes", async ({ ask }) => {
  const answer = await put(ask, "/fs1/x/y.bin", "abc", { "x-ms-blob-content-type": "t/p", "x-ms-meta-k": "v" });
  assert.equal(answer.status, 201);
  assert.equal(headerOf(answer, "content-md5"), md5("abc"));
  assert.equal(headerOf(answer, "x-ms-content-crc64"), "6/rBP7vK5QU=");
  const read = await ask("GET /fs1/x/y.bin");
  assert.equal(read.text, "abc");
  assert.equal(headerOf(read, "content-type"), "t/p");
  assert.equal(headerOf(read, "x-ms-permissions"), "rw-r-----");
  assert.equal(headerOf(await ask("HEAD /fs1/x"), "x-ms-permissions"), "rwxr-x---");
});

onBothStores("E27: Put Blob over a file resets its access, over a folder it is refused", async ({ ask }) => {
  await put(ask, "/fs1/a");
  await ask("PATCH /fs1/a?action=setAccessControl", { "x-ms-acl": "user::rwx,user:u1:rwx,group::r-x,other::---" });
  assert.equal((await put(ask, "/fs1/a")).status, 201);
  assert.equal(
    headerOf(await ask("HEAD /fs1/a?action=getAccessControl"), "x-ms-acl"),
    "user::rw-,group::r--,other::---",
  );
  const guarded = await put(ask, "/fs1/a", "y", { "if-none-match": "*" });
  assert.equal(failure(guarded), "409 BlobAlreadyExists");
  assert.match(guarded.text, /^<\?xml .*<Code>BlobAlreadyExists<\/Code>/s);
  await ask("PUT /fs1/d?resource=directory");
  assert.equal((await put(ask, "/fs1/d")).status, 409);
});

onBothStores("E28: blocks are content once a list names them", async ({ ask }) => {
  assert.equal((await stage(ask, "/fs1/a", "002", "world")).status, 201);
  assert.equal((await stage(ask, "/fs1/a", "001", "hello ")).status, 201);
  assert.equal(failure(await ask("HEAD /fs1/a")), "404 PathNotFound");
  assert.equal(failure(await commit(ask, "/fs1/a", ["001", "009"])), "400 InvalidBlockList");
  assert.equal((await commit(ask, "/fs1/a", ["001", "002"], { "x-ms-blob-content-type": "t/p" })).status, 201);
  const read = await ask("GET /fs1/a");
  assert.equal(read.text, "hello world");
  assert.equal(headerOf(read, "content-type"), "t/p");
  assert.equal(read.headers["content-md5"], undefined);
});

onBothStores(
  "a block list that was damaged on its way is refused, and an intact one is answered with its checksum",
  async ({ ask }) => {
    await stage(ask, "/fs1/a", "1", "one");
    assert.equal(
      failure(await commit(ask, "/fs1/a", ["1"], { "content-md5": md5("another list") })),
      "400 Md5Mismatch",
    );
    assert.equal(failure(await ask("HEAD /fs1/a")), "404 PathNotFound");
    const list = `<BlockList><Latest>${id("1")}</Latest></BlockList>`;
    const answer = await ask("PUT /fs1/a?comp=blocklist", { "content-md5": md5(list) }, list);
    assert.deepEqual([answer.status, headerOf(answer, "content-md5")], [201, md5(list)]);
  },
);

onBothStores("a request proves its bytes by one checksum, not by two", async ({ ask }) => {
  const both = { "content-md5": md5("abc"), "x-ms-content-crc64": "6/rBP7vK5QU=" };
  assert.equal(failure(await put(ask, "/fs1/a", "abc", both)), "400 InvalidHeaderValue");
});

onBothStores("a block list may name blocks of the present content, again and in another order", async ({ ask }) => {
  for (const [name, body] of [
    ["1", "one "],
    ["2", "two "],
  ] as const)
    await stage(ask, "/fs1/a", name, body);
  await commit(ask, "/fs1/a", ["1", "2"]);
  await stage(ask, "/fs1/a", "3", "three ");
  assert.equal((await commit(ask, "/fs1/a", ["2", "3", "1", "2"])).status, 201);
  assert.equal((await ask("GET /fs1/a")).text, "two three one two ");
  assert.equal((await commit(ask, "/fs1/a", ["3"])).status, 201);
  assert.equal((await ask("GET /fs1/a")).text, "three ");
  assert.equal((await commit(ask, "/fs1/a", [])).status, 201);
  assert.equal((await ask("GET /fs1/a")).text, "");
});

onBothStores("the same block list sent twice at once succeeds twice", async ({ ask }) => {
  for (const name of ["1", "2", "3"]) await stage(ask, "/fs1/a", name, name.repeat(1000));
  const answers = await Promise.all([commit(ask, "/fs1/a", ["1", "2", "3"]), commit(ask, "/fs1/a", ["1", "2", "3"])]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  );
  assert.equal((await ask("GET /fs1/a")).text, "1".repeat(1000) + "2".repeat(1000) + "3".repeat(1000));
});

onBothStores("E29: DFS appends only to what DFS wrote", async ({ ask }) => {
  await put(ask, "/fs1/a", "abc");
  assert.equal(failure(await ask("PATCH /fs1/a?action=append&position=3", {}, "d")), "409 InvalidAppendOperation");
  assert.equal(failure(await ask("PATCH /fs1/a?action=flush&position=3")), "409 InvalidFlushOperation");
  assert.equal((await ask("PUT /fs1/a?resource=file")).status, 201);
  assert.equal((await ask("PATCH /fs1/a?action=append&position=0", {}, "d")).status, 202);
  assert.equal((await ask("PATCH /fs1/a?action=flush&position=1")).status, 200);
  assert.equal((await ask("GET /fs1/a")).text, "d");
});

onBothStores(
  "E30: a fault is worded as its protocol does, and a repeated put gives the same file",
  async ({ ask, gen2 }) => {
    gen2.setFaults([
      { match: { op: "putBlob" }, times: 1, effect: { status: 503 } },
      { match: { op: "head" }, times: 1, effect: { status: 500 } },
    ]);
    const busy = await put(ask, "/fs1/a", "abc");
    assert.equal(failure(busy), "503 ServerBusy");
    assert.match(busy.text, /<Code>ServerBusy<\/Code>/);
    assert.equal((await put(ask, "/fs1/a", "abc")).status, 201);
    assert.equal(failure(await ask("HEAD /fs1/a")), "500 OperationTimedOut");
    assert.equal((await ask("GET /fs1/a")).text, "abc");
    assert.deepEqual(gen2.unusedFaults(), []);
  },
);

onBothStores("E31: a put guarded by an old ETag changes nothing", async ({ ask, gen2 }) => {
  const old = headerOf(await put(ask, "/fs1/a", "one"), "etag");
  const current = headerOf(await put(ask, "/fs1/a", "two"), "etag");
  const before = await gen2.dump();
  assert.equal(failure(await put(ask, "/fs1/a", "three", { "if-match": old })), "412 ConditionNotMet");
  assert.equal(failure(await put(ask, "/fs1/no", "three", { "if-match": old })), "412 ConditionNotMet");
  assert.deepEqual(await gen2.dump(), before);
  assert.equal((await put(ask, "/fs1/a", "three", { "if-match": current })).status, 201);
});

onBothStores("E32: a block list is guarded like a put, and refused it leaves its blocks", async ({ ask }) => {
  const old = headerOf(await put(ask, "/fs1/a", "one"), "etag");
  await put(ask, "/fs1/a", "two");
  for (const name of ["1", "2"]) await stage(ask, "/fs1/a", name, name);
  assert.equal(failure(await commit(ask, "/fs1/a", ["1", "2"], { "if-none-match": "*" })), "409 BlobAlreadyExists");
  assert.equal(failure(await commit(ask, "/fs1/a", ["1"], { "if-match": old })), "412 ConditionNotMet");
  assert.equal((await ask("GET /fs1/a")).text, "two");
  assert.equal((await commit(ask, "/fs1/a", ["1", "2"])).status, 201);
  assert.equal((await ask("GET /fs1/a")).text, "12");
});

onBothStores("E33, E34: deletes and changes of access are guarded", async ({ ask }) => {
  const old = headerOf(await put(ask, "/fs1/a", "one"), "etag");
  const current = headerOf(await put(ask, "/fs1/a", "two"), "etag");
  assert.equal(failure(await ask("DELETE /fs1/a", { "if-match": old })), "412 ConditionNotMet");
  assert.equal(
    failure(await ask("DELETE /fs1/a", { "if-match": old, accept: "application/xml" })),
    "412 ConditionNotMet",
  );
  const owner = { "x-ms-owner": "u1" };
  assert.equal(
    failure(await ask("PATCH /fs1/a?action=setAccessControl", { ...owner, "if-match": old })),
    "412 ConditionNotMet",
  );
  assert.equal((await ask("PATCH /fs1/a?action=setAccessControl", { ...owner, "if-match": current })).status, 200);
  assert.equal((await ask("DELETE /fs1/a", { "if-match": current, accept: "application/xml" })).status, 202);
  assert.equal(failure(await ask("HEAD /fs1/a")), "404 PathNotFound");
});

onBothStores("conditions on times and on what a reader already has are kept", async ({ ask, gen2 }) => {
  const etag = headerOf(await put(ask, "/fs1/a"), "etag");
  const later = new Date(gen2.clock.nowMs() + 60_000).toUTCString();
  const earlier = new Date(gen2.clock.nowMs() - 60_000).toUTCString();
  assert.equal((await ask("GET /fs1/a", { "if-none-match": etag })).status, 304);
  assert.equal((await ask("HEAD /fs1/a", { "if-modified-since": later })).status, 304);
  assert.equal((await ask("HEAD /fs1/a", { "if-modified-since": earlier })).status, 200);
  assert.equal(failure(await ask("GET /fs1/a", { "if-unmodified-since": earlier })), "412 ConditionNotMet");
  assert.equal(failure(await put(ask, "/fs1/a", "y", { "if-unmodified-since": earlier })), "412 ConditionNotMet");
  assert.equal(failure(await put(ask, "/fs1/a", "y", { "if-none-match": etag })), "412 ConditionNotMet");
  assert.equal((await put(ask, "/fs1/a", "y", { "if-unmodified-since": later })).status, 201);
});

onBothStores("E38: staged blocks go with the next put or list, and after a week", async ({ ask, gen2 }) => {
  const blocks = async () => (await ask("GET /fs1/a?comp=blocklist&blocklisttype=all")).text;
  await stage(ask, "/fs1/a", "1", "one");
  await stage(ask, "/fs1/a", "2", "two");
  await commit(ask, "/fs1/a", ["1"]);
  const both = (committed: string, uncommitted: string) =>
    `<?xml version="1.0" encoding="utf-8"?><BlockList><CommittedBlocks>${committed}</CommittedBlocks><UncommittedBlocks>${uncommitted}</UncommittedBlocks></BlockList>`;
  const block = (name: string, size: number) => `<Block><Name>${id(name)}</Name><Size>${size}</Size></Block>`;
  assert.equal(await blocks(), both(block("1", 3), ""));
  await stage(ask, "/fs1/a", "3", "three");
  assert.equal(await blocks(), both(block("1", 3), block("3", 5)));
  await put(ask, "/fs1/a", "whole");
  assert.equal(await blocks(), both("", ""));
  await stage(ask, "/fs1/a", "4", "four");
  gen2.clock.advance(7 * 24 * 3600 * 1000 + 1);
  assert.equal(await blocks(), both("", ""));
  assert.equal(failure(await commit(ask, "/fs1/a", ["4"])), "400 InvalidBlockList");
});

onBothStores(
  "E39: after a lost reply the guarded retry is refused, and HEAD shows whose file it is",
  async ({ ask, gen2 }) => {
    gen2.setFaults([{ match: { op: "putBlob" }, times: 1, effect: { reset: "after" } }]);
    const guarded = { "if-none-match": "*", "x-ms-meta-run": "r1" };
    await assert.rejects(put(ask, "/fs1/a", "abc", guarded));
    assert.equal(failure(await put(ask, "/fs1/a", "abc", guarded)), "409 BlobAlreadyExists");
    assert.equal(headerOf(await ask("HEAD /fs1/a"), "x-ms-meta-run"), "r1");
  },
);

onBothStores("of twenty guarded puts at once exactly one wins", async ({ ask }) => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => put(ask, "/fs1/new/a", `body ${index}`, { "if-none-match": "*" })),
  );
  const winners = answers.flatMap(({ status }, index) => (status === 201 ? [index] : []));
  assert.equal(winners.length, 1);
  assert.equal((await ask("GET /fs1/new/a")).text, `body ${winners[0]}`);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201, 409]));
});

onBothStores("metadata, content headers, tier and expiry can be set later", async ({ ask, gen2 }) => {
  const first = headerOf(await put(ask, "/fs1/a", "abc", { "x-ms-access-tier": "Cool" }), "etag");
  assert.equal(headerOf(await ask("HEAD /fs1/a"), "x-ms-access-tier"), "Cool");
  assert.equal((await ask("PUT /fs1/a?comp=metadata", { "x-ms-meta-k": "v" })).status, 200);
  assert.equal(
    (
      await ask("PUT /fs1/a?comp=properties", {
        "x-ms-blob-content-type": "t/p",
        "x-ms-blob-cache-control": "no-store",
      })
    ).status,
    200,
  );
  assert.equal((await ask("PUT /fs1/a?comp=tier", { "x-ms-access-tier": "Hot" })).status, 200);
  assert.equal(
    (await ask("PUT /fs1/a?comp=expiry", { "x-ms-expiry-option": "RelativeToNow", "x-ms-expiry-time": "60000" }))
      .status,
    200,
  );
  const head = await ask("HEAD /fs1/a");
  assert.notEqual(headerOf(head, "etag"), first);
  assert.deepEqual(
    ["x-ms-meta-k", "content-type", "cache-control", "x-ms-access-tier"].map((name) => headerOf(head, name)),
    ["v", "t/p", "no-store", "Hot"],
  );
  gen2.clock.advance(60_001);
  assert.equal(failure(await ask("GET /fs1/a", { accept: "application/xml" })), "404 BlobNotFound");
  assert.equal((await put(ask, "/fs1/a", "new", { "if-none-match": "*" })).status, 201);
});

onBothStores("replies echo the client's request id, and old versions are refused", async ({ ask }) => {
  assert.equal(
    headerOf(await ask("HEAD /fs1", { "x-ms-client-request-id": "me-1" }), "x-ms-client-request-id"),
    "me-1",
  );
  const older = (version: string) => ({ "x-ms-version": version });
  assert.equal(failure(await ask("GET /fs1/no", older("2019-07-07"))), "400 UnsupportedRestVersion");
  assert.equal(failure(await ask("PUT /fs1/d?resource=directory", older("2020-10-02"))), "400 UnsupportedRestVersion");
  assert.equal((await ask("HEAD /fs1", older("2099-01-01"))).status, 200);
});

onBothStores(
  "Copy Blob copies content, headers and metadata within the account, and not access",
  async ({ ask, gen2 }) => {
    const big = Buffer.alloc(300_000, "0123456789");
    const described = { "x-ms-blob-content-type": "t/p", "x-ms-meta-k": "v" };
    await put(ask, "/fs1/d%20one/a%25+b", "hello", described);
    await ask("PATCH /fs1/d%20one/a%25+b?action=setAccessControl", { "x-ms-permissions": "rwxrwxrwx" });
    await ask("PUT /fs1/big?comp=block&blockid=MDAx", {}, big);
    await ask("PUT /fs1/big?comp=blocklist", {}, "<BlockList><Latest>MDAx</Latest></BlockList>");
    const from = (path: string, more = {}) => ({ "x-ms-copy-source": `${gen2.url}${path}`, ...more });

    const copied = await ask("PUT /fs1/new/b", from("/fs1/d%20one/a%25+b?sv=x&sig=y"));
    assert.equal(copied.status, 202);
    assert.equal(headerOf(copied, "x-ms-copy-status"), "success");
    const head = await ask("HEAD /fs1/new/b");
    assert.deepEqual(
      ["content-length", "content-type", "x-ms-meta-k", "x-ms-permissions", "etag"].map((name) => headerOf(head, name)),
      ["5", "t/p", "v", "rw-r-----", headerOf(copied, "etag")],
    );
    assert.equal((await ask("PUT /fs1/big2", from("/fs1/big", { "x-ms-meta-own": "1" }))).status, 202);
    const whole = await ask("GET /fs1/big2");
    assert.ok(whole.bytes.equals(big));
    assert.equal(headerOf(whole, "x-ms-meta-own"), "1");
    assert.equal((await ask("PUT /fs1/new/b", from("/fs1/new/b", { "x-ms-meta-k": "w" }))).status, 202);
    assert.equal((await ask("GET /fs1/new/b")).text, "hello");
  },
);

onBothStores("Copy Blob refuses what it can't copy, and where it may not", async ({ ask, gen2 }) => {
  await put(ask, "/fs1/a");
  await ask("PUT /fs1/d?resource=directory");
  const source = { "x-ms-copy-source": `${gen2.url}/fs1/a` };
  const copy = async (headers: Readonly<Record<string, string>>, target = "/fs1/b") =>
    failure(await ask(`PUT ${target}`, headers));
  assert.equal(await copy({ "x-ms-copy-source": `${gen2.url}/fs1/none` }), "404 BlobNotFound");
  assert.equal(await copy({ "x-ms-copy-source": `${gen2.url}/fs1/d` }), "409 ResourceTypeMismatch");
  assert.equal(await copy({ "x-ms-copy-source": "http://elsewhere/x/fs1/a" }), "400 InvalidSourceUri");
  assert.equal(await copy({ ...source, "x-ms-source-if-match": '"0x0"' }), "412 SourceConditionNotMet");
  assert.equal(await copy({ ...source, "if-none-match": "*" }, "/fs1/a"), "409 BlobAlreadyExists");
  assert.equal(await copy(source, "/fs1/d"), "409 ResourceTypeMismatch");
  assert.equal(await copy(source, "/none/b"), "404 ContainerNotFound");
  assert.equal(await copy({ ...source, "x-ms-blob-type": "BlockBlob" }), "400 UnsupportedQueryParameter");
  assert.equal(await copy(source, "/fs1/b?comp=block&blockid=MDAx"), "400 UnsupportedQueryParameter");
  assert.equal(failure(await ask("HEAD /fs1/b", { accept: "application/xml" })), "404 BlobNotFound");
});

onBothStores("a Blob client may be older than any of DFS, and needn't say that it wants XML", async ({ ask }) => {
  const older = { "x-ms-version": "2020-10-02" };
  assert.equal(failure(await ask("GET /fs1/no", older)), "404 BlobNotFound");
  assert.equal((await put(ask, "/fs1/a", "x", older)).status, 201);
  assert.equal((await ask("HEAD /fs1/a", older)).status, 200);
  assert.equal((await ask("DELETE /fs1/a", older)).status, 202);
});

onBothStores("staged blocks go with the folder they are for", async ({ ask }) => {
  await stage(ask, "/fs1/d/a", "1", "one");
  await put(ask, "/fs1/d/b");
  await ask("DELETE /fs1/d?recursive=true");
  assert.equal(failure(await commit(ask, "/fs1/d/a", ["1"])), "400 InvalidBlockList");
});
