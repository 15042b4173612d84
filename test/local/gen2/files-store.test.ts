import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Gen2, startGen2 } from "../../../local/gen2/gen2.ts";
import { type Ask, asking, headerOf, put, startProcess, temporaryFolder } from "./asking.ts";

test("file systems are plain folders that hold the content and nothing else", async (context) => {
  const { ask, root } = await opened(context);
  for (const name of ["a", "d/b", "d/e/c"]) await put(ask, `/fs1/${name}`, name);
  await ask("PUT /fs1/d/f?comp=block&blockid=MDAx", {}, "staged");
  assert.deepEqual(
    new Set(readdirSync(join(root, "fs1"), { recursive: true, encoding: "utf8" })),
    new Set(["a", "d", "d/b", "d/e", "d/e/c"]),
  );
  assert.equal(readFileSync(join(root, "fs1/d/e/c"), "utf8"), "d/e/c");
});

test("after a restart everything is as it was, staged blocks included", async (context) => {
  const { ask, gen2, root } = await opened(context);
  await put(ask, "/fs1/d/a", "hello", { "x-ms-meta-k": "v", "x-ms-access-tier": "Cool" });
  await ask("PATCH /fs1/d?action=setAccessControl", { "x-ms-owner": "o1", "x-ms-permissions": "1777" });
  await put(ask, "/fs1/gone");
  await ask("DELETE /fs1/gone");
  await ask("PUT /fs1/n?mode=legacy", { "x-ms-rename-source": "/fs1/d" });
  for (const id of ["MDAx", "MDAy"]) await ask(`PUT /fs1/b?comp=block&blockid=${id}`, {}, id);
  const etag = headerOf(await ask("HEAD /fs1/n/a"), "etag");
  const before = await gen2.dump();
  const again = await reopened(context, gen2, root);
  assert.deepEqual(await again.gen2.dump(), before);
  assert.equal(headerOf(await again.ask("HEAD /fs1/n/a"), "etag"), etag);
  const list = "<BlockList><Latest>MDAy</Latest><Latest>MDAx</Latest></BlockList>";
  assert.equal((await again.ask("PUT /fs1/b?comp=blocklist", {}, list)).status, 201);
  assert.equal((await again.ask("GET /fs1/b")).text, "MDAyMDAx");
});

test("a put that ended before its content moved leaves the old file and no rest", async (context) => {
  const { ask, gen2, root } = await opened(context);
  await put(ask, "/fs1/a", "old", { "x-ms-meta-v": "1" });
  await gen2.close();
  const own = join(root, ".lakeferry-gen2");
  const noted = JSON.parse(readFileSync(join(own, "@intent"), "utf8").split("\n")[0] ?? "") as {
    item: { etag: string };
  };
  const next = { ...noted, item: { ...noted.item, etag: "0x9", metadata: { v: "2" } }, from: "interrupted" };
  writeFileSync(join(own, "@intent"), `${JSON.stringify(next)}\nrest of a longer line`);
  writeFileSync(join(own, "@parts/interrupted"), "new");
  const again = await reopened(context, undefined, root);
  assert.deepEqual(await contentOf(again.ask, "/fs1/a"), ["old", "1"]);
  assert.deepEqual(readdirSync(join(own, "@parts")), ["log"]);
});

test("a put that ended between its content and its line in the log is finished by the next start", async (context) => {
  const { ask, gen2, root } = await opened(context);
  const log = join(root, ".lakeferry-gen2/fs1/@log");
  await put(ask, "/fs1/a", "old", { "x-ms-meta-v": "1" });
  copyFileSync(log, `${log}-before`);
  await put(ask, "/fs1/a", "new", { "x-ms-meta-v": "2" });
  await gen2.close();
  renameSync(`${log}-before`, log);
  const again = await reopened(context, undefined, root);
  assert.deepEqual(await contentOf(again.ask, "/fs1/a"), ["new", "2"]);
});

