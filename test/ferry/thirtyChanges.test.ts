import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/app/clock.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Sink } from "../../src/lake/lake.ts";
import { aclOfMode, parseAcl } from "../../src/core/acl.ts";
import { emulatedSink } from "../kit/emulated.ts";
import { linesOf } from "../kit/books.ts";
import type { MemorySource } from "../kit/memoryLake.ts";
import { addRun, drive, ferryAt, requestOf, testFerry, type TestFerry } from "../kit/testFerry.ts";

const oid = "11111111-1111-4111-8111-111111111111";

/** Names that Gen2 can't hold as they are, and one that reads like what such a name becomes. */
const [quoted, dotted, escapedAlready] = ["a\\b", "ends.", "a^005Cb"] as const;

const inFolders = ["a", "b.txt", "b", "c-1", "c"];

/** A folder goes with each item that was in it. */
const goneFolder = (path: string) => [`deleted ${path} extra`, ...inFolders.map((it) => `deleted ${path}/${it} extra`)];

function layOut(source: MemorySource): void {
  for (let index = 0; index < 40; index++) source.write(`/f${index}`, `file ${index}`, 10_000 + index);
  for (const folder of ["moved", "removed", "nested/deep"]) {
    for (const name of inFolders) source.write(`/${folder}/${name}`, name, 5000);
  }
  source.write("/Case", "case", 1);
  source.write("/to-folder", "a file", 1);
  source.write("/to-file/inside", "in a folder", 1);
  source.makeFolder("/wide");
  for (const name of ["\ufb01", "\u{1f600}", "plain"]) source.write(`/order/${name}`, name, 7);
  for (const name of [quoted, dotted, escapedAlready, "stays\\"]) source.write(`/odd/${name}`, name, 8);
  source.write(`/odd/in\\it/${quoted}`, "deep", 8);
}

type Change = readonly [say: readonly string[], change: (source: MemorySource) => void];

/** Each change, and what the journal is to say of it; `many` files come into one folder. */
const changesOf = (many: number): readonly Change[] => [
  [["copied /new absent"], (source) => source.write("/new", "new", 1)],
  [["made /n absent", "copied /n/ew absent"], (source) => source.write("/n/ew", "new", 1)],
  [["made /empty absent"], (source) => source.makeFolder("/empty")],
  [["made /empty2 absent", "made /empty2/deeper absent"], (source) => source.makeFolder("/empty2/deeper")],
  [["copied /f0 length"], (source) => source.write("/f0", "file 0 has grown", 20_000)],
  [["copied /f1 length"], (source) => source.write("/f1", "", 20_000)],
  [["copied /f2 length"], (source) => source.write("/f2", "grown, the time as it was", 10_002)],
  [["copied /f3 time"], (source) => source.write("/f3", "FILE 3", 20_000)],
  [["copied /f4 time"], (source) => source.write("/f4", "file 4", 20_000)],
  [["copied /f5 time"], (source) => source.write("/f5", "FILE 5", 1)],
  [["copied /f6 length"], (source) => source.write("/f6", "older and longer", 1)],
  [["deleted /f7 extra"], (source) => source.remove("/f7")],
  [["deleted /f8 extra"], (source) => source.remove("/f8")],
  [goneFolder("/removed"), (source) => source.remove("/removed")],
  [
    [
      ...goneFolder("/moved"),
      "made /nested/moved absent",
      ...inFolders.map((it) => `copied /nested/moved/${it} absent`),
    ],
    (source) => {
      source.remove("/moved");
      for (const name of inFolders) source.write(`/nested/moved/${name}`, name, 5000);
    },
  ],
  [["access /f9 access"], (source) => source.setAccess("/f9", { acl: aclOfMode(0o640) })],
  [
    ["access /f10 access"],
    (source) => source.setAccess("/f10", { acl: parseAcl(`user::rw-,user:${oid}:r--,group::r--,other::---`, "/f10") }),
  ],
  [["access /f11 access"], (source) => source.setAccess("/f11", { owner: oid })],
  [["access /f12 access"], (source) => source.setAccess("/f12", { group: oid })],
  [["found /nested access"], (source) => source.setAccess("/nested", { owner: oid })],
  [["access /f13 expiry"], (source) => source.setExpiry("/f13", 4_000_000_000_000)],
  [
    ["deleted /to-folder extra", "made /to-folder absent", "copied /to-folder/x absent"],
    (source) => {
      source.remove("/to-folder");
      source.write("/to-folder/x", "x", 1);
    },
  ],
  [
    ["deleted /to-file/inside extra", "deleted /to-file extra", "copied /to-file absent"],
    (source) => {
      source.remove("/to-file");
      source.write("/to-file", "a file now", 1);
    },
  ],
  [
    ["deleted /Case extra", "copied /case absent"],
    (source) => {
      source.remove("/Case");
      source.write("/case", "case", 1);
    },
  ],
  [
    Array.from({ length: many }, (_, index) => `copied /wide/${index} absent`),
    (source) => {
      for (let index = 0; index < many; index++) source.write(`/wide/${index}`, "", 1);
    },
  ],
  [["copied /order/\u{1f601} absent"], (source) => source.write("/order/\u{1f601}", "new", 7)],
  [["deleted /order/\ufb01 extra"], (source) => source.remove("/order/\ufb01")],
  [
    ["deleted /f14 extra", "copied /f14-renamed absent"],
    (source) => {
      source.remove("/f14");
      source.write("/f14-renamed", "file 14", 10_014);
    },
  ],
  [
    ["deleted /nested/deep/c extra", "made /nested/deep/c- absent"],
    (source) => {
      source.remove("/nested/deep/c");
      source.makeFolder("/nested/deep/c-");
    },
  ],
  [
    ["copied /f15 time", "copied /f16 time"],
    (source) => {
      source.write("/f15", "file 16", 30_015);
      source.write("/f16", "file 15", 30_016);
    },
  ],
  [
    [`copied /odd/${quoted} length -> /odd/a^005Cb`],
    (source) => source.write(`/odd/${quoted}`, "grown under another name", 9),
  ],
  [[`access /odd/${dotted} access -> /odd/ends^002E`], (source) => source.setAccess(`/odd/${dotted}`, { owner: oid })],
  [["deleted /odd/a^005Cb extra -> /odd/a^005E005Cb"], (source) => source.remove(`/odd/${escapedAlready}`)],
  [
    [
      "deleted /odd/in\\it extra -> /odd/in^005Cit",
      `deleted /odd/in\\it/${quoted} extra -> /odd/in^005Cit/a^005Cb`,
      "made /odd/out\\of absent -> /odd/out^005Cof",
      `copied /odd/out\\of/${quoted} absent -> /odd/out^005Cof/a^005Cb`,
    ],
    (source) => {
      source.remove("/odd/in\\it");
      source.write(`/odd/out\\of/${quoted}`, "deep", 8);
    },
  ],
];

