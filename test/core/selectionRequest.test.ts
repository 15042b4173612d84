// What a request may say to select, and what it may say at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { combine, selectionKinds, wrongCombinations } from "../../src/core/combinations.ts";
import { migrationRequest } from "../../src/core/request.ts";
import { checkSelection } from "../../src/core/selectionRequest.ts";

const parse = (source: object) => migrationRequest.safeParse({ source, sink: { fileSystem: "lake" } });

const pattern = (path: string, start = "2019-05-13T00:00:00Z", end = "2019-05-14T00:00:00Z") => ({
  timePattern: { path, start, end },
});

const wrong: readonly (readonly [string, object, string, RegExp])[] = [
  ["a day without a time", { modifiedDatetimeStart: "2019-05-13" }, "modifiedDatetimeStart", /expected a time in UTC/u],
  [
    "a window that ends as it starts",
    { modifiedDatetimeStart: "2019-05-13T00:00:00Z", modifiedDatetimeEnd: "2019-05-13T02:00:00+02:00" },
    "modifiedDatetimeEnd",
    /not after it starts at 2019-05-13T00:00:00Z/u,
  ],
  [
    "a pattern's window that ends before",
    pattern("{yyyy}", "2019-05-13T00:00:00Z", "2018-01-01T00:00:00Z"),
    "timePattern.end",
    /not after it starts/u,
  ],
  ["an unknown field", pattern("/{yyyy}/{week}/*"), "timePattern.path", /unknown field \{week\}/u],
  ["no field at all", pattern("/a/*"), "timePattern.path", /no field of a time/u],
  ["a day without its month", pattern("{yyyy}/{dd}"), "timePattern.path", /tells the day and not the month/u],
  ["an hour alone", pattern("{HH}"), "timePattern.path", /tells the hour and not the year/u],
  ["a file name with a slash", { wildcardFileName: "a/*.csv" }, "wildcardFileName", /without '\/'/u],
  ["a folder that can't be", { wildcardFolderPath: "a/../*" }, "wildcardFolderPath", /"\.\."/u],
  ["an empty wildcard", { wildcardFileName: "" }, "wildcardFileName", /./u],
  ["an escape of nothing", { wildcardFileName: "a^" }, "wildcardFileName", /none follows/u],
  ["a glob from the root", { include: ["/a"] }, "include.0", /without "\/" in front/u],
  ["no globs", { exclude: [] }, "exclude", /./u],
  [
    "a list given twice",
    { fileListPath: "/l", fileList: ["a"] },
    "fileList",
    /expected one list: fileListPath is one/u,
  ],
  ["a list in a place with dots", { fileListPath: "/a/../l" }, "fileListPath", /"\.\."/u],
  ["a store of no list", { fileListStore: "sink" }, "fileListStore", /fileListPath is, and there is none/u],
  ["a store that is none", { fileListPath: "l", fileListStore: "x" }, "fileListStore", /"source" or "sink"/u],
  ["a table that can't be", { fileListTable: { table: "1" } }, "fileListTable.table", /3 to 63/u],
  ["a list beside a range", { fileListPath: "l", listAfter: "a" }, "fileListPath", /either listAfter or fileListPath/u],
  ["a list without its folders", { fileList: ["a"], recursive: false }, "recursive", /fileList or recursive: false/u],
  ["one file of a wildcard", { fileName: "a", wildcardFileName: "*" }, "wildcardFileName", /fileName or wildcardF/u],
];
for (const [what, body, field, message] of wrong) {
  test(`${what} is refused, naming ${field}`, () => {
    const parsed = parse(body);
    const issues = parsed.error?.issues.map(({ path, message }) => ({ field: path.join("."), message })) ?? [];
    const issue = issues.find((one) => one.field === `source.${field}`);
    assert.match(issue?.message ?? `nothing about ${field}: ${JSON.stringify(issues)}`, message);
  });
}

test("what is right is taken", () => {
  for (const body of [
    { modifiedDatetimeStart: "2019-05-13T00:00:00Z" },
    { wildcardFolderPath: "/", wildcardFileName: "*" },
    { wildcardFolderPath: "year=*/month=0?" },
    pattern("/{yyyy}/{MM}/{dd}/{HH}/*"),
    pattern("year={yyyy}/month={M}"),
    { include: ["a/**"], exclude: ["**/_temporary"] },
    { fileListPath: "lists/today.txt" },
    { fileListPath: "lists/today.txt", fileListStore: "sink", folderPath: "/a" },
    { fileList: ["a", "b/c"] },
    { fileListTable: { table: "Changes", partitionKey: "2019-05-13" } },
  ]) {
    assert.ok(parse(body).success, JSON.stringify(body));
  }
});

test("whatever doesn't combine is named with what it doesn't combine with", () => {
  const given = (...properties: readonly string[]) => wrongCombinations((property) => properties.includes(property));
  assert.deepEqual(given("source.listAfter", "source.include", "modifiedDatetimeEnd", "source.recursive"), []);
  assert.deepEqual(given("source.wildcardFileName", "source.timePattern"), [
    {
      field: "source.timePattern",
      message:
        "expected either wildcardFileName or timePattern, not both: each is a way of its own to say which names are meant",
    },
  ]);
  assert.deepEqual(
    given("source.fileListPath", "source.recursive", "source.exclude").map(({ field, message }) => [
      field,
      message.slice(0, 55),
    ]),
    [
      ["source.exclude", "expected either fileListPath or exclude, not both: a li"],
      ["source.recursive", "expected either fileListPath or recursive: false, not b"],
    ],
  );
  const filters = [
    "source.modifiedDatetimeStart",
    "source.include",
    "source.wildcardFileName",
    "source.fileList",
    "source.timePattern",
  ];
  for (const filter of filters) {
    assert.match(given(filter, "extra")[0]?.message ?? "", /extra: delete, not both: what isn't selected/u, filter);
  }
  assert.deepEqual(given("source.recursive", "extra"), []);
});

test("combining is mutual, and each kind goes with itself", () => {
  for (const a of selectionKinds) {
    assert.ok(combine(a, a));
    for (const b of selectionKinds) assert.equal(combine(a, b), combine(b, a));
  }
});

test("a request that deletes what is extra can't leave names out", () => {
  const messagesOf = (source: object, extra: string) =>
    z
      .unknown()
      .superRefine((_, context) => checkSelection({ source: { recursive: true, ...source }, extra }, context))
      .safeParse({})
      .error?.issues.map(({ message }) => message);
  const filter = { modifiedDatetimeStart: "2019-05-13T00:00:00Z" };
  assert.match(messagesOf(filter, "delete")?.join() ?? "", /modifiedDatetimeStart or extra: delete, not both/u);
  assert.equal(messagesOf({}, "delete"), undefined);
  assert.equal(messagesOf(filter, "keep"), undefined);
});
