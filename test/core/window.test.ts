import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Window, windowAt, windowRequest } from "../../src/core/window.ts";

const at = (iso: string) => Date.parse(iso);
const iso = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : "never");
const stateAt = (window: Window, time: string) => {
  const { isOpen, untilMs } = windowAt(window, at(time));
  return `${isOpen ? "open" : "closed"} until ${iso(untilMs)}`;
};
const parse = (body: object) => windowRequest.parse(body);
const wrong = (body: object) =>
  windowRequest
    .safeParse(body)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("; ") ?? "";

test("a window opens and closes at its hours, at its offset", () => {
  // 26 November 2026 is a Thursday.
  const evenings = parse({ utcOffset: "+01:00", hours: { Thursday: ["18:00-22:00"] } });
  assert.equal(stateAt(evenings, "2026-11-26T16:59:59Z"), "closed until 2026-11-26T17:00:00.000Z");
  assert.equal(stateAt(evenings, "2026-11-26T17:00:00Z"), "open until 2026-11-26T21:00:00.000Z");
  assert.equal(stateAt(evenings, "2026-11-26T21:00:00Z"), "closed until 2026-12-03T17:00:00.000Z");
});

test("midnight between two open days closes nothing, neither within the week nor at its end", () => {
  const nights = parse({ hours: { Monday: ["22:00-24:00"], Tuesday: ["00:00-06:00"] } });
  assert.equal(stateAt(nights, "2026-11-23T23:00:00Z"), "open until 2026-11-24T06:00:00.000Z");
  const weekend = parse({ hours: { Saturday: ["12:00-24:00"], Sunday: ["00:00-08:00"] } });
  assert.equal(stateAt(weekend, "2026-11-28T13:00:00Z"), "open until 2026-11-29T08:00:00.000Z");
  assert.equal(stateAt(weekend, "2026-11-29T07:00:00Z"), "open until 2026-11-29T08:00:00.000Z");
});

test("a window of all hours never closes, and no window is as good", () => {
  const all = Object.fromEntries(
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map((day) => [day, ["00:00-24:00"]]),
  );
  assert.equal(stateAt(parse({ hours: all }), "2026-11-29T07:00:00Z"), "open until never");
  assert.deepEqual(windowAt(undefined, 0), { isOpen: true, untilMs: Number.POSITIVE_INFINITY });
});

test("what a window says of a time agrees with its hours, minute by minute, and holds until then", () => {
  const names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  const part = fc
    .tuple(fc.integer({ min: 0, max: 96 }), fc.integer({ min: 0, max: 96 }))
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => [Math.min(a, b) * 15, Math.max(a, b) * 15] as const);
  const hours = fc.dictionary(fc.constantFrom(...names), fc.array(part, { minLength: 1, maxLength: 3 }), {
    minKeys: 1,
  });
  const offset = fc.integer({ min: -14 * 4, max: 14 * 4 });
  fc.assert(
    fc.property(hours, offset, fc.nat(14 * 1440), (byDay, quarters, minute) => {
      const utcOffset = `${quarters < 0 ? "-" : "+"}${clock(Math.abs(quarters) * 15)}`;
      const texts = Object.entries(byDay).map(([day, parts]) => [
        day,
        parts.map(([a, b]) => `${clock(a)}-${clock(b)}`),
      ]);
      const window = parse({ utcOffset, hours: Object.fromEntries(texts) });
      const isIn = (ms: number) => {
        const local = new Date(ms + quarters * 15 * 60_000);
        const ofDay = local.getUTCHours() * 60 + local.getUTCMinutes();
        return (byDay[names[local.getUTCDay()] ?? ""] ?? []).some(([from, to]) => from <= ofDay && ofDay < to);
      };
      const nowMs = at("2026-11-20T00:00:00Z") + minute * 60_000;
      const { isOpen, untilMs } = windowAt(window, nowMs);
      assert.equal(isOpen, isIn(nowMs));
      if (!Number.isFinite(untilMs)) return;
      assert.ok(untilMs > nowMs);
      assert.equal(isIn(untilMs), !isOpen);
      assert.equal(isIn(untilMs - 1), isOpen);
    }),
    { numRuns: 300 },
  );
});

test("hours that end before they start, no hours, and names of time zones are refused by name", () => {
  assert.match(
    wrong({ hours: { Monday: ["22:00-06:00"] } }),
    /^hours\.Monday\.0: "22:00-06:00" ends before it starts; .*24:00/u,
  );
  assert.match(wrong({ hours: { Monday: ["08:00-08:00"] } }), /ends before it starts/u);
  assert.match(wrong({ hours: { Monday: ["8-12"] } }), /^hours\.Monday\.0: "8-12" is no time of day/u);
  assert.match(wrong({ hours: { Monday: ["08:00-24:01"] } }), /is no time of day/u);
  assert.match(wrong({ hours: {} }), /^hours: expected at least one day/u);
  assert.match(wrong({ hours: { Monday: [] } }), /^hours\.Monday: expected hours/u);
  assert.match(
    wrong({ utcOffset: "Europe/Berlin", hours: { Monday: ["08:00-12:00"] } }),
    /^utcOffset: .*names of time zones/u,
  );
  assert.match(wrong({ utcOffset: "+15:00", hours: { Monday: ["08:00-12:00"] } }), /^utcOffset: /u);
  assert.match(wrong({ hours: { Funday: ["08:00-12:00"] } }), /Funday/u);
});
