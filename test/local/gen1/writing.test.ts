import assert from "node:assert/strict";
import { test } from "node:test";
import { exceptionOf, memoryLake, onBothStores } from "./kit.ts";

onBothStores("CREATE makes a file, the folders above it, and says where it is", async (start) => {
  const lake = await start();
  const { status, headers } = await lake.ask("PUT", "d/e/a.txt?op=CREATE&write=true&overwrite=true", "abc");
  assert.equal(status, 201);
  assert.equal(headers["content-length"], "0");
  assert.equal(headers["location"], `${lake.url}/webhdfs/v1/d/e/a.txt?op=CREATE&write=true&overwrite=true`);
  assert.equal((await lake.status("/d"))["type"], "DIRECTORY");
  assert.equal((await lake.ask("GET", "d/e/a.txt?op=OPEN&read=true")).text, "abc");
});

onBothStores("CREATE without its flag is redirected and makes nothing", async (start) => {
  const lake = await start();
  const { status, headers } = await lake.ask("PUT", "d/a.txt?op=CREATE&overwrite=true");
  assert.deepEqual(
    [status, headers["location"]],
    [307, `${lake.url}/webhdfs/v1/d/a.txt?op=CREATE&overwrite=true&write=true`],
  );
  assert.equal((await lake.ask("GET", "d?op=GETFILESTATUS")).status, 404);
});

onBothStores("CREATE over a file needs overwrite=true, and over a folder never works", async (start) => {
  const lake = await start();
  await lake.write("/d/a", "old content");
  for (const target of [
    "d/a?op=CREATE&write=true&overwrite=false",
    "d/a?op=CREATE&write=true",
    "d?op=CREATE&write=true&overwrite=true",
  ]) {
    const answer = await lake.ask("PUT", target, "new");
    assert.deepEqual([answer.status, exceptionOf(answer)], [403, "FileAlreadyExistsException"]);
  }
  await lake.write("/d/a", "new");
  assert.equal((await lake.ask("GET", "d/a?op=OPEN&read=true")).text, "new");
});

onBothStores("CREATE with CreateParent=false needs the folder to be there", async (start) => {
  const lake = await start();
  assert.equal((await lake.ask("PUT", "d/a?op=CREATE&write=true&CreateParent=false", "x")).status, 404);
  await lake.ask("PUT", "d?op=MKDIRS");
  assert.equal((await lake.ask("PUT", "d/a?op=CREATE&write=true&CreateParent=false", "x")).status, 201);
});

onBothStores("many writers into the same new folders lose nothing of each other", async (start) => {
  const lake = await start();
  const names = Array.from({ length: 60 }, (_, index) => String(index));
  await Promise.all(names.map((name) => lake.write(`/new/deep/folder/${name}`, name)));
  assert.deepEqual(await lake.names("/new/deep/folder"), names.toSorted());
});

onBothStores("a large body is stored as it came", async (start) => {
  const lake = await start();
  const content = Buffer.alloc(3_000_000, "0123456789abcdef!");
  await lake.write("/big", content);
  assert.ok((await lake.ask("GET", "big?op=OPEN&read=true")).bytes.equals(content));
});

onBothStores("APPEND adds at the right offset, or at the end without one", async (start) => {
  const lake = await start();
  await lake.write("/a", "abc");
  assert.equal((await lake.ask("POST", "a?op=APPEND&append=true&offset=3", "de")).status, 200);
  assert.equal((await lake.ask("POST", "a?op=APPEND&append=true", "f")).status, 200);
  assert.equal((await lake.ask("GET", "a?op=OPEN&read=true")).text, "abcdef");
});

