import assert from "node:assert/strict";
import { test } from "node:test";
import { migrationRequest } from "../../src/core/request.ts";
import { standingOf } from "../../src/core/standing.ts";
import { emptyTally, type Tally } from "../../src/core/tally.ts";

test("a run's standing has files and folders that failed together, and grows with whatever is decided", () => {
  const request = migrationRequest.parse({ sink: { fileSystem: "lake" } });
  const run = { id: "r", status: "Running", epoch: 1, request, createdMs: 0, workedMs: 0 } as const;
  const tally = {
    ...emptyTally,
    filesListed: 7,
    foldersListed: 2,
    blocksSent: 3,
    filesCopied: 4,
    filesSkipped: { same: 1 },
    filesFailed: { denied: 1, corrupt: 1 },
    foldersFailed: { denied: 1 },
    bytesCopied: 99,
  };
  const { failedBecause, ...standing } = standingOf(run, tally);
  assert.deepEqual(standing, {
    run: "r",
    status: "Running",
    lanes: 0,
    copied: 4,
    skipped: 1,
    failed: 3,
    bytes: 99,
    settled: 12,
  });
  assert.deepEqual(failedBecause, { denied: 2, corrupt: 1 });
});

test("a run that compares or deletes is seen to move, though it lists nothing more", () => {
  const request = migrationRequest.parse({ sink: { fileSystem: "lake" } });
  const run = { id: "r", status: "Running", epoch: 1, request, createdMs: 0, workedMs: 0, phase: "audit" } as const;
  const settled = (more: Partial<Tally>) => standingOf(run, { ...emptyTally, filesListed: 7, ...more }).settled;
  assert.deepEqual(
    [settled({}), settled({ checked: 2 }), settled({ weighed: 3 }), settled({ filesDeleted: 1 })],
    [7, 9, 10, 8],
  );
});