test("a new file that is there in part is removed by the next start, and one that is whole is finished", async (context) => {
  for (const [rest, left] of [
    ["ne", []],
    ["new", [["fs1/d/a", 3, { v: "1" }]]],
  ] as const) {
    const { ask, gen2, root } = await opened(context);
    const log = join(root, ".lakeferry-gen2/fs1/d/@log");
    await ask("PUT /fs1/d?resource=directory");
    await put(ask, "/fs1/d/a", "new", { "x-ms-meta-v": "1" });
    await gen2.close();
    writeFileSync(log, "");
    writeFileSync(join(root, "fs1/d/a"), rest);
    const again = await reopened(context, undefined, root);
    const files = (await again.gen2.dump()).filter(({ type }) => type === "file");
    assert.deepEqual(
      files.map(({ path, bytes, metadata }) => [path, bytes, metadata]),
      left,
    );
  }
});

test("a file that someone else wrote long after a put of its name is no rest of that put", async (context) => {
  const { ask, gen2, root } = await opened(context);
  await put(ask, "/fs1/a", "new");
  await gen2.close();
  writeFileSync(join(root, ".lakeferry-gen2/fs1/@log"), "");
  writeFileSync(join(root, "fs1/a"), "x");
  utimesSync(join(root, "fs1/a"), new Date(), new Date(Date.now() + 60_000));
  const again = await reopened(context, undefined, root);
  assert.equal((await again.ask("GET /fs1/a")).text, "x");
});

test("a finished put is not finished again over what came after it", async (context) => {
  const { ask, gen2, root } = await opened(context);
  await put(ask, "/fs1/a", "one", { "x-ms-meta-v": "1" });
  await ask("PUT /fs1/a?comp=metadata", { "x-ms-meta-v": "2" });
  const again = await reopened(context, gen2, root);
  assert.deepEqual(await contentOf(again.ask, "/fs1/a"), ["one", "2"]);
});

test("a line cut short, a line without its file and a file without its line are put right", async (context) => {
  const { ask, gen2, root } = await opened(context);
  for (const name of ["kept", "removed", "changed"]) await put(ask, `/fs1/d/${name}`, name, { "x-ms-meta-v": "1" });
  await gen2.close();
  appendFileSync(join(root, ".lakeferry-gen2/fs1/d/@log"), '{"name":"kept","item":{"kind":"fi');
  rmSync(join(root, "fs1/d/removed"));
  writeFileSync(join(root, "fs1/d/changed"), "changed by hand");
  writeFileSync(join(root, "fs1/d/new"), "new");
  const again = await reopened(context, undefined, root);
  const files = (await again.gen2.dump())
    .filter(({ type }) => type === "file")
    .map(({ path, bytes, metadata }) => [path, bytes, metadata]);
  assert.deepEqual(files, [
    ["fs1/d/changed", 15, {}],
    ["fs1/d/kept", 4, { v: "1" }],
    ["fs1/d/new", 3, {}],
  ]);
  await put(again.ask, "/fs1/d/kept", "again", { "x-ms-meta-v": "2" });
  const third = await reopened(context, again.gen2, root);
  assert.deepEqual(await contentOf(third.ask, "/fs1/d/kept"), ["again", "2"]);
});

test("a folder of files becomes a file system with default access", async (context) => {
  const root = temporaryFolder(context);
  mkdirSync(join(root, "lake/d"), { recursive: true });
  writeFileSync(join(root, "lake/d/a.txt"), "hello");
  const { ask, gen2 } = await reopened(context, undefined, root);
  assert.deepEqual(
    (await gen2.dump()).map(({ path, permissions, owner }) => [path, permissions, owner]),
    [
      ["lake", "rwxr-x---", "$superuser"],
      ["lake/d", "rwxr-x---", "$superuser"],
      ["lake/d/a.txt", "rw-r-----", "$superuser"],
    ],
  );
  assert.equal((await ask("GET /lake/d/a.txt")).text, "hello");
});

