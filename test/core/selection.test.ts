// What a request selects, folder by folder.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openGlobs, whyNoGlob } from "../../src/core/globs.ts";
import { childPath, type LakePath, splitPath } from "../../src/core/path.ts";
import { isBeyond } from "../../src/core/range.ts";
import { type Selecting, selectionOf, selects, selectsAll } from "../../src/core/selection.ts";
import { resolveWindow } from "../../src/core/windowVariables.ts";

const all = { folderPath: "/root", recursive: true };
const modifiedMs = Date.parse("2019-05-13T00:00:00Z");

// The paths of a tree that a selection reaches; folders end in a slash. Only those are listed.
function reached(
  source: Partial<Selecting>,
  tree: readonly string[],
  timeOf: (path: string) => number = () => modifiedMs,
) {
  const selection = selectionOf({ ...all, ...source });
  const folders = new Set(
    tree.flatMap((path) =>
      path
        .split("/")
        .slice(0, -1)
        .map((_, index, names) => names.slice(0, index + 1).join("/")),
    ),
  );
  const listed: string[] = [];
  const files: string[] = [];
  const walk = (folder: LakePath): void => {
    listed.push(folder.slice("/root/".length));
    const inside = selection(folder);
    const names = new Set(
      [...tree, ...folders]
        .map((path) => `/root/${path}` as LakePath)
        .filter((path) => splitPath(path).folder === folder)
        .map((path) => splitPath(path).name),
    );
    for (const name of [...names].toSorted()) {
      const path = childPath(folder, name);
      const relative = path.slice("/root/".length);
      const isIn = name > (inside.names.after ?? "") && !isBeyond(name, inside.names.upTo);
      if (folders.has(relative)) {
        const step = inside.folder(name);
        assert.ok(step !== "enter" || isIn, `${relative}/ is out of bounds`);
        if (step === "enter") walk(path);
      } else if (inside.file(name, timeOf(relative))) {
        assert.ok(isIn, `${relative} is out of bounds`);
        files.push(relative);
      }
    }
  };
  walk("/root" as LakePath);
  return { files, listed: listed.filter((folder) => folder !== "") };
}

const adf = [
  "FolderA/File1.csv",
  "FolderA/File2.json",
  "FolderA/Subfolder1/File3.csv",
  "FolderA/Subfolder1/File4.json",
  "AnotherFolderB/File6.csv",
];

// The four examples of ADF's documentation.
for (const [wildcardFileName, recursive, files] of [
  [undefined, false, ["FolderA/File1.csv", "FolderA/File2.json"]],
  [
    undefined,
    true,
    ["FolderA/File1.csv", "FolderA/File2.json", "FolderA/Subfolder1/File3.csv", "FolderA/Subfolder1/File4.json"],
  ],
  ["*.csv", false, ["FolderA/File1.csv"]],
  ["*.csv", true, ["FolderA/File1.csv", "FolderA/Subfolder1/File3.csv"]],
] as const) {
  test(`wildcardFolderPath Folder* with ${wildcardFileName ?? "any file"}, ${recursive ? "" : "not "}recursive, is ADF's`, () => {
    const found = reached(
      { wildcardFolderPath: "Folder*", recursive, ...(wildcardFileName === undefined ? {} : { wildcardFileName }) },
      adf,
    );
    assert.deepEqual(found.files, files);
    assert.deepEqual(found.listed, recursive ? ["FolderA", "FolderA/Subfolder1"] : ["FolderA"]);
  });
}

test("a folder below the root that can't match is not listed, however deep the wildcard goes", () => {
  const tree = ["a1/b1/c/x", "a1/b2/c/x", "a2/b1/d/x", "z/b1/c/x", "a1/x", "a1/b1/x"];
  const found = reached({ wildcardFolderPath: "/a?/b1/*" }, tree);
  assert.deepEqual(found.files, ["a1/b1/c/x", "a2/b1/d/x"]);
  assert.deepEqual(found.listed, ["a1", "a1/b1", "a1/b1/c", "a2", "a2/b1", "a2/b1/d"]);
});

test("a time pattern lists only folders of its window, and takes what lies in the last ones whole", () => {
  const tree = [
    "2018/12/31/a",
    "2019/01/01/a",
    "2019/01/02/a",
    "2019/01/02/sub/b",
    "2019/01/03/a",
    "2019/02/01/a",
    "2019/x/01/a",
    "2019/01/a",
    "other/a",
  ];
  const timePattern = { path: "/{yyyy}/{MM}/{dd}/*", start: "2019-01-01T12:00:00Z", end: "2019-01-03T00:00:00Z" };
  const found = reached({ timePattern }, tree);
  assert.deepEqual(found.files, ["2019/01/01/a", "2019/01/02/a", "2019/01/02/sub/b"]);
  assert.deepEqual(found.listed, ["2019", "2019/01", "2019/01/01", "2019/01/02", "2019/01/02/sub"]);
  assert.deepEqual(reached({ timePattern, recursive: false }, tree).files, ["2019/01/01/a", "2019/01/02/a"]);
  const files = { ...timePattern, path: "logs/app-{yyyy}{MM}{dd}T{HH}*.gz" };
  assert.deepEqual(
    reached({ timePattern: files }, [
      "logs/app-20190101T12.gz",
      "logs/app-20190101T11.gz",
      "logs/app-20190102T23-1.gz",
      "logs/app-20190103T00.gz",
      "b",
    ]).files,
    ["logs/app-20190101T12.gz", "logs/app-20190102T23-1.gz"],
  );
});