async function over(
  lakes: Pick<TestFerry<Clock>, "ferry" | "source">,
  sink: Sink,
  id: string,
  body: Readonly<Record<string, unknown>>,
) {
  const ferry = { ...lakes.ferry, lakes: () => ({ source: lakes.source, sink }) };
  await addRun(ferry, id, requestOf(body));
  return drive(ferry, id);
}

/** The script over lakes and a sink: after it nothing differs, and the journal names the reason of each action. */
async function follow(lakes: TestFerry<Clock>, sink: Sink, many: number): Promise<void> {
  const changes = changesOf(many);
  const expected = changes.flatMap(([say]) => say);
  layOut(lakes.source);
  assert.equal((await over(lakes, sink, "first", { names: "rename" })).status, "Succeeded");
  for (const [, change] of changes) change(lakes.source);
  const delta = await over(lakes, sink, "delta", { names: "rename", extra: "delete", maxDeletes: "50%", audit: true });
  assert.equal(delta.status, "Succeeded", JSON.stringify(delta.error));
  const { tally } = await lakes.ferry.work("delta").account();
  assert.deepEqual(tally.differences, {});
  const lines = await linesOf(lakes.ferry.work("delta"), lakes.blobs);
  const said = new Set(
    lines.map(({ outcome, path, because, access, sinkPath }) => {
      const reason = because ?? (outcome === "made" ? "absent" : access === undefined ? "" : "access");
      return `${outcome} ${path} ${reason}${sinkPath === undefined ? "" : ` -> ${sinkPath}`}`;
    }),
  );
  for (const line of expected) assert.ok(said.has(line), `the journal doesn't say: ${line}`);
  const acted = lines.filter(({ outcome }) =>
    ["copied", "deleted", "made", "access", "kept", "failed"].includes(outcome),
  );
  // A folder that was there and got other access is found, and no action by itself.
  assert.equal(acted.length, expected.length - 1);
}

const promise = "a delta that deletes leaves no difference, and says why it did each thing";

for (const [order, bare] of [
  ["utf16", true],
  ["utf8", false],
] as const) {
  test(`after ${changesOf(0).length} changes ${promise}; a sink in ${order} order`, async () => {
    const account = await emulatedSink({ store: "memory", order, blobPrefixProperties: !bare });
    try {
      await follow(ferryAt(systemClock, { saveMs: 200, stallMs: 50 }), account.sink("lake"), 500);
    } finally {
      await account.close();
    }
  });
}

test(`after 10,000 files more in one folder, among ${changesOf(0).length} changes, ${promise}`, async () => {
  const lakes = testFerry();
  await follow(lakes, lakes.sink, 10_000);
});
