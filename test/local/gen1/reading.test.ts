import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultGroup, defaultOwner } from "../../../local/gen1/access.ts";
import { virtualClock } from "../../../local/kit/clock.ts";
import { exceptionOf, memoryLake, onBothStores } from "./kit.ts";

onBothStores("a file's status has the fields and the order of the recordings", async (start) => {
  const lake = await start();
  await lake.write("/d/a.txt", "abc");
  await lake.ask("PUT", "d/a.txt?op=SETTIMES&modificationtime=1495839594595&accesstime=1495839594575");
  const { text } = await lake.ask("GET", "d/a.txt?op=GETFILESTATUS");
  assert.equal(
    text,
    `{"FileStatus":{"length":3,"pathSuffix":"","type":"FILE","blockSize":268435456,"accessTime":1495839594575,` +
      `"modificationTime":1495839594595,"replication":1,"permission":"770","owner":"${defaultOwner}",` +
      `"group":"${defaultGroup}","msExpirationTime":0,"aclBit":false}}`,
  );
});

onBothStores("a folder's status and the root's have no size and no expiry key", async (start) => {
  const lake = await start();
  await lake.ask("PUT", "d?op=MKDIRS");
  for (const path of ["/", "/d"]) {
    const { type, length, blockSize, replication, ...rest } = await lake.status(path);
    assert.deepEqual(
      { type, length, blockSize, replication },
      { type: "DIRECTORY", length: 0, blockSize: 0, replication: 0 },
    );
    assert.ok(!("msExpirationTime" in rest));
  }
});

onBothStores("a missing path is a 404 that names it", async (start) => {
  const lake = await start();
  const answer = await lake.ask("GET", "no?op=GETFILESTATUS");
  assert.equal(answer.status, 404);
  assert.equal(answer.headers["status"], "0x8309000A");
  assert.equal(answer.headers["content-length"], String(answer.bytes.length));
  assert.match(
    answer.text,
    /^\{"RemoteException":\{"exception":"FileNotFoundException","message":"File\/Folder does not exist: \/no \[[-0-9a-f]{36}\]\[[^\]]+\]","javaClassName":"java\.io\.FileNotFoundException"\}\}$/,
  );
});

onBothStores("names are listed in ordinal order, upper case first", async (start) => {
  const lake = await start();
  for (const name of ["b", "B", "a", "Z"]) await lake.write(`/d/${name}`, "");
  assert.deepEqual(await lake.names("/d"), ["B", "Z", "a", "b"]);
});

onBothStores("a page after an absent name starts at the next name", async (start) => {
  const lake = await abd(start);
  assert.deepEqual(await lake.names("/d", "&listAfter=c"), ["d"]);
  assert.deepEqual(await lake.names("/d", "&listAfter=b"), ["d"]);
  assert.deepEqual(await lake.names("/d", "&listAfter=d"), []);
});

onBothStores("listBefore leaves out the name it gives, present or not", async (start) => {
  const lake = await abd(start);
  assert.deepEqual(await lake.names("/d", "&listBefore=c"), ["a", "b"]);
  assert.deepEqual(await lake.names("/d", "&listBefore=d"), ["a", "b"]);
  assert.deepEqual(await lake.names("/d", "&listAfter=a&listBefore=d"), ["b"]);
});

onBothStores("listSize bounds the page, and only a positive number is taken", async (start) => {
  const lake = await abd(start);
  assert.deepEqual(await lake.names("/d", "&listSize=2"), ["a", "b"]);
  assert.equal((await lake.ask("GET", "d?op=LISTSTATUS&listSize=0")).status, 400);
  assert.equal((await lake.ask("GET", "d?op=LISTSTATUS&listSize=x")).status, 400);
});

onBothStores("a full page has a token from 2018-09-01 on, also when nothing follows", async (start) => {
  const lake = await start();
  for (const name of ["a", "b"]) await lake.write(`/d/${name}`, "");
  const token = async (more: string) => {
    const body = (await lake.json("GET", `d?op=LISTSTATUS&listSize=2${more}`)) as {
      FileStatuses: Record<string, unknown>;
    };
    return body.FileStatuses["continuationToken"];
  };
  assert.equal(await token("&api-version=2018-09-01"), "b");
  assert.equal(await token("&api-version=2018-09-01&listAfter=b"), "");
  assert.equal(await token("&api-version=2016-11-01"), undefined);
  assert.equal(await token(""), undefined);
});

test("a service's own bound on pages shows in the token", async (t) => {
  const lake = await abd(() => memoryLake(t, { pageCap: 2 }));
  const { text } = await lake.ask("GET", "d?op=LISTSTATUS&listSize=100&api-version=2018-12-01");
  assert.match(text, /"continuationToken":"b"/);
});

onBothStores("listing a file gives the file without a name", async (start) => {
  const lake = await start();
  await lake.write("/d/a.txt", "abc");
  assert.deepEqual(await lake.names("/d/a.txt"), [""]);
});

onBothStores("tooid=false shows names where there are any", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  assert.equal((await lake.status("/a", "&tooid=false"))["owner"], "user@contoso.com");
  assert.equal((await lake.status("/a", "&tooid=true"))["owner"], defaultOwner);
  await lake.ask("PUT", "a?op=SETOWNER&owner=11111111-1111-1111-1111-111111111111&group=lake-users");
  const { owner, group } = await lake.status("/a", "&tooid=False");
  assert.deepEqual({ owner, group }, { owner: "11111111-1111-1111-1111-111111111111", group: "lake-users" });
});

