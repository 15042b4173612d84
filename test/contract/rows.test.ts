import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TableClient, type TableEntity } from "@azure/data-tables";
import { startAzurite } from "../../local/start/azurite.ts";
import type { Running } from "../../local/start/processes.ts";
import { takenOver } from "../../src/core/cut.ts";
import { emptyTally } from "../../src/core/tally.ts";
import { isKind } from "../../src/core/error.ts";
import type { ListItem, ListRange, NameList } from "../../src/core/nameList.ts";
import { rootPath } from "../../src/core/path.ts";
import type { Run } from "../../src/core/run.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { openRoots } from "../../src/state/roots.ts";
import { gather, type InState, type Rows, spread, type StoredRow } from "../../src/state/rows.ts";
import { openRuns } from "../../src/state/runs.ts";
import { tableList } from "../../src/state/tableList.ts";
import { tableRows } from "../../src/state/tableRows.ts";
import { openWork } from "../../src/state/work.ts";
import { testClock } from "../kit/testClock.ts";
import { requestOf } from "../kit/testFerry.ts";

async function all(found: AsyncIterable<StoredRow>): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const row of found) rows.push(row);
  return rows;
}

async function itemsOf(list: NameList, range: ListRange): Promise<readonly ListItem[]> {
  const items: ListItem[] = [];
  for (let { from } = range; from !== range.to; ) {
    const portion = await list.read({ ...range, from });
    items.push(...portion.items);
    from = portion.to;
  }
  return items;
}

