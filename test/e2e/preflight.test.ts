// What is found out before anything is moved, against real services.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { callApp, type Migration } from "../../src/cli/api.ts";
import { type LocalAzure, startLocalAzure } from "../../local/start/azure.ts";
import { eventually, setFaults, tempFolder, type Undo, writeTree } from "./kit.ts";

type Found = {
  readonly status: string;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly detail: string;
    readonly fix?: string;
  }[];
};

describe("preflight", () => {
  const undone: (() => void | Promise<void>)[] = [];
  const suite: Undo = { after: (undo) => void undone.push(undo) };
  const [source, out, stateDir] = [tempFolder(suite), tempFolder(suite), tempFolder(suite)];
  let azure: LocalAzure;
  let gen2: string;

  before(async () => {
    writeTree(source, { "a.txt": "one", "ends in a full stop.": "x", "below/b.txt": "two" });
    azure = await startLocalAzure({ source, out, stateDir, meta: join(stateDir, "gen1.jsonl"), port: 0 });
    gen2 = new URL(azure.sink).origin;
  });
  after(async () => {
    await azure.stop();
    for (const undo of undone.toReversed()) await undo();
  });

  const tried = (body: object) => callApp<Found>(`${azure.url}/api/preflight`, "POST", body);
  const found = ({ checks }: Found, name: string) => checks.find((check) => check.name === name) ?? assert.fail(name);
  const run = async (body: object) => {
    const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", body);
    return eventually("the migration to end", async () => {
      const now = await callApp<Migration>(`${azure.url}/api/migrations/${id}`);
      return ["Queued", "Running"].includes(now.status) ? undefined : now;
    });
  };

  test("everything is tried, names that won't fit are told, and nothing is left or made", async () => {
    const before = await tried({ sink: { fileSystem: "lake" } });
    assert.deepEqual([before.status, found(before, "sink.write").status], ["warning", "skipped"]);
    assert.equal(existsSync(join(out, "lake")), false);
    await run({ sink: { fileSystem: "lake" }, source: { folderPath: "/below" } });
    const whole = await tried({ sink: { fileSystem: "lake" } });
    const failed = whole.checks.filter(({ status }) => status === "failed");
    assert.deepEqual(failed, []);
    for (const name of [
      "source.list",
      "source.read",
      "source.access",
      "sink.hierarchical",
      "sink.write",
      "sink.access",
      "sink.clock",
    ]) {
      assert.equal(found(whole, name).status, "ok", name);
    }
    assert.match(found(whole, "names").detail, /full stop/u);
    assert.deepEqual(readdirSync(join(out, "lake")), ["b.txt"]);
  });

  test("a right that is missing fails its check, with what to do; a run that would need it doesn't begin", async () => {
    await setFaults(gen2, [{ match: { op: "setAccessControl" }, effect: { status: 403 } }]);
    const answer = await tried({ sink: { fileSystem: "lake" } });
    assert.equal(answer.status, "failed");
    assert.match(found(answer, "sink.access").fix ?? "", /elevated=true/u);
    const without = await tried({ sink: { fileSystem: "lake" }, preserve: ["LastModified"] });
    assert.equal(found(without, "sink.access").status, "skipped");
    // Another kind of request than the one that has just been tried.
    const refused = await run({
      sink: { fileSystem: "lake", folderPath: "/x" },
      source: { folderPath: "/below" },
      preserve: ["ACL"],
    });
    assert.equal(refused.status, "Failed");
    assert.match(refused.report.error?.detail ?? "", /^sink\.access: .*elevated=true/u);
    await setFaults(gen2, []);
  });

  test("a page of another origin can't start anything, and neither can a form", async () => {
    const start = (headers: Readonly<Record<string, string>>) =>
      fetch(`${azure.url}/api/migrations`, { method: "POST", headers, body: '{"sink":{"fileSystem":"lake"}}' });
    const json = { "content-type": "application/json" };
    for (const [headers, status, code] of [
      [{ ...json, origin: "https://evil.example" }, 403, "origin-refused"],
      [{ ...json, "sec-fetch-site": "cross-site" }, 403, "origin-refused"],
      [{ "content-type": "text/plain" }, 415, "not-json"],
    ] as const) {
      const reply = await start(headers);
      assert.deepEqual([reply.status, ((await reply.json()) as { code: string }).code], [status, code]);
    }
  });
});
