import assert from "node:assert/strict";
import { test } from "node:test";
import { badRequest, type FieldError } from "../../src/app/problem.ts";
import { auditRequest } from "../../src/core/auditRequest.ts";
import { intervalsOf, migrationRequest } from "../../src/core/request.ts";

const sink = { fileSystem: "lake" };

function errorsOf(body: unknown): readonly FieldError[] {
  const parsed = migrationRequest.safeParse(body);
  assert.ok(!parsed.success, "the request was accepted");
  const answer = badRequest(parsed.error);
  assert.equal(answer.status, 400);
  return (answer.body as { errors: readonly FieldError[] }).errors;
}

test("a request needs nothing but a file system", () => {
  assert.deepEqual(migrationRequest.parse({ sink }), {
    parallelism: "auto",
    filesPerLane: "auto",
    names: "fail",
    overwrite: "ifDifferent",
    validateDataConsistency: "wire",
    skipErrorFile: { fileMissing: true, fileForbidden: false, dataInconsistency: false, invalidFileName: false },
    mode: "copy",
    preserve: ["ACL", "Owner", "Group", "LastModified", "Expiry"],
    preserveRoot: false,
    compare: "lengthAndTime",
    extra: "report",
    deleteForeign: false,
    dryRun: false,
    audit: false,
    compareAccess: "listing",
    source: { connection: "LakeSource", folderPath: "/", recursive: true },
    sink: { connection: "LakeSink", fileSystem: "lake", folderPath: "/" },
  });
});

const wrong: readonly (readonly [string, unknown, string, RegExp])[] = [
  ["no object", 7, "(body)", /expected object/u],
  ["a list", [], "(body)", /expected object/u],
  ["no lanes", { sink, parallelism: 0 }, "parallelism", /"auto" or 1 to 256 lanes/u],
  ["too many lanes", { sink, parallelism: 257 }, "parallelism", /"auto" or 1 to 256 lanes/u],
  ["no files", { sink, filesPerLane: 0 }, "filesPerLane", /"auto" or 1 to 256 files in flight/u],
  ["too many files", { sink, filesPerLane: 257 }, "filesPerLane", /"auto" or 1 to 256 files in flight/u],
  ["many lanes", { sink, parallelism: "many" }, "parallelism", /"auto" or 1 to 256 lanes/u],
  ["an unknown way to overwrite", { sink, overwrite: "maybe" }, "overwrite", /"ifDifferent"\|"ifNewer"/u],
  ["an unknown rule for names", { sink, names: "escape" }, "names", /"fail"\|"skip"\|"rename"/u],
  ["an unknown fault rule", { sink, skipErrorFile: { fileLocked: true } }, "skipErrorFile.fileLocked", /unknown/u],
  ["a negative budget", { sink, maxFailures: -1 }, "maxFailures", /a number of items from 0, or a share/u],
  ["a budget of more than all", { sink, maxFailures: "101%" }, "maxFailures", /a number of items from 0, or a share/u],
  ["a word that nothing carries over", { sink, preserve: ["ACL", "Attributes"] }, "preserve.1", /"ACL"\|"Owner"/u],
  ["a word twice", { sink, preserve: ["ACL", "ACL"] }, "preserve", /each word once/u],
  ["preserve among the source's", { sink, source: { preserve: [] } }, "source.preserve", /unknown property/u],
  ["an unknown mode", { sink, mode: "move" }, "mode", /"copy"\|"access"/u],
  ["access alone, and none of it", { sink, mode: "access", preserve: ["LastModified"] }, "preserve", /ACL, Owner/u],
  ["access alone, and a tier", { sink, mode: "access", accessTier: "Cool" }, "accessTier", /with its data/u],
  [
    "access alone, and data read back",
    { sink, mode: "access", validateDataConsistency: "readBack" },
    "validateDataConsistency",
    /copies no data/u,
  ],
  ["access alone, and overwriting", { sink, mode: "access", overwrite: "always" }, "overwrite", /overwrites no file/u],
  [
    "access alone, and blocks",
    { sink: { ...sink, blockSizeInMB: 8 }, mode: "access" },
    "sink.blockSizeInMB",
    /no blocks/u,
  ],
  [
    "access alone, and a budget of bytes",
    { sink, mode: "access", stopAfter: { bytes: 1 } },
    "stopAfter.bytes",
    /reads no file/u,
  ],
  ["a comparison that is not to be made", { sink, compare: "hash", overwrite: "never" }, "compare", /no comparison/u],
  ["two rules for one file", { sink, compare: "always", overwrite: "ifNewer" }, "compare", /no comparison/u],
  [
    "an archive that is to be read back",
    { sink, accessTier: "Archive", validateDataConsistency: "readBack" },
    "validateDataConsistency",
    /archived file can't be read back/u,
  ],
  [
    "the same by age",
    {
      sink,
      accessTier: [{ olderThanDays: 9, tier: "Archive" }],
      validateDataConsistency: { readBack: "5%" },
    },
    "validateDataConsistency",
    /archived file can't be read back/u,
  ],
  [
    "a root's access, and none that is preserved",
    { sink, preserve: ["LastModified", "Expiry"], preserveRoot: true },
    "preserveRoot",
    /ACL, Owner or Group/u,
  ],
  [
    "ACLs that are compared and not preserved",
    { sink, preserve: ["Owner", "Group"], compareAccess: "full" },
    "compareAccess",
    /expected ACL in preserve/u,
  ],
  ["a tier that isn't Azure's", { sink, accessTier: "Warm" }, "accessTier", /Hot|Invalid/u],
  ["no file system", {}, "sink.fileSystem", /expected string/u],
  ["an unknown property", { sink, colour: 1 }, "colour", /unknown property/u],
  ["an unknown property deeper down", { sink, source: { colour: 1 } }, "source.colour", /unknown property/u],
  ["a wrong type", { sink, source: { recursive: "yes" } }, "source.recursive", /expected boolean/u],
  ["a bad file system name", { sink: { fileSystem: "Lake" } }, "sink.fileSystem", /lower-case/u],
  ["a bad id", { id: "a/b", sink }, "id", /letters, digits/u],
  ["dots in a path", { sink, source: { folderPath: "a/../b" } }, "source.folderPath", /"\.\." segment/u],
  ["a sink folder Gen2 refuses", { sink: { ...sink, folderPath: "a./b" } }, "sink.folderPath", /full stop/u],
  ["deleting without a limit", { sink, extra: "delete" }, "maxDeletes", /extra "delete" wants maxDeletes/u],
  ["a limit of nothing", { sink, maxDeletes: 3 }, "maxDeletes", /only extra "delete"/u],
  ["deletes of more than all", { sink, extra: "delete", maxDeletes: "101%" }, "maxDeletes", /at most 100%/u],
  ["foreign deletes without any", { sink, deleteForeign: true }, "deleteForeign", /only extra "delete"/u],
  [
    "deleting beside one file",
    { sink, source: { fileName: "x" }, extra: "delete", maxDeletes: 1 },
    "extra",
    /must not look like what only the sink has/u,
  ],
  ...Object.entries({
    modifiedDatetimeStart: "2026-01-01T00:00:00Z",
    wildcardFileName: "*.csv",
    fileListPath: "/list",
    include: ["*.csv"],
  }).map(
    ([property, value]) =>
      [
        `deleting beside ${property}`,
        { sink, source: { [property]: value }, extra: "delete", maxDeletes: 1 },
        "extra",
        /must not look like what only the sink has/u,
      ] as const,
  ),
  ["an audit of a dry run", { sink, dryRun: true, audit: true }, "audit", /api\/audits/u],
  ["an unknown comparison", { sink, compare: "md5" }, "compare", /"lengthAndTime"/u],
  ["an empty interval", { sink, source: { listAfter: "b", listBefore: "b" } }, "source.listBefore", /is empty/u],
  [
    "an empty interval of several",
    { sink, source: { ranges: [{ listAfter: "b", listBefore: "a" }] } },
    "source.ranges.0.listBefore",
    /is empty/u,
  ],
  ["a range beside ranges", { sink, source: { listAfter: "a", ranges: [{}] } }, "source.ranges", /not both/u],
  [
    "a file beside a range",
    { sink, source: { fileName: "x", listAfter: "a" } },
    "source.listAfter",
    /either fileName or listAfter, not both/u,
  ],
  ["a folder as file name", { sink, source: { fileName: "a/b" } }, "source.fileName", /without '\/'/u],
  [
    "no connections",
    { sink, source: { maxConcurrentConnections: 0 } },
    "source.maxConcurrentConnections",
    />=1|at least|too small/iu,
  ],
  ["a block size out of bounds", { sink: { ...sink, blockSizeInMB: 101 } }, "sink.blockSizeInMB", /<=100|too big/iu],
];
for (const [what, body, field, message] of wrong) {
  test(`${what} is refused, naming ${field}`, () => {
    const errors = errorsOf(body);
    const error = errors.find((one) => one.field === field);
    assert.match(error?.message ?? `nothing about ${field}: ${JSON.stringify(errors)}`, message);
  });
}

