import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { type Ground, refuseFailed, sinkChecks, sourceChecks } from "../../src/ferry/preflight.ts";
import type { Gen2Probe } from "../../src/lake/gen2Probe.ts";
import { testClock } from "../kit/testClock.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const removed: string[] = [];
const fine: Gen2Probe = {
  isHierarchical: async () => true,
  holds: async () => ({ isLeased: false, hasImmutabilityPolicy: false, hasLegalHold: false }),
  nowMs: async () => undefined,
  refusesWrongMd5: async () => true,
  removeFolder: async (folder) => void removed.push(folder),
};
const later = (kind: "unavailable" | "throttled") =>
  new LakeError(kind, { op: "Put Blob", path: "/", detail: "busy", retry: "exhausted" });

function ground(
  probe: Partial<Gen2Probe>,
  sink: Partial<Ground["sink"]> = {},
  source: Partial<Ground["source"]> = {},
): Ground {
  const parts = { makeFolder: async () => "made", putFile: async () => ({ etag: "1", md5: "" }), ...sink };
  return {
    request: requestOf({ preserve: ["LastModified"] }),
    source: source as Ground["source"],
    sink: {
      read: async (_: string, __: number, length: number, receive: (chunk: Uint8Array) => void) => {
        receive(new Uint8Array(length));
        return length;
      },
      ...parts,
    } as unknown as Ground["sink"],
    probe: { ...fine, ...probe },
    clock: testClock(),
    id: "t",
  };
}

const statusOf = async (made: Ground, name: string) =>
  (await sinkChecks(made)).find((check) => check.name === name)?.status;

test("a store that is away for a moment is a warning and no verdict, and what was made is removed", async () => {
  for (const kind of ["unavailable", "throttled"] as const) {
    removed.length = 0;
    const made = ground({}, { putFile: () => Promise.reject(later(kind)) });
    assert.equal(await statusOf(made, "sink.write"), "warning");
    assert.deepEqual(removed, ["/.lakeferry-preflight-t"]);
    refuseFailed(await sinkChecks(made), "LakeSink/lake");
  }
});

test("an account without a hierarchical namespace, and a file system under a hold, keep a run from beginning", async () => {
  const flat = ground({ isHierarchical: async () => false });
  assert.equal(await statusOf(flat, "sink.hierarchical"), "failed");
  assert.throws(() => refuseFailed([{ name: "a", status: "failed", detail: "b", fix: "c" }], "x"), /a: b; c/u);
  for (const hold of [{ hasImmutabilityPolicy: true }, { hasLegalHold: true }]) {
    const held = ground({
      holds: async () => ({ isLeased: false, hasImmutabilityPolicy: false, hasLegalHold: false, ...hold }),
    });
    assert.equal(await statusOf(held, "sink.fileSystem"), "failed");
  }
  assert.equal(await statusOf(ground({ isHierarchical: async () => undefined }), "sink.hierarchical"), "ok");
});

test("clocks that differ are told; so far off that signatures are refused, they fail", async () => {
  const nowMs = testClock().nowMs();
  for (const [aheadMs, status] of [
    [0, "ok"],
    [59_000, "ok"],
    [-59_000, "ok"],
    [120_000, "warning"],
    [16 * 60_000, "failed"],
    [-16 * 60_000, "failed"],
  ] as const) {
    const list = async () => ({ entries: [], atMs: nowMs + aheadMs });
    const checks = await sourceChecks(ground({}, {}, { list }));
    assert.equal(checks.find(({ name }) => name === "source.clock")?.status, status, String(aheadMs));
  }
});

test("only a run that changes something tries its sink by writing to it", async () => {
  for (const [expected, about, body] of [
    [1, {}, {}],
    [0, {}, { dryRun: true }],
    [0, { job: "audit" }, {}],
    [0, { job: "look" }, {}],
  ] as const) {
    const { ferry, source } = testFerry();
    source.write("/a/x", "x");
    let tried = 0;
    await addRun(ferry, "r", requestOf(body), about);
    await drive({ ...ferry, preflight: async () => void tried++ }, "r");
    assert.equal(tried, expected, JSON.stringify({ about, body }));
  }
});
