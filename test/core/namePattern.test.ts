// Patterns for names: ADF's wildcards, and parts of a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundsOf, matchesAll, PatternError, parsePatterns, readings } from "../../src/core/namePattern.ts";
import { isBeyond } from "../../src/core/range.ts";
import { meets, spanOf, text, timeOf } from "../../src/core/timeFields.ts";

const ms = (time: string) => Date.parse(time);

function matches(pattern: string, name: string): boolean {
  const [only = []] = parsePatterns(pattern, false);
  return readings(only, name, {}).length > 0;
}

for (const [pattern, hits, misses] of [
  ["*.csv", ["a.csv", ".csv", "a.b.csv", "a\nb.csv"], ["a.csv ", "a.CSV", "csv"]],
  ["a?c", ["abc", "ac", "a\u{1f600}c"], ["abbc", "Abc"]],
  ["part-*-*.gz", ["part-1-2.gz", "part---.gz"], ["part-1.gz"]],
  ["^*^?^^", ["*?^"], ["a?^", "*^"]],
  ["{yyyy}[a]+(b).", ["{yyyy}[a]+(b)."], ["2019[a]+(b)."]],
  ["**", ["", "a"], []],
  ["\u{1f600}*", ["\u{1f600}x"], ["\u{1f601}x"]],
] as const) {
  test(`the wildcard ${JSON.stringify(pattern)} matches what ADF's would`, () => {
    for (const name of hits) assert.ok(matches(pattern, name), name);
    for (const name of misses) assert.ok(!matches(pattern, name), name);
  });
}