onBothStores("OPEN gives the bytes asked for, chunked, and ends cleanly at the end of the file", async (start) => {
  const lake = await start();
  await lake.write("/d/a.txt", "abc");
  const open = (more: string) => lake.ask("GET", `d/a.txt?op=OPEN&read=true${more}`);
  const middle = await open("&offset=1&length=1");
  assert.equal(middle.text, "b");
  assert.equal(middle.headers["content-type"], "application/octet-stream");
  assert.equal(middle.headers["transfer-encoding"], "chunked");
  assert.equal((await open("&offset=1")).text, "bc");
  assert.equal((await open("&offset=1&length=99")).text, "bc");
  assert.equal((await open("&length=0")).headers["content-length"], "0");
  assert.equal((await open("&offset=3")).text, "");
  assert.equal(exceptionOf(await open("&offset=4")), "BadOffsetException");
  assert.equal((await open("&offset=-1")).status, 400);
});

onBothStores("a large file is read in any range", async (start) => {
  const lake = await start();
  const content = Buffer.from(Uint8Array.from({ length: 700_001 }, (_, index) => index % 251));
  await lake.write("/big", content);
  assert.ok((await lake.ask("GET", "big?op=OPEN&read=true")).bytes.equals(content));
  const part = await lake.ask("GET", "big?op=OPEN&read=true&offset=100000&length=600000");
  assert.ok(part.bytes.equals(content.subarray(100_000, 700_000)));
});

onBothStores("OPEN without its flag is redirected to the same address with it", async (start) => {
  const lake = await start();
  await lake.write("/d/a.txt", "abc");
  const { status, headers, bytes } = await lake.ask("GET", "d/a.txt?op=OPEN&offset=1");
  assert.deepEqual(
    [status, headers["location"], bytes.length],
    [307, `${lake.url}/webhdfs/v1/d/a.txt?op=OPEN&offset=1&read=true`, 0],
  );
  assert.equal(headers["content-length"], "0");
});

onBothStores("OPEN of a folder is refused", async (start) => {
  const lake = await start();
  assert.equal(exceptionOf(await lake.ask("GET", "?op=OPEN&read=true")), "IOException");
});

onBothStores("a content summary counts the folder itself", async (start) => {
  const lake = await start();
  await lake.write("/d/a", "0123456789");
  await lake.write("/d/b", "0123456789");
  assert.deepEqual(await lake.json("GET", "d?op=GETCONTENTSUMMARY"), {
    ContentSummary: { directoryCount: 1, fileCount: 2, length: 20, quota: -1, spaceConsumed: 20, spaceQuota: -1 },
  });
});

onBothStores("replies carry the service's headers, those of the extension no version", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  const { headers } = await lake.ask("GET", "a?op=GETFILESTATUS");
  assert.equal(headers["status"], "0x0");
  assert.equal(headers["cache-control"], "no-cache, no-cache, no-store, max-age=0");
  assert.equal(headers["content-type"], "application/json; charset=utf-8");
  assert.match(String(headers["x-ms-request-id"]), /^[-0-9a-f]{36}$/);
  assert.match(String(headers["x-ms-webhdfs-version"]), /^[\d.]+$/);
  for (const [method, target, status] of [
    ["GET", "none?op=GETFILESTATUS", 404],
    ["PUT", "a?op=SETTIMES&modificationtime=1", 200],
  ] as const) {
    const reply = await lake.ask(method, target);
    assert.equal(reply.status, status);
    assert.ok("x-ms-webhdfs-version" in reply.headers, target);
  }
  const extension = await lake.ask("PUT", "/WebHdfsExt/a?op=SETEXPIRY&expiryOption=NeverExpire");
  assert.equal(extension.status, 200);
  assert.ok(!("x-ms-webhdfs-version" in extension.headers));
});

onBothStores("an operation that isn't there, or not by this method, is not supported", async (start) => {
  const lake = await start();
  for (const target of ["?op=FLY", "?op=MKDIRS", "?"]) {
    const answer = await lake.ask("GET", target);
    assert.deepEqual([answer.status, exceptionOf(answer)], [400, "UnsupportedOperationException"]);
  }
});

test("with a token set, a request without it is a 401", async (t) => {
  const lake = await memoryLake(t, { token: "secret" });
  assert.equal((await lake.ask("GET", "?op=LISTSTATUS")).status, 200);
  const reply = await fetch(`${lake.url}/webhdfs/v1/?op=LISTSTATUS`);
  assert.equal(reply.status, 401);
  assert.match(await reply.text(), /SecurityException/);
});

onBothStores("a file is gone once its time has come", async (start) => {
  const clock = virtualClock(1_000_000);
  const lake = await start({ clock });
  await lake.write("/d/a", "abc");
  await lake.write("/d/b", "abc");
  await lake.ask("PUT", "/webhdfsext/d/a?op=SETEXPIRY&expiryOption=RelativeToNow&expireTime=5000");
  assert.deepEqual(await lake.names("/d"), ["a", "b"]);
  clock.advance(5000);
  assert.deepEqual(await lake.names("/d", "&listSize=1"), ["b"]);
  assert.equal((await lake.ask("GET", "d/a?op=OPEN&read=true")).status, 404);
  await lake.write("/d/a", "new");
  assert.equal((await lake.status("/d/a"))["msExpirationTime"], 0);
});

async function abd<T extends Awaited<ReturnType<typeof memoryLake>>>(start: () => Promise<T>): Promise<T> {
  const lake = await start();
  for (const name of ["a", "b", "d"]) await lake.write(`/d/${name}`, "");
  return lake;
}
