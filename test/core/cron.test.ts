import assert from "node:assert/strict";
import { test } from "node:test";
import { cronText, timeAfter, timeBefore, timesBetween } from "../../src/core/cron.ts";

const at = (time: string) => Date.parse(`2026-11-${time}Z`);
const wrong = (text: string) => cronText.safeParse(text).error?.issues[0]?.message ?? "";

test("the times of an expression are in UTC, after and before a time, to the millisecond", () => {
  const two = "0 0 2 * * *";
  assert.equal(timeAfter(two, at("26T01:59:59.999")), at("26T02:00:00"));
  assert.equal(timeAfter(two, at("26T02:00:00")), at("27T02:00:00"));
  assert.equal(timeBefore(two, at("26T02:00:00")), at("25T02:00:00"));
  assert.equal(timeBefore(two, at("26T02:00:00.001")), at("26T02:00:00"));
  assert.equal(timeBefore(two, at("26T02:00:01")), at("26T02:00:00"));
});

test("day of month and day of week must both fit, as in the timers of Azure Functions", () => {
  // The next Friday that is the 13th.
  assert.equal(timeAfter("0 0 0 13 * 5", at("26T00:00:00")), Date.UTC(2027, 7, 13));
});

test("times are counted after one time and up to another, and a thousand stand for many", () => {
  assert.equal(timesBetween("0 0 * * * *", at("26T01:00:00"), at("26T03:00:00")), 2);
  assert.equal(timesBetween("* * * * * *", at("25T00:00:00"), at("26T00:00:00")), 1000);
});

test("an expression that can't be read, has other than six fields, or never comes is refused with the reason", () => {
  assert.match(wrong("0 2 * * *"), /"0 2 \* \* \*" can't be read: expected six fields, seconds first.*there are 5/u);
  assert.match(wrong("61 * * * * *"), /can't be read: .*second.*61/u);
  assert.match(wrong("@daily"), /expected six fields/u);
  assert.match(wrong("0 0 0 31 2 *"), /never comes/u);
  assert.equal(wrong("0 0 0 29 2 *"), "");
});