onBothStores("APPEND at a wrong offset is refused with the service's code", async (start) => {
  const lake = await start();
  await lake.write("/a", "abc");
  const answer = await lake.ask("POST", "a?op=APPEND&append=true&offset=99", "de");
  assert.deepEqual(
    [answer.status, answer.headers["status"], exceptionOf(answer)],
    [400, "0x83090015", "BadOffsetException"],
  );
  assert.match(answer.text, /APPEND failed with error 0x83090015 \(Bad request\. Invalid offset\.\)\. \[/);
});

onBothStores("an empty APPEND only checks the length", async (start) => {
  const lake = await start();
  await lake.write("/a", "abc");
  assert.equal((await lake.ask("POST", "a?op=APPEND&append=true&offset=3")).status, 200);
  assert.equal((await lake.ask("POST", "a?op=APPEND&append=true&offset=4")).status, 400);
  assert.equal((await lake.ask("POST", "missing?op=APPEND&append=true", "abc")).status, 404);
  assert.equal((await lake.ask("POST", "a?op=APPEND")).status, 307);
});

onBothStores("bytes appended with syncFlag=DATA show when the file is closed", async (start) => {
  const lake = await start();
  await lake.write("/a", "abc");
  await lake.ask("POST", "a?op=APPEND&append=true&syncFlag=DATA", "de");
  assert.equal((await lake.status("/a"))["length"], 3);
  assert.equal((await lake.status("/a", "&getconsistentlength=true"))["length"], 5);
  assert.equal((await lake.ask("GET", "a?op=OPEN&read=true")).text, "abc");
  await lake.ask("POST", "a?op=APPEND&append=true&offset=5&syncFlag=CLOSE");
  assert.equal((await lake.ask("GET", "a?op=OPEN&read=true")).text, "abcde");
});

onBothStores("a leased file is its writer's until the writer closes it", async (start) => {
  const lake = await start();
  await lake.ask("PUT", "a?op=CREATE&write=true&syncFlag=DATA&leaseid=L1", "abc");
  const answer = await lake.ask("POST", "a?op=APPEND&append=true&leaseid=L2", "x");
  assert.equal(answer.status, 400);
  assert.match(answer.text, /0x83090a16/);
  assert.equal((await lake.ask("POST", "a?op=APPEND&append=true&leaseid=L1&syncFlag=CLOSE", "d")).status, 200);
  assert.equal((await lake.ask("POST", "a?op=APPEND&append=true&leaseid=L2", "e")).status, 200);
});

onBothStores("CONCURRENTAPPEND makes the file and loses nothing of many appends", async (start) => {
  const lake = await start();
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
  await Promise.all(
    letters.map((letter, index) =>
      lake.ask(
        "POST",
        `/${index % 2 ? "WebHdfsExt" : "webhdfsext"}/d/c.txt?op=CONCURRENTAPPEND&appendMode=autocreate`,
        letter,
      ),
    ),
  );
  const { text } = await lake.ask("GET", "d/c.txt?op=OPEN&read=true");
  assert.deepEqual(Array.from(text).sort(), letters);
});

onBothStores("MKDIRS makes every folder of the path and is true again", async (start) => {
  const lake = await start();
  assert.deepEqual(await lake.json("PUT", "x/y?op=MKDIRS&permission=750"), { boolean: true });
  assert.deepEqual(await lake.json("PUT", "x/y?op=MKDIRS"), { boolean: true });
  assert.equal((await lake.status("/x/y"))["permission"], "750");
  assert.equal((await lake.status("/x"))["permission"], "770");
  await lake.write("/f", "");
  assert.equal((await lake.ask("PUT", "f/g?op=MKDIRS")).status, 403);
});

onBothStores("RENAME of a missing source is false with the service's code", async (start) => {
  const lake = await start();
  const answer = await lake.ask("PUT", "no?op=RENAME&destination=q");
  assert.deepEqual([answer.status, answer.text, answer.headers["status"]], [200, '{"boolean":false}', "0x8309000A"]);
});

onBothStores("RENAME moves a folder with all that is known of what is in it", async (start) => {
  const lake = await start();
  await lake.write("/d/e/a", "abc");
  await lake.ask("PUT", "d/e/a?op=SETPERMISSION&permission=640");
  assert.deepEqual(await lake.json("PUT", "d?op=RENAME&destination=q"), { boolean: true });
  assert.equal((await lake.status("/q/e/a"))["permission"], "640");
  assert.equal((await lake.ask("GET", "d?op=GETFILESTATUS")).status, 404);
  await lake.write("/d/e/a", "new");
  assert.equal((await lake.status("/d/e/a"))["permission"], "770");
});

onBothStores(
  "RENAME onto a folder moves under it, onto a file only with OVERWRITE, and never into itself",
  async (start) => {
    const lake = await start();
    await lake.write("/a", "A");
    await lake.write("/b", "B");
    await lake.ask("PUT", "d?op=MKDIRS");
    assert.deepEqual(await lake.json("PUT", "a?op=RENAME&destination=/b"), { boolean: false });
    assert.deepEqual(await lake.json("PUT", "a?op=RENAME&destination=/b&renameoptions=OVERWRITE"), { boolean: true });
    assert.deepEqual(await lake.json("PUT", "b?op=RENAME&destination=/d"), { boolean: true });
    assert.equal((await lake.ask("GET", "d/b?op=OPEN&read=true")).text, "A");
    assert.deepEqual(await lake.json("PUT", "d?op=RENAME&destination=/d/sub"), { boolean: false });
    assert.deepEqual(await lake.json("PUT", "d?op=RENAME&destination=/no/where"), { boolean: false });
  },
);

onBothStores("DELETE is true for what was there, and a full folder needs recursive", async (start) => {
  const lake = await start();
  await lake.write("/x/y/a", "abc");
  assert.equal((await lake.ask("DELETE", "x?op=DELETE&recursive=false")).status, 403);
  assert.deepEqual(await lake.json("DELETE", "x?op=DELETE&recursive=True"), { boolean: true });
  assert.deepEqual(await lake.json("DELETE", "x?op=DELETE"), { boolean: false });
  assert.equal((await lake.ask("DELETE", "?op=DELETE&recursive=true")).status, 403);
});

for (const [form, body] of [
  ["text", "sources=/p/1,p/2"],
  ["JSON", '{"sources":["/p/1","/p/2"]}'],
] as const) {
  onBothStores(`MSCONCAT joins the sources it gets as ${form} and removes them`, async (start) => {
    const lake = await start();
    await lake.write("/p/1", "abc");
    await lake.write("/p/2", "de");
    assert.equal((await lake.ask("POST", "all?op=MSCONCAT&deleteSourceDirectory=true", body)).status, 200);
    assert.equal((await lake.ask("GET", "all?op=OPEN&read=true")).text, "abcde");
    assert.deepEqual(await lake.names("/"), ["all"]);
  });
}

test("MSCONCAT with a body that names no sources is refused", async (t) => {
  const lake = await memoryLake(t);
  assert.equal((await lake.ask("POST", "all?op=MSCONCAT", "what")).status, 400);
});

onBothStores("SETTIMES sets the times it gives and leaves those at -1", async (start) => {
  const lake = await start();
  await lake.write("/d/a", "abc");
  await lake.ask("PUT", "d/a?op=SETTIMES&modificationtime=1500000000123&accesstime=1500000000456");
  await lake.ask("PUT", "d/a?op=SETTIMES&modificationtime=-1&accesstime=1600000000000");
  await lake.ask("PUT", "d?op=SETTIMES&modificationtime=1400000000000");
  const { modificationTime, accessTime } = await lake.status("/d/a");
  assert.deepEqual([modificationTime, accessTime], [1_500_000_000_123, 1_600_000_000_000]);
  assert.equal((await lake.status("/d"))["modificationTime"], 1_400_000_000_000);
});