test("a folder made anew knows nothing of an earlier one of its name", async (context) => {
  const { ask, gen2, root } = await opened(context);
  await put(ask, "/fs1/d/a", "one", { "x-ms-meta-v": "1" });
  await ask("DELETE /fs1/d?recursive=true");
  await ask("PUT /fs1/d?resource=directory");
  await gen2.close();
  writeFileSync(join(root, "fs1/d/a"), "one");
  const again = await reopened(context, undefined, root);
  assert.deepEqual(await contentOf(again.ask, "/fs1/d/a"), ["one", undefined]);
});

test("a log that is rewritten over and over stays short", async (context) => {
  const { ask, root } = await opened(context);
  await put(ask, "/fs1/a");
  for (let round = 0; round < 300; round++)
    await ask("PATCH /fs1/a?action=setAccessControl", { "x-ms-owner": `o${round}` });
  const lines = readFileSync(join(root, ".lakeferry-gen2/fs1/@log"), "utf8").split("\n").length;
  assert.ok(lines < 250, `${lines} lines`);
  assert.equal(headerOf(await ask("HEAD /fs1/a"), "x-ms-owner"), "o299");
});

test("folders that don't fit in memory together are all served", async (context) => {
  const { ask, gen2 } = await opened(context, { maxItems: 5 });
  for (let round = 0; round < 3; round++) {
    for (let folder = 0; folder < 10; folder++)
      await put(ask, `/fs1/d${folder}/f${round}`, `${folder} ${round}`, { "x-ms-meta-v": String(round) });
  }
  const dumped = await gen2.dump();
  assert.equal(dumped.filter(({ type }) => type === "file").length, 30);
  assert.deepEqual(await contentOf(ask, "/fs1/d3/f1"), ["3 1", "1"]);
});

test("a process killed while it writes has every file it acknowledged, and each file whole", async (context) => {
  const root = temporaryFolder(context);
  const { ask, child } = await startProcess(context, root);
  await ask("PUT /fs1?resource=filesystem");
  const acknowledged = new Map<string, string>();
  const writer = async (lane: number): Promise<void> => {
    for (let round = 0; ; round++) {
      const name = `/fs1/d${lane}/f${round % 5}`;
      const answer = await put(ask, name, String(round).repeat(1000), { "x-ms-meta-v": String(round) }).catch(
        () => undefined,
      );
      if (answer === undefined) return;
      acknowledged.set(name, String(round));
      if (acknowledged.size === 40) child.kill("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => writer(lane)));
  const again = await reopened(context, undefined, root);
  for (const [name, round] of acknowledged) {
    const [text, metadata] = await contentOf(again.ask, name);
    assert.equal(text, (metadata ?? "").repeat(1000), name);
    assert.ok(Number(metadata) >= Number(round), `${name} is of round ${metadata}, acknowledged was ${round}`);
  }
});

type Opened = { readonly ask: Ask; readonly gen2: Gen2; readonly root: string };

async function opened(context: TestContext, options: { readonly maxItems?: number } = {}): Promise<Opened> {
  const started = await reopened(context, undefined, temporaryFolder(context), options);
  await started.ask("PUT /fs1?resource=filesystem");
  return started;
}

async function reopened(
  context: TestContext,
  earlier: Gen2 | undefined,
  root: string,
  options: { readonly maxItems?: number } = {},
): Promise<Opened> {
  await earlier?.close();
  const gen2 = await startGen2({ store: "files", root, ...options });
  context.after(() => gen2.close());
  return { ask: asking(gen2), gen2, root };
}

async function contentOf(ask: Ask, path: string): Promise<readonly [string, string | undefined]> {
  const { text, headers } = await ask(`GET ${path}`);
  return [text, headers["x-ms-meta-v"] as string | undefined];
}