test("metadata is refused as not yet supported, never ignored", () => {
  const [error, ...more] = errorsOf({ sink: { ...sink, metadata: true } });
  assert.deepEqual([error?.field, more], ["sink.metadata", []]);
  assert.match(error?.message ?? "", /^not yet supported/u);
});

for (const [property, at] of [
  ["enableStaging", "body"],
  ["translator", "body"],
  ["dataIntegrationUnits", "body"],
  ["deleteFilesAfterCompletion", "source"],
  ["enablePartitionDiscovery", "source"],
  ["copyBehavior", "sink"],
] as const) {
  test(`ADF's ${property} is refused with a reason`, () => {
    const body =
      at === "body"
        ? { sink, [property]: 1 }
        : at === "source"
          ? { sink, source: { [property]: 1 } }
          : { sink: { ...sink, [property]: 1 } };
    const [error] = errorsOf(body);
    assert.ok(error?.field.endsWith(property));
    assert.ok((error?.message.length ?? 0) > 15 && error?.message !== "unknown property");
  });
}

test("everything that is wrong is said in one answer", () => {
  const errors = errorsOf({
    validateDataConsistency: true,
    zzz: 1,
    source: { colour: 1, deleteFilesAfterCompletion: true },
    sink: { fileSystem: "L" },
  });
  assert.deepEqual(errors.map(({ field }) => field).toSorted(), [
    "sink.fileSystem",
    "source.colour",
    "source.deleteFilesAfterCompletion",
    "validateDataConsistency",
    "zzz",
  ]);
});

test("a request's ranges are united", () => {
  const request = migrationRequest.parse({
    sink,
    source: { ranges: [{ listAfter: "m" }, { listAfter: "a", listBefore: "c" }, { listAfter: "b", listBefore: "d" }] },
  });
  assert.deepEqual(intervalsOf(request), [{ after: "a", upTo: "d" }, { after: "m" }]);
  assert.deepEqual(intervalsOf(migrationRequest.parse({ sink })), [{}]);
});

test("an audit, which copies nothing, refuses to read back what was copied", () => {
  const { error } = auditRequest.safeParse({ sink, validateDataConsistency: "readBack" });
  assert.deepEqual(
    error?.issues.map(({ path }) => path),
    [["validateDataConsistency"]],
  );
  assert.ok(auditRequest.safeParse({ sink }).success);
});
