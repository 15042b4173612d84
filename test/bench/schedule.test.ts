import assert from "node:assert/strict";
import test from "node:test";
import { limitOf } from "../../bench/rate.ts";
import { scheduleOf } from "../../bench/schedule.ts";

const three = { rounds: 3, aboutSeconds: 20 };

test("what is to come is told by the cases' own seconds, and by how long those before really took", () => {
  assert.deepEqual(scheduleOf([three, three], [], 0, Infinity), { rounds: 3, seconds: 144 });
  // The first one took twice as long as expected.
  assert.deepEqual(scheduleOf([three], [three], 144, Infinity), { rounds: 3, seconds: 144 });
});

test("with less time than is needed there are fewer rounds, and never none", () => {
  assert.equal(scheduleOf([three, three], [], 0, 100).rounds, 2);
  assert.equal(scheduleOf([three, three], [], 0, 144).rounds, 3);
  assert.equal(scheduleOf([three, three], [three], 500, 400).rounds, 1);
});

test("what of the machine was in the way is named: all of it, one process, or somebody else", () => {
  const rate = { perSecond: 1, seconds: 1, waves: 0, idle: 0, rampSeconds: 1 };
  assert.equal(limitOf({ ...rate, cores: { host: 0.5, sink: 0.3 }, busyCores: 1 }, 2), "");
  assert.equal(limitOf({ ...rate, cores: { host: 0.9, sink: 0.3 }, busyCores: 1.3 }, 2), "host fills a core");
  assert.equal(limitOf({ ...rate, cores: { host: 0.2 }, busyCores: 1 }, 2), "others use 0.8 cores");
  assert.equal(limitOf({ ...rate, cores: { host: 0.8, gen1: 0.8 }, busyCores: 1.9 }, 2), "all cores busy");
});