/** What every table must promise; each test works in a partition of its own. */
function promises(open: () => Rows): void {
  const row = (partitionKey: string, rowKey: string, more: object = {}) => ({ partitionKey, rowKey, ...more });

  test("a row comes back as it was inserted, and inserting it again is a conflict", async () => {
    const rows = open();
    const wild = { text: "e\u0301 \u{1f600} '\"\\/?#", flag: true, count: -7, part: 0.5, empty: "" };
    await rows.insert(row("p1", "a", wild));
    assert.deepEqual((await rows.get("p1", "a"))?.row, row("p1", "a", wild));
    assert.equal(await rows.get("p1", "b"), undefined);
    await assert.rejects(rows.insert(row("p1", "a")), (error) => isKind(error, "conflict"));
  });

  test("a row is replaced only in the version that was read", async () => {
    const rows = open();
    const { etag } = await rows.insert(row("p2", "a", { n: 1 }));
    const next = await rows.replace(row("p2", "a", { n: 2 }), etag);
    await assert.rejects(rows.replace(row("p2", "a", { n: 3 }), etag), (error) => isKind(error, "conflict"));
    assert.equal((await rows.get("p2", "a"))?.etag, next.etag);
    assert.equal((await rows.get("p2", "a"))?.row["n"], 2);
    await assert.rejects(rows.replace(row("p2", "gone"), etag), (error) => isKind(error, "not-found"));
  });

  test("a row is removed only in the version that was read", async () => {
    const rows = open();
    const first = await rows.insert(row("p3", "a"));
    const second = await rows.replace(row("p3", "a", { n: 1 }), first.etag);
    await assert.rejects(rows.remove("p3", "a", first.etag), (error) => isKind(error, "conflict"));
    await rows.remove("p3", "a", second.etag);
    assert.equal(await rows.get("p3", "a"), undefined);
  });

  test("a transaction happens whole, and its ETags are the rows' own", async () => {
    const rows = open();
    const { etag } = await rows.insert(row("p4", "a"));
    const etags = await rows.transact([
      { do: "replace", row: row("p4", "a", { n: 1 }), etag },
      { do: "insert", row: row("p4", "b") },
    ]);
    assert.deepEqual(etags, [(await rows.get("p4", "a"))?.etag, (await rows.get("p4", "b"))?.etag]);
  });

  test("a transaction with one stale row changes nothing at all", async () => {
    const rows = open();
    const { etag } = await rows.insert(row("p5", "a"));
    await rows.replace(row("p5", "a", { n: 1 }), etag);
    const changes = [
      { do: "insert", row: row("p5", "b") },
      { do: "replace", row: row("p5", "a", { n: 2 }), etag },
    ] as const;
    await assert.rejects(rows.transact(changes), (error) => isKind(error, "conflict"));
    assert.equal(await rows.get("p5", "b"), undefined);
    assert.equal((await rows.get("p5", "a"))?.row["n"], 1);
  });

  test("in a transaction a row can be put whether it is there or not", async () => {
    const rows = open();
    const { etag } = await rows.insert(row("p11", "guard"));
    const put = (n: number) => ({ do: "put", row: row("p11", "a", { n }) }) as const;
    const [next = ""] = await rows.transact([{ do: "replace", row: row("p11", "guard", { n: 1 }), etag }, put(1)]);
    await rows.transact([{ do: "replace", row: row("p11", "guard", { n: 2 }), etag: next }, put(2)]);
    assert.equal((await rows.get("p11", "a"))?.row["n"], 2);
    const stale = [{ do: "replace", row: row("p11", "guard", { n: 3 }), etag: next }, put(3)] as const;
    await assert.rejects(rows.transact(stale), (error) => isKind(error, "conflict"));
    assert.equal((await rows.get("p11", "a"))?.row["n"], 2);
  });

  test("rows are listed by the beginning of their key, ascending, in their own partition, over many pages", async () => {
    const rows = open();
    const keys = Array.from({ length: 1100 }, (_, index) => `x-${String(index).padStart(5, "0")}`);
    for (let at = 0; at < keys.length; at += 100) {
      await rows.transact(keys.slice(at, at + 100).map((key) => ({ do: "insert", row: row("p6", key) })));
    }
    await rows.insert(row("p6", "y"));
    await rows.insert(row("p7", "x-other"));
    assert.deepEqual(
      (await all(rows.list("p6", "x-"))).map((stored) => stored.row.rowKey),
      keys,
    );
  });

  test("rows are listed by their state, or by another one than that, which may be none", async () => {
    const rows = open();
    for (const state of ["live", "ended", undefined]) {
      await rows.insert(row("p12", `${state}`, state === undefined ? {} : { state }));
    }
    const keys = async (state: InState) => (await all(rows.list("p12", "", state))).map((stored) => stored.row.rowKey);
    assert.deepEqual(await keys("live"), ["live"]);
    assert.deepEqual(await keys({ not: "ended" }), ["live", "undefined"]);
  });

  test("what Azure would refuse is refused before it is sent, whatever the emulator allows", async () => {
    const rows = open();
    const refused = (error: unknown) => isKind(error, "invalid");
    await assert.rejects(rows.insert(row("p8", "a", { text: "x".repeat(32_769) })), refused);
    await assert.rejects(rows.insert(row("p8", "a/b")), refused);
    await assert.rejects(rows.insert(row("p8", "a", spread("text", "x".repeat(600_000)))), refused);
    const many = Array.from({ length: 101 }, (_, index) => ({ do: "insert", row: row("p8", `${index}`) }) as const);
    await assert.rejects(rows.transact(many), refused);
    await assert.rejects(
      rows.transact([
        { do: "insert", row: row("p8", "a") },
        { do: "insert", row: row("p9", "a") },
      ]),
      refused,
    );
    const large = Array.from(
      { length: 5 },
      (_, index) => ({ do: "insert", row: row("p8", `${index}`, spread("t", "x".repeat(500_000))) }) as const,
    );
    await assert.rejects(rows.transact(large), refused);
    assert.deepEqual(await all(rows.list("p8", "")), []);
  });

  test("a long text spread over properties comes back whole", async () => {
    const rows = open();
    const texts = ["\u{1f600}".repeat(20_000), `x${"\u{1f600}".repeat(20_000)}`, "\ud800 alone"];
    await rows.insert(row("p10", "a", spread("cut", texts)));
    const stored = await rows.get("p10", "a");
    const back = gather("cut", stored?.row ?? row("p10", "a")) as string[];
    assert.deepEqual(
      texts.map((text, index) => text === back[index]),
      [true, true, true],
    );
  });

  test("a run changes step by step, however many change it at once", async () => {
    const runs = openRuns(open());
    const run: Run = { id: "r-1", status: "Queued", epoch: 1, request: requestOf(), createdMs: 1, workedMs: 0 };
    await runs.add(run);
    await assert.rejects(runs.add(run), (error) => isKind(error, "conflict"));
    const more = () => runs.change("r-1", (now) => ({ ...now, workedMs: now.workedMs + 1 }));
    await Promise.all([more(), more(), more(), more()]);
    assert.equal((await runs.get("r-1"))?.workedMs, 4);
    assert.deepEqual(
      (await runs.list()).runs.map(({ id }) => id),
      ["r-1"],
    );
    await assert.rejects(
      runs.change("none", (now) => now),
      (error) => isKind(error, "not-found"),
    );
  });

  test("of many who claim overlapping roots one gets it, and an ended run stands in nobody's way", async () => {
    const live = new Set(["a", "b", "c"]);
    const roots = openRoots(open(), async (run) => live.has(run));
    const claims = ["/x", "/x/y", "/x"].map((root, index) =>
      roots.claim("s fs", { run: ["a", "b", "c"][index] ?? "", root: root as typeof rootPath }),
    );
    assert.equal((await Promise.all(claims)).filter((other) => other === undefined).length, 1);
    assert.equal(await roots.claim("s fs", { run: "d", root: "/xy" as typeof rootPath }), undefined);
    live.clear();
    assert.equal(await roots.claim("s fs", { run: "e", root: rootPath }), undefined);
  });

  const still = new AbortController().signal;

  test("a packet goes to one of many who claim it", async () => {
    let nonces = 0;
    const work = openWork(open(), "w1", () => `n${nonces++}`, testClock());
    await work.seed({ ranges: [{ folder: rootPath }], open: [] });
    const claimed = await Promise.all([0, 1, 2, 3].map((lane) => work.claim(lane)));
    assert.equal(claimed.filter((packet) => packet !== undefined).length, 1);
  });

  test("a saved step holds cut, account and failures together; who lost the packet saves nothing", async () => {
    let nonces = 0;
    const work = openWork(open(), "w2", () => `n${nonces++}`, testClock());
    await work.seed({ ranges: [{ folder: rootPath }], open: [] });
    await work.seed({ ranges: [], open: [] });
    const packet = await work.claim(3);
    const tally = { ...emptyTally, filesListed: 2, filesCopied: 1, filesFailed: { denied: 1 } };
    const failure = { kind: "denied", op: "OPEN", path: "/x", detail: "no" } as const;
    const cut = { ranges: [{ folder: rootPath, after: "x" }], open: [] };
    const step = { cut, given: [], tally, failures: [failure], isLast: false };
    assert.equal((await packet?.save(step, still))?.ended, "saved");
    assert.equal(await work.requeue(), 1);
    assert.equal((await packet?.save({ ...step, isLast: true }, still))?.ended, "fenced");
    const account = await work.account();
    assert.deepEqual([account.created, account.done, account.failed, account.tally.filesListed], [2, 0, 1, 2]);
    assert.deepEqual(await work.failures(10), [failure]);
    const again = await work.claim(0);
    // Taken from a slice that had not let go: nothing is believed of the sink.
    assert.deepEqual(again?.cut, takenOver(cut));
    const rest = { cut: { ranges: [], open: [] }, given: [], tally: emptyTally, failures: [], isLast: true };
    assert.equal((await again?.save(rest, still))?.ended, "saved");
    assert.equal(await work.requeue(), 0);
    assert.equal((await work.account()).done, 1);
  });
}