test("a folder of a time pattern's own is certain; those on the way wait for something in them", () => {
  const timePattern = { path: "{yyyy}/{MM}/*", start: "2019-01-01T00:00:00Z", end: "2020-01-01T00:00:00Z" };
  const inside = (source: Partial<Selecting>, folder: string) => {
    const { isWhole, isCertain } = selectionOf({ ...all, ...source })(folder as LakePath);
    return { isWhole, isCertain };
  };
  assert.deepEqual(inside({ timePattern }, "/root"), { isWhole: false, isCertain: true });
  assert.deepEqual(inside({ timePattern }, "/root/2019"), { isWhole: false, isCertain: false });
  assert.deepEqual(inside({ timePattern }, "/root/2019/01"), { isWhole: true, isCertain: true });
  assert.deepEqual(inside({ modifiedDatetimeStart: "2019-01-01T00:00:00Z" }, "/root/a"), {
    isWhole: true,
    isCertain: false,
  });
  assert.deepEqual(inside({ wildcardFileName: "*.csv" }, "/root/a"), { isWhole: false, isCertain: false });
  assert.deepEqual(inside({ exclude: ["*.tmp"] }, "/root/a"), { isWhole: true, isCertain: true });
  assert.deepEqual(inside({ include: ["b/*"] }, "/root/b"), { isWhole: false, isCertain: false });
  assert.deepEqual(inside({ include: ["b"] }, "/root/b/c"), { isWhole: true, isCertain: true });
  assert.deepEqual(inside({}, "/root/a"), { isWhole: true, isCertain: true });
});

test("files are selected from modifiedDatetimeStart on and before modifiedDatetimeEnd", () => {
  const at = (path: string) => Date.parse(`2019-05-1${path}T00:00:00Z`);
  const found = (source: Partial<Selecting>) => reached(source, ["1", "2", "3", "4"], at).files;
  const [start, end] = ["2019-05-12T00:00:00Z", "2019-05-14T00:00:00Z"];
  assert.deepEqual(found({ modifiedDatetimeStart: start, modifiedDatetimeEnd: end }), ["2", "3"]);
  assert.deepEqual(found({ modifiedDatetimeStart: start }), ["2", "3", "4"]);
  assert.deepEqual(found({ modifiedDatetimeEnd: end }), ["1", "2", "3"]);
});

const lake = [
  "a.csv",
  "sales/2019/a.csv",
  "sales/2019/a.tmp",
  "sales/2020/.b.csv",
  "sales/_temporary/0/x",
  "hr/2019/a.csv",
  "hr/x/y/z.csv",
];

test("globs choose files by path; one that matches a folder stands for all in it; folders that can't lead anywhere aren't listed", () => {
  const found = (source: Partial<Selecting>) => reached(source, lake);
  assert.deepEqual(found({ include: ["sales/*/*.csv"] }), {
    files: ["sales/2019/a.csv", "sales/2020/.b.csv"],
    listed: ["sales", "sales/2019", "sales/2020", "sales/_temporary"],
  });
  assert.deepEqual(found({ include: ["hr/x", "sales/2020/**"] }).files, ["hr/x/y/z.csv", "sales/2020/.b.csv"]);
  assert.deepEqual(found({ include: ["hr/x", "sales/2020/**"] }).listed, [
    "hr",
    "hr/x",
    "hr/x/y",
    "sales",
    "sales/2020",
  ]);
  assert.deepEqual(found({ exclude: ["**/_temporary", "**/*.tmp", "hr"] }), {
    files: ["a.csv", "sales/2019/a.csv", "sales/2020/.b.csv"],
    listed: ["sales", "sales/2019", "sales/2020"],
  });
  assert.deepEqual(found({ include: ["{sales,hr}/2019"], exclude: ["**/*.tmp"] }).files, [
    "hr/2019/a.csv",
    "sales/2019/a.csv",
  ]);
  assert.deepEqual(found({ include: ["{sales/2019,hr/x}/**"] }).files, [
    "hr/x/y/z.csv",
    "sales/2019/a.csv",
    "sales/2019/a.tmp",
  ]);
});