test("a name that could be read in very many ways takes no time", () => {
  assert.ok(!matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", "a".repeat(255)));
});

test("a pattern that can't match anything is refused, saying why", () => {
  for (const [path, why] of [
    ["a//b", /empty name/u],
    ["", /empty name/u],
    ["a/../b", /"\.\."/u],
    [".", /"\."/u],
    ["a^", /none follows/u],
    ["a^/b", /none follows/u],
    ["{yyy}", /unknown field \{yyy\}; expected one of \{yyyy\}, \{MM\}/u],
    ["{yyyy}/{MM", /"\{MM" is not closed/u],
    ["x{}", /unknown field \{\}/u],
  ] as const) {
    assert.throws(
      () => parsePatterns(path, true),
      (error) => error instanceof PatternError && why.test(error.message),
    );
  }
});

test("only stars match every name", () => {
  const all = (pattern: string) => matchesAll(parsePatterns(pattern, false)[0] ?? []);
  assert.deepEqual(["*", "**", "*?", "?*"].map(all), [true, true, true, true]);
  assert.deepEqual(["?", "*.*", "^*"].map(all), [false, false, false]);
});

function read(pattern: string, ...names: readonly string[]) {
  const patterns = parsePatterns(pattern, true);
  return names.reduce(
    (known, name, depth) => known.flatMap((fields) => readings(patterns[depth] ?? [], name, fields)),
    [{}] as readonly Record<string, number>[],
  );
}

test("names tell times: what stands around, digits without a leading zero, the same part twice, no such date", () => {
  assert.deepEqual(read("year={yyyy}/month={MM}", "year=2019", "month=05"), [{ year: 2019, month: 5 }]);
  assert.deepEqual(read("{yyyy}-{M}-{d}", "2019-5-13"), [{ year: 2019, month: 5, day: 13 }]);
  assert.deepEqual(read("{yyyy}-{M}", "2019-05"), []);
  assert.deepEqual(read("{yyyy}/{yyyy}{MM}", "2019", "201905"), [{ year: 2019, month: 5 }]);
  assert.deepEqual(read("{yyyy}/{yyyy}{MM}", "2019", "202005"), []);
  assert.deepEqual(read("{yyyy}{MM}{dd}", "20190230"), []);
  assert.deepEqual(read("{yyyy}{MM}{dd}", "20200229"), [{ year: 2020, month: 2, day: 29 }]);
  for (const name of ["20191301", "2019-01", "00190101", "2019010a", "20190100"]) {
    assert.deepEqual(read("{yyyy}{MM}{dd}", name), [], name);
  }
  // Two ways to read one name.
  assert.deepEqual(read("{M}{d}{yyyy}", "1112019"), [
    { month: 1, day: 11, year: 2019 },
    { month: 11, day: 1, year: 2019 },
  ]);
});

test("a name means all of its year, month, day, hour or minute", () => {
  const span = (fields: object) => Object.values(spanOf(fields) ?? {}).map((at) => new Date(at).toISOString());
  assert.deepEqual(span({ year: 2019 }), ["2019-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"]);
  assert.deepEqual(span({ year: 2019, month: 12 }), ["2019-12-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"]);
  assert.deepEqual(span({ year: 2020, month: 2, day: 29 }), ["2020-02-29T00:00:00.000Z", "2020-03-01T00:00:00.000Z"]);
  assert.deepEqual(span({ year: 2019, month: 5, day: 31, hour: 23 }), [
    "2019-05-31T23:00:00.000Z",
    "2019-06-01T00:00:00.000Z",
  ]);
  // A day of an unknown month tells nothing more than its year.
  assert.deepEqual(span({ year: 2019, day: 5 }), ["2019-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"]);
  assert.equal(spanOf({ month: 5 }), undefined);
  const window = { startMs: ms("2019-05-13T05:00Z"), endMs: ms("2019-05-14T00:00Z") };
  assert.ok(meets(window, { year: 2019, month: 5, day: 13, hour: 5 }));
  assert.ok(meets(window, { year: 2019, month: 5, day: 13 }));
  assert.ok(!meets(window, { year: 2019, month: 5, day: 13, hour: 4 }));
  assert.ok(!meets(window, { year: 2019, month: 5, day: 14 }));
});

function bounds(pattern: string, names: readonly string[], start: string, end: string) {
  const patterns = parsePatterns(pattern, true);
  const [known = {}] = read(pattern, ...names);
  return boundsOf(patterns[names.length] ?? [], known, { startMs: ms(start), endMs: ms(end) });
}

test("listings begin at the first name that can match and end behind the last one", () => {
  const from = (pattern: string, ...names: readonly string[]) =>
    bounds(pattern, names, "2019-05-13T00:00Z", "2020-02-02T00:00Z");
  assert.deepEqual(from("{yyyy}/{MM}/{dd}/*"), { after: "2018\ud7ff", upTo: "2020" });
  assert.deepEqual(from("{yyyy}/{MM}/{dd}/*", "2019"), { after: "04\ud7ff", upTo: "12" });
  assert.deepEqual(from("{yyyy}/{MM}/{dd}/*", "2020"), { after: "00\ud7ff", upTo: "02" });
  assert.deepEqual(from("{yyyy}/{MM}/{dd}/*", "2019", "05"), { after: "12\ud7ff", upTo: "31" });
  assert.deepEqual(from("{yyyy}/{MM}/{dd}/*", "2019", "05", "13"), {});
  assert.deepEqual(from("year={yyyy}"), { after: "year=2018\ud7ff", upTo: "year=2020" });
  assert.deepEqual(from("log-{yyyy}-{MM}-{dd}*.gz"), { after: "log-2019-05-12\ud7ff", upTo: "log-2020-02-02" });
  // Days before months don't ascend with time, nor do digits without zeros.
  assert.deepEqual(from("x{dd}.{MM}.{yyyy}"), { after: "w\ud7ff", upTo: "y" });
  assert.deepEqual(from("m{M}-{yyyy}"), { after: "l\ud7ff", upTo: "n" });
  assert.deepEqual(from("{dd}"), {});
  // No slash goes into a request.
  assert.deepEqual(bounds("{dd}", [], "2019-05-10T00:00Z", "2019-05-11T00:00Z"), { after: "1.\ud7ff", upTo: "10" });
});

const fieldOf = fc.constantFrom("{yyyy}", "{MM}", "{dd}", "{HH}", "{mm}", "{M}", "{d}", "{H}", "{m}");
const literal = fc.constantFrom("a", "-", "0", ".", "\u{1f600}", "\uffee", "zz", " ");
const tokens = fc.array(fc.oneof(fieldOf, literal, fc.constant("*"), fc.constant("?")), { minLength: 1, maxLength: 7 });
const minutes = fc.integer({ min: ms("1999-01-01T00:00Z") / 60_000, max: ms("2030-01-01T00:00Z") / 60_000 });

test("no name that a pattern can match lies outside of its bounds, in either order of names", () => {
  fc.assert(
    fc.property(
      tokens,
      minutes,
      fc.integer({ min: 1, max: 3_000_000 }),
      fc.nat(),
      fc.string(),
      (pattern, start, length, at, fill) => {
        const window = { startMs: start * 60_000, endMs: (start + length) * 60_000 };
        const time = timeOf(window.startMs + (at % length) * 60_000);
        const parts = { y: time.year, M: time.month, d: time.day, H: time.hour, m: time.minute };
        const name = pattern
          .map((token) => {
            const field = /^\{(.+)\}$/u.exec(token)?.[1];
            if (field !== undefined) return text(field, parts[field[0] as keyof typeof parts] ?? 0);
            return token === "*" ? fill : token === "?" ? (/^./su.exec(fill)?.[0] ?? "") : token;
          })
          .join("");
        const [only = []] = parsePatterns(`x${pattern.join("")}`, true);
        const all = `x${name}`;
        if (!readings(only, all, {}).some((fields) => meets(window, fields))) return;
        const { after = "", upTo } = boundsOf(only, {}, window);
        assert.ok(
          all > after && Buffer.compare(Buffer.from(all), Buffer.from(after)) > 0,
          `${all} is not after ${after}`,
        );
        assert.ok(!isBeyond(all, upTo), `${all} is beyond ${upTo}`);
      },
    ),
    { numRuns: 2000 },
  );
});
