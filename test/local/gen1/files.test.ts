import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startGen1 } from "../../../local/gen1/gen1.ts";
import { metaBeside } from "../../../local/gen1/options.ts";
import { filesLake, tempFolder } from "./kit.ts";

function lakeFolder(t: TestContext): { readonly root: string; readonly outside: string } {
  const folder = tempFolder(t);
  const root = join(folder, "lake");
  const outside = join(folder, "outside");
  mkdirSync(join(root, "d", "e"), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(root, "d", "a.txt"), "abc");
  writeFileSync(join(outside, "secret"), "secret");
  return { root, outside };
}

test("a folder is served as it is, times to the millisecond", async (t) => {
  const { root } = lakeFolder(t);
  utimesSync(join(root, "d", "a.txt"), 1_600_000_000.5, 1_600_000_000.123);
  const lake = await filesLake(t, { root });
  assert.deepEqual(await lake.names("/d"), ["a.txt", "e"]);
  const { length, modificationTime, accessTime } = await lake.status("/d/a.txt");
  assert.deepEqual([length, modificationTime, accessTime], [3, 1_600_000_000_123, 1_600_000_000_500]);
});

test("what others do in the folder shows in the next listing", async (t) => {
  const { root } = lakeFolder(t);
  const lake = await filesLake(t, { root });
  assert.deepEqual(await lake.names("/d"), ["a.txt", "e"]);
  writeFileSync(join(root, "d", "b.txt"), "");
  assert.deepEqual(await lake.names("/d"), ["a.txt", "b.txt", "e"]);
  rmSync(join(root, "d", "a.txt"));
  assert.deepEqual(await lake.names("/d"), ["b.txt", "e"]);
});

test("links within the folder are followed", async (t) => {
  const { root } = lakeFolder(t);
  symlinkSync(join(root, "d"), join(root, "linked"));
  symlinkSync("a.txt", join(root, "d", "same"));
  const lake = await filesLake(t, { root });
  assert.deepEqual(await lake.names("/"), ["d", "linked"]);
  assert.deepEqual(await lake.names("/linked"), ["a.txt", "e", "same"]);
  assert.equal((await lake.status("/linked"))["type"], "DIRECTORY");
  assert.equal((await lake.ask("GET", "linked/same?op=OPEN&read=true")).text, "abc");
});

test("links that lead out, nowhere or back are not listed, not followed, and said once", async (t) => {
  const { root, outside } = lakeFolder(t);
  symlinkSync(outside, join(root, "out"));
  symlinkSync(join(outside, "secret"), join(root, "d", "secret"));
  symlinkSync(join(root, "none"), join(root, "broken"));
  symlinkSync("..", join(root, "d", "e", "up"));
  symlinkSync("self", join(root, "self"));
  symlinkSync("../lakeside", join(root, "beside"));
  mkdirSync(`${root}side`);
  const lake = await filesLake(t, { root });
  for (const folder of ["/", "/", "/d", "/d/e"]) await lake.names(folder);
  assert.deepEqual(await lake.names("/"), ["d"]);
  assert.deepEqual(await lake.names("/d"), ["a.txt", "e"]);
  assert.deepEqual(await lake.names("/d/e"), []);
  for (const path of ["out/secret", "out", "d/secret", "broken", "self", "d/e/up", "d/e/up/a.txt", "beside"]) {
    assert.equal((await lake.ask("GET", `${path}?op=GETFILESTATUS`)).status, 404, path);
  }
  assert.deepEqual([...lake.gen1.warnings()].sort(), [
    "not listed: /beside: it is a link to a place outside the folder that is served",
    "not listed: /broken: it is a link to nothing",
    "not listed: /d/e/up: it is a link to a folder that it lies in",
    "not listed: /d/secret: it is a link to a place outside the folder that is served",
    "not listed: /out: it is a link to a place outside the folder that is served",
    "not listed: /self: it is a link to nothing",
  ]);
  assert.deepEqual(await lake.json("GET", "/_control/warnings"), lake.gen1.warnings());
});

test("no write goes through a link that leads out", async (t) => {
  const { root, outside } = lakeFolder(t);
  symlinkSync(outside, join(root, "out"));
  symlinkSync(join(outside, "new"), join(root, "dangling"));
  const lake = await filesLake(t, { root });
  for (const [method, target] of [
    ["PUT", "out/new?op=CREATE&write=true&overwrite=true"],
    ["PUT", "dangling?op=CREATE&write=true&overwrite=true"],
    ["PUT", "out/new?op=MKDIRS"],
    ["PUT", "d/a.txt?op=RENAME&destination=/out/new"],
    ["DELETE", "out/secret?op=DELETE"],
    ["POST", "out/secret?op=APPEND&append=true"],
  ] as const) {
    const { status, text } = await lake.ask(method, target, "x");
    assert.ok(status >= 400 || text === '{"boolean":false}', `${target}: ${status} ${text}`);
  }
  assert.deepEqual(readdirSync(outside), ["secret"]);
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
});