test("filters and ways combine: what one of them refuses is not selected", () => {
  const found = reached(
    {
      wildcardFolderPath: "*",
      wildcardFileName: "*.csv",
      exclude: ["sales/2020"],
      modifiedDatetimeEnd: "2019-05-13T00:00:01Z",
    },
    lake,
    (path) => (path.startsWith("hr") ? modifiedMs + 1000 : modifiedMs),
  );
  assert.deepEqual(found.files, ["sales/2019/a.csv"]);
});

const names = fc.constantFrom("a", "b", "ab", "b.csv", ".c", "2019");
const paths = fc.array(
  fc.array(names, { minLength: 1, maxLength: 4 }).map((path) => path.join("/")),
  { minLength: 1, maxLength: 12 },
);
const globs = fc.array(
  fc
    .array(fc.constantFrom("a", "*", "**", "b*", "?b", "{a,b}", "[ab]", "*.csv", "2019"), {
      minLength: 1,
      maxLength: 3,
    })
    .map((glob) => glob.join("/")),
  { maxLength: 3 },
);

test("pruning loses nothing: whatever the globs choose of a whole tree is reached on foot", () => {
  fc.assert(
    fc.property(paths, globs, globs, (some, include, exclude) => {
      const tree = [...new Set(some)].filter((path) => !some.some((other) => other.startsWith(`${path}/`)));
      const chosen = openGlobs(include, exclude);
      const prefixes = (path: string) => path.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"));
      const hits = (list: readonly string[], path: string) =>
        list.length > 0 && prefixes(path).some((prefix) => openGlobs(list, []).file(prefix, "some"));
      const wanted = tree.filter((path) => (include.length === 0 || hits(include, path)) && !hits(exclude, path));
      assert.deepEqual(
        reached({ include, exclude }, tree).files,
        wanted.toSorted(bySegments),
        JSON.stringify([include, exclude]),
      );
      assert.ok(chosen.folder("") !== undefined);
    }),
    { numRuns: 500 },
  );
});

function bySegments(a: string, b: string): number {
  const [one, other] = [a.split("/"), b.split("/")];
  const at = one.findIndex((name, index) => name !== other[index]);
  return (one[at] ?? "") < (other[at] ?? "") ? -1 : 1;
}

test("a glob that could not match, or take for ever, is refused", () => {
  for (const [glob, why] of [
    ["/a", /without "\/" in front/u],
    ["a/", /no "\/" at the end/u],
    ["a//b", /empty name/u],
    ["a/../b", /"\.\."/u],
    ["(a|b)", /write \\\(/u],
    ["a|b", /\{a,b\}/u],
    ["*a*b*c*", /more than 3 "\*"/u],
    ["**/a/**/b/**/c/**", /more than 3 "\*\*"/u],
  ] as const) {
    assert.match(whyNoGlob(glob) ?? "", why, glob);
  }
  for (const glob of ["**", "a/**/b", "\\(1\\)*.csv", "[a-z]?", "year=2019/{01,02}"])
    assert.equal(whyNoGlob(glob), undefined, glob);
});

test("only properties that select are a selection", () => {
  assert.ok(!selects(all));
  assert.ok(selects({ ...all, recursive: false }));
  assert.ok(selectsAll(all) && !selectsAll({ ...all, fileList: ["a"] }));
  assert.ok(selects({ ...all, exclude: ["a"] }));
  assert.ok(selects({ ...all, modifiedDatetimeEnd: "2019-05-13T00:00:01Z" }));
});

test("window variables are replaced wherever source and sink have a text, and nowhere else", () => {
  const window = { startMs: Date.parse("2019-05-13T05:00:00Z"), endMs: Date.parse("2019-05-13T06:30:00Z") };
  const body = {
    name: "{windowStart}",
    source: {
      modifiedDatetimeStart: "{windowStart}",
      timePattern: { path: "{yyyy}", end: "{windowEnd}" },
      include: ["d={windowStart:yyyy-MM-dd}/h={windowEnd:H-mm}/**"],
    },
    sink: { fileSystem: "lake", folderPath: "/in/{windowStart:yyyyMMdd}" },
  };
  assert.deepEqual(resolveWindow(body, window), {
    body: {
      name: "{windowStart}",
      source: {
        modifiedDatetimeStart: "2019-05-13T05:00:00.000Z",
        timePattern: { path: "{yyyy}", end: "2019-05-13T06:30:00.000Z" },
        include: ["d=2019-05-13/h=6-30/**"],
      },
      sink: { fileSystem: "lake", folderPath: "/in/20190513" },
    },
  });
  assert.deepEqual(
    resolveWindow({ source: { folderPath: "/{windowMiddle}", include: ["{windowStart:YYYY}"] } }, window),
    {
      wrong: [
        {
          field: "source.folderPath",
          message: "unknown variable {windowMiddle}; expected {windowStart} or {windowEnd}",
        },
        {
          field: "source.include.0",
          message:
            'unknown field "YYYY" in the format; expected yyyy, MM, M, dd, d, HH, H, mm, m and what stands between them',
        },
      ],
    },
  );
  assert.deepEqual(resolveWindow(7, window), { body: 7 });
});
