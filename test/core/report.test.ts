import assert from "node:assert/strict";
import { test } from "node:test";
import { reportOf } from "../../src/core/report.ts";
import type { Run } from "../../src/core/run.ts";
import { emptyTally } from "../../src/core/tally.ts";
import { noWaits } from "../../src/core/waits.ts";
import { requestOf } from "../kit/testFerry.ts";

const expected = { files: 1000, bytes: 1_000_000 };

function remaining(
  seconds: number,
  files: number,
  bytes: number,
  read = bytes,
  about: Partial<Run> = {},
): number | undefined {
  const run: Run = {
    ...about,
    id: "r",
    status: "Running",
    epoch: 1,
    request: requestOf(),
    createdMs: 0,
    workedMs: 0,
    resumedMs: 0,
    expected,
  };
  const tally = { ...emptyTally, filesListed: files, bytesListed: bytes, bytesRead: read };
  return reportOf(run, tally, seconds * 1000).remainingSeconds;
}

test("the time that is left follows the slower of files and bytes, and is told once there is enough to tell from", () => {
  assert.equal(remaining(10, 500, 500_000), 10);
  assert.equal(remaining(10, 900, 100_000), 90);
  assert.equal(remaining(10, 100, 900_000), 90);
  assert.equal(remaining(5, 10, 100), undefined);
  assert.equal(remaining(100, 10, 10_000), 9900);
  assert.equal(remaining(100, 0, 0), undefined);
});

test("no time is told for what was never counted: a retry, and the walks after the first", () => {
  assert.equal(remaining(10, 500, 500_000, 0, { retryOf: "first" }), undefined);
  assert.equal(remaining(10, 500, 500_000, 0, { phase: "audit" }), undefined);
  assert.equal(remaining(10, 500, 500_000, 0, { job: "audit", phase: "audit" }), 10);
});

test("blocks of a large file count for the time that is left before the file is done", () => {
  assert.equal(remaining(10, 500, 100, 500_000), 10);
});

test("a report says in ADF's words how the data was proven, and what it was waited for", () => {
  const run: Run = {
    id: "r",
    status: "Succeeded",
    epoch: 1,
    request: requestOf(),
    createdMs: 0,
    workedMs: 2000,
    mostLanes: 7,
  };
  const report = (tally: Partial<typeof emptyTally>) => reportOf(run, { ...emptyTally, ...tally }, 9000);
  const proven = report({
    checksums: { md5: 3, crc64: 1 },
    throttles: 2,
    spentMs: { listing: 100, reading: 2340, writing: 0, waiting: 60 },
  });
  assert.equal(proven.usedParallelCopies, 7);
  assert.equal(proven.throttlingErrors, 2);
  assert.deepEqual(proven.workingDuration, { listing: 0.1, reading: 2.3, writing: 0, waiting: 0.1 });
  const words = (tally: Partial<typeof emptyTally>) => {
    const { VerificationResult, InconsistentData } = report(tally).dataConsistencyVerification;
    return [VerificationResult, InconsistentData];
  };
  assert.deepEqual(words({ checksums: { md5: 3, crc64: 1 } }), ["Verified", "None"]);
  assert.deepEqual(words({ checksums: { md5: 3, none: 1 } }), ["NotVerified", "None"]);
  assert.deepEqual(words({ filesFailed: { corrupt: 1 } }), ["Verified", "Found"]);
  assert.deepEqual(words({ filesSkipped: { dataInconsistency: 2 } }), ["Verified", "Skipped"]);
});

test("a report says what bounded the run, also as ADF's tuning tips, and which store refused", () => {
  const run: Run = {
    id: "r",
    status: "Succeeded",
    epoch: 1,
    request: requestOf({ sink: { maxRequestsPerSecond: 50 } }),
    createdMs: 0,
    workedMs: 20_000,
    mostLanes: 3,
  };
  const sink = { ...noWaits.sink, small: 1000, smallMs: 10_000, pace: 60_000, refused: 7 };
  const { advice, ...report } = reportOf(
    run,
    { ...emptyTally, filesListed: 900, throttles: 7, waits: { ...noWaits, overMs: 20_000, sink } },
    0,
  );
  assert.equal(advice?.bottleneck, "sink request-bound");
  assert.deepEqual(
    report.perfRecommendation,
    advice.change.map((Tip) => ({ Tip, RuleName: "SinkRequestBound" })),
  );
  assert.equal(report.perfRecommendation.length, 2);
  assert.deepEqual([report.throttlingErrors, report.throttlingErrorsBy], [7, { source: 0, sink: 7 }]);
  assert.deepEqual([report.filesPerSecond, report.usedDataIntegrationUnits], [45, 3]);
  const quick = reportOf(run, emptyTally, 0);
  assert.deepEqual([quick.advice, quick.perfRecommendation], [undefined, []]);
});