test("deleting a link leaves what it points to", async (t) => {
  const { root } = lakeFolder(t);
  symlinkSync("d", join(root, "linked"));
  const lake = await filesLake(t, { root });
  assert.deepEqual(await lake.json("DELETE", "linked?op=DELETE&recursive=true"), { boolean: true });
  assert.deepEqual(await lake.names("/"), ["d"]);
  assert.deepEqual(await lake.names("/d"), ["a.txt", "e"]);
});

test("sockets and names that are no UTF-8 are left out and said, U+FFFD itself is a name", async (t) => {
  const { root } = lakeFolder(t);
  const socket = createServer().listen(join(root, "d", "socket"));
  await once(socket, "listening");
  t.after(() => socket.close());
  writeFileSync(Buffer.concat([Buffer.from(join(root, "d", "x")), Buffer.from([0xff])]), "");
  writeFileSync(join(root, "d", "\ufffd"), "");
  const lake = await filesLake(t, { root });
  assert.deepEqual(await lake.names("/d"), ["a.txt", "e", "\ufffd"]);
  assert.deepEqual([...lake.gen1.warnings()].sort(), [
    "not listed: /d/socket: it is neither a file nor a folder",
    "not listed: /d/x\ufffd: its name is not valid UTF-8",
  ]);
});

test("a name the file system can't hold is refused without telling a path of this machine", async (t) => {
  const { root } = lakeFolder(t);
  const lake = await filesLake(t, { root });
  const { status, text } = await lake.ask("PUT", `${"x".repeat(300)}?op=CREATE&write=true`, "x");
  assert.equal(status, 403);
  assert.match(text, /ENAMETOOLONG/);
  assert.ok(!text.includes(root));
});

test("owners, ACLs and expiry outlive the process, in a log beside the folder that reading never makes", async (t) => {
  const { root } = lakeFolder(t);
  const meta = metaBeside(root);
  assert.equal(meta, join(root, "..", ".lake.gen1.jsonl"));
  const first = await filesLake(t, { root, meta });
  await first.names("/d");
  assert.equal(existsSync(meta), false);
  await first.ask("PUT", "d/a.txt?op=SETOWNER&owner=ann&group=bees");
  await first.ask("PUT", "d/a.txt?op=SETACL&aclspec=user::rwx,user:bob:r-x,group::r-x,other::---");
  await first.ask("PUT", "/WebHdfsExt/d/a.txt?op=SETEXPIRY&expiryOption=Absolute&expireTime=9000000000000");
  await first.ask("PUT", "d?op=SETPERMISSION&permission=1750");
  await first.ask("PUT", "d?op=RENAME&destination=/renamed");
  const shown = async (lake: typeof first) => [
    await lake.status("/renamed/a.txt"),
    await lake.acl("/renamed/a.txt"),
    await lake.status("/renamed"),
  ];
  const before = await shown(first);
  await first.gen1.close();
  assert.deepEqual(await shown(await filesLake(t, { root, meta })), before);
});

test("a log whose last line was cut off is read without it; other damage is refused by its line", async (t) => {
  const { root } = lakeFolder(t);
  const meta = metaBeside(root);
  writeFileSync(meta, '{"path":"/d","owner":"ann"}\n{"path":"/d/a.txt","own');
  const lake = await filesLake(t, { root, meta });
  assert.equal((await lake.status("/d"))["owner"], "ann");
  assert.equal(readFileSync(meta, "utf8"), '{"path":"/d","owner":"ann"}\n');
  appendFileSync(meta, '{"path":1}\n{"path":"/d"}\n');
  await assert.rejects(startGen1({ store: { kind: "files", root }, meta }), /line 2 of .* is not an access entry/);
});

test("a log that is mostly history is rewritten when it is opened", async (t) => {
  const { root } = lakeFolder(t);
  const meta = metaBeside(root);
  writeFileSync(meta, ["a", "b", "c", "d"].map((owner) => `{"path":"/d","owner":"${owner}"}\n`).join(""));
  await filesLake(t, { root, meta });
  assert.equal(readFileSync(meta, "utf8"), '{"path":"/d","owner":"d"}\n');
});

test("a root that is no folder is refused", async () => {
  await assert.rejects(startGen1({ store: { kind: "files", root: "/no/such/folder" } }), /is not a folder/);
});

test("a taken port is said in words", async (t) => {
  const lake = await filesLake(t);
  const port = lake.gen1.port;
  await assert.rejects(startGen1({ store: { kind: "memory" }, port }), new RegExp(`port ${port} is in use`));
});