describe("rows in memory", () => {
  const shared = memoryRows();
  promises(() => shared);
});

describe("rows in Azurite", () => {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-rows-"));
  let azurite: Running | undefined;
  let rows: Rows | undefined;
  let tableNamed: ((name: string) => TableClient) | undefined;
  before(async () => {
    const { running, connectionString } = await startAzurite(folder, join(folder, "log"));
    azurite = running;
    tableNamed = (name) => TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true });
    rows = tableRows(tableNamed("contract"));
  });
  after(async () => {
    await azurite?.stop();
    rmSync(folder, { recursive: true });
  });
  promises(() => rows ?? assert.fail("Azurite did not start"));

  test("a table of names is read in the order of its keys, and from any of them to any other", async () => {
    const client = tableNamed?.("names") ?? assert.fail("Azurite did not start");
    await assert.rejects(tableList(client, { property: "path" }).whole(), /table names does not exist/u);
    await client.createTable();
    const wanted: string[] = [];
    for (const partitionKey of ["a", "b'c", "d"]) {
      for (let from = 0; from < 600; from += 100) {
        const rows = Array.from({ length: 100 }, (_, index) => {
          const rowKey = String(from + index).padStart(4, "0");
          wanted.push(`${partitionKey}/${rowKey}`);
          return ["create", { partitionKey, rowKey, path: `${partitionKey}/${rowKey}` }] as ["create", TableEntity];
        });
        await client.submitTransaction(rows);
      }
    }
    await client.createEntity({ partitionKey: "e", rowKey: "1", other: "x" });
    const list = tableList(client, { property: "path" });
    const items = await itemsOf(list, await list.whole());
    assert.deepEqual(
      items.slice(0, -1).map(({ text }) => text),
      wanted,
    );
    assert.deepEqual(items.at(-1)?.problem, 'the row has no text in its property "path"');
    assert.equal(items[700]?.at, "row b'c / 0100");
    // Any stretch of it by itself: inside a partition, over one, and a single row.
    for (const [from, to] of [
      [10, 20],
      [590, 1210],
      [700, 701],
      [0, 1800],
    ] as const) {
      const range = { version: "", from: items[from]?.from ?? "", to: items[to - 1]?.to ?? "" };
      assert.deepEqual(
        (await itemsOf(list, range)).map(({ text }) => text),
        wanted.slice(from, to),
      );
    }
    const one = tableList(client, { partitionKey: "b'c", property: "path" });
    assert.deepEqual(
      (await itemsOf(one, await one.whole())).map(({ text }) => text),
      wanted.slice(600, 1200),
    );
  });
});
